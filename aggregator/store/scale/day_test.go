package scale

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// A day is 24 hours of replicas, sped up. Sources are polled every hour or so
// and bring an item now and then; a replica dies every hour and another takes
// its place; for two hours a snapshot is held; once the database is stopped for
// half an hour.
type compressed struct {
	t     *testing.T
	begin time.Time // by the clock on the wall
	from  time.Time // by the day's clock
	fast  float64   // how much faster the day goes

	mu       sync.Mutex
	lateness []time.Duration
	made     map[news.Key]int // items that a replica was told are stored
	perHour  [25]int
	claimed  [25]int // sources that claims brought in each hour
	claims   [25]int
}

func (d *compressed) now() time.Time {
	return d.from.Add(time.Duration(float64(time.Since(d.begin)) * d.fast))
}

func (d *compressed) hour() int { return min(24, int(d.now().Sub(d.from)/time.Hour)) }

const (
	dayLease = 2 * time.Minute       // by the day's clock
	gather   = 25 * time.Millisecond // as the program does before it claims what has become due meanwhile
)

func day(t *testing.T, b *bench) {
	n := min(*sources, 20_000)
	dsn := b.cluster.DSN(t)
	from := time.Now().Truncate(time.Hour)
	// Were all due at once, the first hours' claims would take three times as many as
	// later ones, and so cost less.
	due := map[string]time.Time{}
	for i, src := range configured(n) {
		due[src.Name] = from.Add(time.Hour / time.Duration(n) * time.Duration(i))
	}
	if err := handles(t, dsn, 1, n, from)[0].SetDue(t.Context(), due); err != nil {
		t.Fatal(err)
	}
	d := &compressed{t: t, begin: time.Now(), from: from, fast: float64(24*time.Hour) / float64(*dayTakes), made: map[news.Key]int{}}
	ctx, stop := context.WithTimeout(t.Context(), *dayTakes)
	defer stop()
	var lives sync.WaitGroup
	for i := range *replicas {
		lives.Go(func() { d.lives(ctx, dsn, i) })
	}
	var costs [25]time.Duration // at the end of each hour
	stopped := false
	last := processorTime() + b.cluster.ProcessorTime()
	for h := 0; h < 24 && ctx.Err() == nil; {
		time.Sleep(*dayTakes / 200)
		if now := d.hour(); now > h {
			spent := processorTime() + b.cluster.ProcessorTime()
			costs[h] = spent - last
			last, h = spent, now
		}
		if h == 13 && !stopped {
			stopped = true
			b.cluster.Stop()
			time.Sleep(*dayTakes / 48)
			b.cluster.Start(t)
			last = processorTime() + b.cluster.ProcessorTime()
		}
	}
	lives.Wait()
	d.report(b, dsn, n, costs)
}

// lives lets a replica live and die again and again.
func (d *compressed) lives(ctx context.Context, dsn string, i int) {
	rng := rand.New(rand.NewPCG(uint64(i), 5))
	for ctx.Err() == nil {
		life, die := context.WithTimeout(ctx, time.Duration(float64(*dayTakes)/24*(2+4*rng.Float64())))
		db, err := store.Open(life, dsn, slog.New(slog.DiscardHandler))
		if err == nil {
			var loops sync.WaitGroup
			name := fmt.Sprint("replica ", i, rng.Uint64())
			loops.Go(func() { d.polls(life, db, rng) })
			loops.Go(func() { d.files(life, db, name) })
			loops.Wait()
			db.Close()
		}
		die()
		time.Sleep(*dayTakes / 1000)
	}
}

// polls claims and ends polls until the replica dies, in the middle of it.
func (d *compressed) polls(ctx context.Context, db *store.DB, rng *rand.Rand) {
	for ctx.Err() == nil {
		now := d.now()
		claims, err := db.Claim(ctx, now, claimBatch, dayLease)
		if err != nil || len(claims) == 0 {
			time.Sleep(*dayTakes / 5000)
			continue
		}
		d.mu.Lock()
		d.claimed[d.hour()] += len(claims)
		d.claims[d.hour()]++
		d.mu.Unlock()
		var ends sync.WaitGroup
		for _, c := range claims {
			var got []news.Item
			if rng.IntN(24) == 0 {
				got = append(got, text(c.State.Source, int(c.State.Polls), now))
			}
			wait := 50*time.Minute + time.Duration(rng.Int64N(int64(20*time.Minute)))
			ends.Go(func() { d.end(ctx, db, c, got, now, wait) })
		}
		ends.Wait()
		if len(claims) < claimBatch {
			time.Sleep(gather)
		}
	}
}

