package bench

import (
	"context"
	"crypto/md5"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/wireroom/wireroom/aggregator/news"
)

// fewFeeds is how many feeds bring the first ten thousand items of the full
// store.
const fewFeeds = 250

// stored measures the same rounds with a store that holds little and with one
// that is full, and a start with it.
func stored(r *run) {
	o := newOrigin(r.T, min(fewFeeds, *moreFlag))
	set := newSetting(r.T, o, "")
	added := 0
	// What sources have brought is told by their states, which are longer from then
	// on: nothing new is asked for behind it, of the one store as of the other.
	measure := func(p *running, name string) (same, fresh time.Duration) {
		fresh = least(*roundsFlag, func() time.Duration {
			added += 2
			o.print(added)
			return p.poll()
		})
		stop := p.profiles(name + "-304")
		same = least(sameRounds**roundsFlag, p.poll)
		stop()
		return same, fresh - same
	}
	p := set.start()
	p.settle()
	few := o.entries()
	p.stop()
	p = set.start() // as the one with the full store is: what has just fetched all has a larger heap
	p.settle()
	same, fresh := measure(p, "few")
	p.stop()

	set.fill(*storedFlag - few)
	var answers, ready time.Duration
	for i := range *roundsFlag {
		p = set.start()
		a, b := p.ready("all")
		if i == 0 || b < ready {
			answers, ready = a, b
		}
		if i < *roundsFlag-1 {
			p.stop()
		}
	}
	p.settle()
	sameFull, freshFull := measure(p, "full")
	now, peak := p.memory()
	p.stop()
	r.Logf("%d items stored: %d MB resident, peak %d MB", *storedFlag, now>>20, peak>>20)

	title := fmt.Sprintf("%d items stored against %d", *storedFlag, few)
	per := func(d time.Duration, n int) string { return fmt.Sprintf("%d µs", d.Microseconds()/int64(n)) }
	n := len(o.docs)
	r.add(row{what: title + ", CPU a new item", figure: per(freshFull, 2*n), beside: per(fresh, 2*n), value: float64(freshFull) / float64(fresh), limit: 1.2, unit: "×"})
	r.add(row{what: title + ", CPU a 304", figure: per(sameFull, n), beside: per(same, n), value: float64(sameFull) / float64(same), limit: 1.05, unit: "×"})
	r.add(row{what: fmt.Sprintf("ready after start with %d items stored", *storedFlag), figure: fmt.Sprintf("%.2f s", ready.Seconds()),
		beside: fmt.Sprintf("published feeds after %.2f s", answers.Seconds()), value: ready.Seconds(), limit: 2, unit: " s"})
}

// ready waits until the program says that it is, and returns when it served a
// topic and when it was ready.
func (r *running) ready(topic string) (answers, ready time.Duration) {
	r.t.Helper()
	begin := time.Now()
	for ready == 0 && r.awake() {
		if answers == 0 {
			if status, _, _ := r.set.get("/topics/" + topic + ".json"); status == http.StatusOK {
				answers = time.Since(begin)
			}
		}
		if status, _, _ := r.set.get("/readyz"); status == http.StatusOK && answers != 0 {
			ready = time.Since(begin)
		}
		if time.Since(begin) > patience {
			r.t.Fatal("the program does not become ready")
		}
		time.Sleep(2 * time.Millisecond)
	}
	return answers, ready
}

