package store_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/internal/race"
)

var (
	kills = flag.Int("kills", 20, "how often TestKill kills a process that writes")
	flips = flag.Int("flips", 50, "how many bytes TestFlippedBytes changes, one at a time")
	seed  = flag.Uint64("seed", 1, "seed of the random choices of the tests")
)

// envVictim names the database of a process that is there to be killed.
const envVictim = "WIREROOM_TEST_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(envVictim); path != "" {
		if err := victim(context.Background(), path); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	flag.Parse()
	race.Bubbles()
	os.Exit(m.Run())
}

const victimSources = 5

func victimItem(source string, n int64) news.Item {
	at := time.Unix(1_700_000_000+n, 0).UTC()
	id := fmt.Sprintf("%s/%06d", source, n)
	return news.Item{
		Source: source, ID: id, Title: "Item " + id, HTML: strings.Repeat("<p>"+id+"</p>", 50), Hash: id,
		Published: at, FirstSeen: at, Fetched: at, Dated: true, Aliases: []string{"link:" + id},
	}
}

// victim polls and files until it is killed. Item n of a source follows from
// the source's name and n; the state counts them. It says what it has been
// told is stored.
func victim(ctx context.Context, path string) error {
	db, err := store.Open(ctx, path, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	var sources []news.Source
	for i := range victimSources {
		sources = append(sources, news.Source{Name: fmt.Sprint("s", i), URL: fmt.Sprintf("https://h%d.example/", i)})
	}
	if err := db.SetSources(ctx, sources, time.Now()); err != nil {
		return err
	}
	failed := make(chan error)
	for range 2 {
		go func() { failed <- victimCollects(ctx, db) }()
	}
	go func() { failed <- victimFiles(ctx, db) }()
	return <-failed
}

func victimCollects(ctx context.Context, db *store.DB) error {
	for {
		now := time.Now()
		claims, err := db.Claim(ctx, now, 2, time.Second/10)
		if err != nil {
			return err
		}
		for _, c := range claims {
			first := c.State.ItemCount
			var items []news.Item
			for n := max(0, first-10); n < first+rand.Int64N(20); n++ { // some known, some new
				items = append(items, victimItem(c.State.Source, n))
			}
			count := int64(0)
			_, err := db.Append(ctx, c, items, func(n news.Appended) news.State {
				count = first + int64(n.New)
				return news.State{ItemCount: count}
			}, now, 0)
			if errors.Is(err, news.ErrLostClaim) {
				continue
			}
			if err != nil {
				return err
			}
			fmt.Println("stored", c.State.Source, count)
		}
	}
}

func victimFiles(ctx context.Context, db *store.DB) error {
	for {
		leads, err := db.Lead(ctx, fmt.Sprint("process ", os.Getpid()), 50*time.Millisecond)
		if err != nil {
			return err
		}
		if !leads {
			time.Sleep(time.Millisecond)
			continue
		}
		records, err := db.Unfiled(ctx, 50)
		if err != nil {
			return err
		}
		b := news.Batch{}
		for _, r := range records {
			b.UpTo = r.Seq
			key := r.Item.Key()
			b.Decisions = append(b.Decisions, news.Decision{Seq: r.Seq, Key: key, Story: key.Slug(), Kind: news.KindNew})
			b.Filings = append(b.Filings, news.Filing{
				Topic: "t", Key: key.Slug(), ID: fmt.Sprint("tag:", r.Seq), Story: key.Slug(), Published: r.Item.Published,
				Hash: r.Item.Hash, Lead: key, Members: []news.Key{key},
			})
		}
		if err := db.File(ctx, b); errors.Is(err, store.ErrNotLeader) {
			continue
		} else if err != nil {
			return err
		}
		if b.UpTo > 0 {
			fmt.Println("filed", "t", b.UpTo)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestKill kills a process that polls and files, at random moments, again and
// again: what it was told is stored is there, once, and the file is sound.
func TestKill(t *testing.T) {
	t.Parallel()
	var path string
	rng := rand.New(rand.NewPCG(*seed, 0))
	for i := range *kills {
		if i%25 == 0 {
			path = filepath.Join(t.TempDir(), "wireroom.db") // checking a large one takes long
		}
		stored := killOne(t, path, time.Duration(rng.Int64N(int64(80*time.Millisecond))))
		if t.Failed() {
			t.Fatalf("kill %d of seed %d", i, *seed)
		}
		checkVictim(t, path, stored)
	}
}

// killOne runs a victim, kills it some time after its first success, and
// returns the last number that it said for each name.
func killOne(t *testing.T, path string, after time.Duration) map[string]int64 {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), envVictim+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := map[string]int64{}
	lines := bufio.NewReader(out)
	for first := true; ; first = false {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) {
			break // a line that was cut off was not said
		}
		var what, name string
		var n int64
		if _, err := fmt.Sscan(line, &what, &name, &n); err != nil || what == "error" {
			t.Errorf("the victim says %q", line)
		}
		said[name] = max(said[name], n)
		if first {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // it was killed
	return said
}

func checkVictim(t *testing.T, path string, said map[string]int64) {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Check(ctx); err != nil {
		t.Fatal(err)
	}
	records, err := db.Records(ctx, 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, r := range records {
		want := victimItem(r.Item.Source, counts[r.Item.Source])
		if r.Item.ID != want.ID || r.Item.HTML != want.HTML || r.Revision != 1 {
			t.Fatalf("record %d is %s, want %s", r.Seq, r.Item.ID, want.ID)
		}
		counts[r.Item.Source]++
	}
	states, err := db.States(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if n := counts[s.Source]; n != s.ItemCount || n < said[s.Source] {
			t.Fatalf("%s has %d items, its state says %d, the process was told %d", s.Source, n, s.ItemCount, said[s.Source])
		}
	}
	unfiled, err := db.Unfiled(ctx, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	filed := records[:len(records)-len(unfiled)]
	if len(filed) > 0 && filed[len(filed)-1].Seq < said["t"] {
		t.Fatalf("filed up to %d, the process was told %d", filed[len(filed)-1].Seq, said["t"])
	}
	shelf, err := db.Latest(ctx, "t", news.SortPublished, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if len(shelf) != len(filed) {
		t.Fatalf("%d filings of %d filed records", len(shelf), len(filed))
	}
	for _, f := range shelf {
		if want := fmt.Sprint("tag:", f.Members[0].Record.Seq); f.ID != want {
			t.Fatalf("filing of record %s has the id %s", want, f.ID)
		}
	}
}