func (d *compressed) end(ctx context.Context, db *store.DB, c news.Claim, got []news.Item, now time.Time, wait time.Duration) {
	_, err := db.Append(ctx, c, got, func(news.Appended) news.State { return unmodified(c.State, now, wait) }, now, 0)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, news.ErrLostClaim) {
			return // the database is stopped
		}
		return
	}
	if due := c.State.NextDue; !due.IsZero() {
		d.lateness = append(d.lateness, now.Sub(due))
	}
	for _, it := range got {
		d.made[it.Key()]++
		d.perHour[d.hour()]++
	}
}

// files files as the program does, each item as a story of its own, while the
// replica leads.
func (d *compressed) files(ctx context.Context, db *store.DB, owner string) {
	for ctx.Err() == nil {
		leads, err := db.Lead(ctx, owner, 2*time.Second)
		for range 20 {
			if err != nil || !leads || fileOnce(ctx, db) != nil {
				break
			}
			time.Sleep(*dayTakes / 2000)
		}
		time.Sleep(*dayTakes / 2000)
	}
}

func fileOnce(ctx context.Context, db *store.DB) error {
	records, err := db.Unfiled(ctx, 500)
	if err != nil || len(records) == 0 {
		return err
	}
	batch := news.Batch{At: records[0].Item.Fetched}
	for _, r := range records {
		key := r.Item.Key()
		batch.UpTo = r.Seq
		batch.Decisions = append(batch.Decisions, news.Decision{Seq: r.Seq, Key: key, Story: key.Slug(), Copies: key.Slug(), Kind: news.KindNew, Sketch: make([]byte, 128)})
		batch.Filings = append(batch.Filings, news.Filing{
			Topic: "all", Key: key.Slug(), ID: "tag:scale.example,2026:" + key.Slug(), Story: key.Slug(), Published: r.Item.Published,
			Updated: r.Item.Published, FirstFiled: r.Item.FirstSeen, Hash: r.Item.Hash, Lead: key, Members: []news.Key{key}, Families: 1,
		})
	}
	return db.File(ctx, batch)
}

func (d *compressed) report(b *bench, dsn string, n int, costs [25]time.Duration) {
	db := open(d.t, dsn)
	seen := map[news.Key]int{}
	for _, key := range everything(d.t, db) {
		seen[key]++
	}
	lost, doubled := 0, 0
	for key := range d.made {
		if seen[key] == 0 {
			lost++
		}
	}
	for _, times := range seen {
		doubled += times - 1
	}
	if lost > 0 || doubled > 0 {
		d.t.Errorf("%d items lost, %d doubled", lost, doubled)
	}
	slices.Sort(d.lateness)
	p99 := time.Duration(0)
	if len(d.lateness) > 0 {
		p99 = d.lateness[len(d.lateness)*99/100]
	}
	// Of three hours each: how many items come in one is by chance.
	an := func(from int) (cost, claim float64) {
		var spent time.Duration
		items, polls, batches := 0, 0, 0
		for h := from; h < from+3; h++ {
			spent, items, polls, batches = spent+costs[h], items+d.perHour[h], polls+d.claimed[h], batches+d.claims[h]
		}
		return each(spent, items), float64(polls) / float64(max(1, batches))
	}
	early, first := an(1)
	late, last := an(21)
	b.add(d.t, row{"J", fmt.Sprintf("a day in %s, %d replicas, a death an hour of each third, the database stopped for half an hour", *dayTakes, *replicas),
		"lateness stated; nothing lost", fmt.Sprintf("lateness p99 %s by the day's clock; %d lost, %d doubled", p99.Round(time.Second), lost, doubled), "",
		fmt.Sprintf("%d sources, %d polls, %d items, %.0f times as fast", n, len(d.lateness), len(seen), d.fast)})
	b.add(d.t, row{"K", "CPU an item, in hours 22 to 24 against hours 2 to 4", "within 20 %", fmt.Sprintf("%+.0f %% (%.0f µs, %.0f µs; with the polls that brought nothing)", 100*(late/early-1), early, late),
		fmt.Sprintf("claims of %.0f and of %.0f sources", first, last), ""})
}