// fill adds n items of the past year to the store, as polls and the filer
// would: older than what stories are looked for in, each a story of its own and
// filed in two topics.
func (s *setting) fill(n int) {
	s.t.Helper()
	ctx := context.Background()
	db := s.open()
	defer db.Close()
	lang, now := s.origin.press.lang, s.origin.press.now
	names := len(s.origin.docs)
	for done := 0; done < n; {
		claims, err := db.Claim(ctx, now.Add(24*365*100*time.Hour), names, time.Second)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, c := range claims {
			var items []news.Item
			for range min(100, n-done) {
				items = append(items, oldItem(lang, c.State.Source, done, now))
				done++
			}
			if _, err := db.Append(ctx, c, items, func(news.Appended) news.State { return c.State }, now, 0); err != nil {
				s.t.Fatal(err)
			}
		}
		for {
			records, err := db.Unfiled(ctx, 1000)
			if err != nil {
				s.t.Fatal(err)
			}
			if len(records) == 0 {
				break
			}
			if err := db.File(ctx, filedAlone(records, now)); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// oldItem is a short report that was published in the year before the last
// month.
func oldItem(lang *language, source string, n int, now time.Time) news.Item {
	rng := rand.New(rand.NewPCG(uint64(n), 5))
	e := lang.event(uint64(n) | 1<<62)
	at := now.Add(-30*24*time.Hour - time.Duration(rng.IntN(300*24*3600))*time.Second)
	var text strings.Builder
	lang.sentence(&text, rng, e)
	id := fmt.Sprintf("https://%s.example/%d", source, n)
	return news.Item{
		Source: source, ID: id, GUID: id, URL: id, Canonical: id, Title: lang.title(rng, e), HTML: "<p>" + text.String() + "</p>", Text: text.String(),
		Excerpt: text.String(), Language: "en", Published: at, FirstSeen: at, Fetched: at, Dated: true, Aliases: []string{id},
		Hash: fmt.Sprintf("%x", md5.Sum([]byte(id))),
	}
}

// filedAlone decides that each record is a story of its own, and files it.
func filedAlone(records []news.Record, now time.Time) news.Batch {
	batch := news.Batch{At: now, UpTo: records[len(records)-1].Seq}
	for _, rec := range records {
		key := rec.Item.Key()
		batch.Decisions = append(batch.Decisions, news.Decision{
			Seq: rec.Seq, Key: key, Story: key.Slug(), Copies: key.Slug(), Kind: news.KindNew, Family: rec.Item.Source + ".example",
			Evidence: news.Evidence{Rule: "cluster"}, Sketch: make([]byte, 128),
		})
		for _, topic := range []string{"all", "single"} {
			batch.Filings = append(batch.Filings, news.Filing{
				Topic: topic, Key: key.Slug(), ID: "tag:wireroom.local,2026:" + topic + "/" + key.Slug(), Story: key.Slug(), Published: rec.Item.Published,
				Updated: rec.Item.Published, FirstFiled: rec.Item.FirstSeen, Hash: rec.Item.Hash, Lead: key, Members: []news.Key{key}, Families: 1,
			})
		}
	}
	return batch
}

// beyondText returns what the store takes on its disk for an item beside its
// texts, each packed by itself, and how many filings an item has.
func (s *setting) beyondText() (perItem int, of string) {
	s.t.Helper()
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx := context.Background()
	db := s.open()
	defer db.Close()
	var text int64
	var buffer []byte
	for after := int64(0); ; {
		records, err := db.Records(ctx, after, 500)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(records) == 0 {
			break
		}
		for _, rec := range records {
			it := rec.Item
			buffer = packer.EncodeAll([]byte(it.Title+it.HTML+it.Text+it.Excerpt), buffer[:0])
			text += int64(len(buffer))
			after = rec.Seq
		}
	}
	stats, err := db.Stats(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", "file:"+s.store()+"?mode=ro")
	if err != nil {
		s.t.Fatal(err)
	}
	defer raw.Close()
	var filings, sketch, detail float64
	if err := raw.QueryRow("SELECT (SELECT COUNT(*) FROM filing), SUM(LENGTH(sketch)), SUM(LENGTH(detail)) FROM decision").Scan(&filings, &sketch, &detail); err != nil {
		s.t.Fatal(err)
	}
	n := float64(stats.Items)
	return int((stats.Bytes - text) / stats.Items), fmt.Sprintf("of it %.0f B sketch, %.0f B decision, %.1f filings", sketch/n, detail/n, filings/n)
}
