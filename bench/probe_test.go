package bench

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/microcosm-cc/bluemonday"
	"github.com/mmcdole/gofeed"
	_ "modernc.org/sqlite"
)

// The probe is what remains of a feed reader when all that is not needed is
// left out: it fetches with validators, unpacks, lets gofeed parse, bluemonday
// sanitise, and SQLite insert, many rows in one transaction, and reuses its
// buffers. What it costs is the yardstick of the table; that of new2 is the plain
// probe, which takes new ones for each document.

// probePolls is how many feeds it fetches at once, and probeBatch how many are
// stored in one transaction.
const (
	probePolls = 16
	probeBatch = 50
)

type probe struct {
	origin     string
	feeds      int
	db         *sql.DB
	validators []validators
	policy     *bluemonday.Policy
	client     *http.Client
	plain      bool // it reuses no buffer
}

type validators struct{ etag, modified string }

type probeRow struct{ feed, id, link, title, html, published string }

// probeEnv makes the test's own binary the probe.
const probeEnv = "WIREROOM_PROBE"

func startProbe(t testing.TB, origin string, feeds int, plain bool) *poller {
	return startPoller(t, probeEnv, origin, strconv.Itoa(feeds), filepath.Join(t.TempDir(), "probe.db"), strconv.FormatBool(plain))
}

// runProbe reads from in how often to poll every feed, and answers each line
// when that is done, with 0. The arguments are those of startProbe.
func runProbe(in io.Reader, out io.Writer, args []string) error {
	origin, file, plain := args[0], args[2], args[3]
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS entry (feed TEXT, id TEXT, link TEXT, title TEXT, html TEXT, published TEXT, UNIQUE (feed, id))"); err != nil {
		return err
	}
	p := &probe{origin: origin, feeds: n, db: db, validators: make([]validators, n), policy: bluemonday.UGCPolicy(), client: &http.Client{}, plain: plain == "true"}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		rounds, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		for range rounds {
			if err := p.round(context.Background()); err != nil {
				return err
			}
		}
		fmt.Fprintln(out, 0)
	}
	return nil
}

func (p *probe) round(ctx context.Context) error {
	feeds := make(chan int)
	batches := make(chan []probeRow, probeBatch)
	var fetchers sync.WaitGroup
	var failed sync.Map
	for range probePolls {
		fetchers.Go(func() {
			var body bytes.Buffer
			var unzip gzip.Reader
			parser := gofeed.NewParser()
			for i := range feeds {
				if p.plain {
					body, unzip, parser = bytes.Buffer{}, gzip.Reader{}, gofeed.NewParser()
				}
				rows, err := p.poll(ctx, i, parser, &unzip, &body)
				if err != nil {
					failed.Store(i, err)
				}
				if len(rows) > 0 {
					batches <- rows
				}
			}
		})
	}
	stored := make(chan error, 1)
	go func() { stored <- p.store(batches) }()
	for i := range p.feeds {
		feeds <- i
	}
	close(feeds)
	fetchers.Wait()
	close(batches)
	err := <-stored
	failed.Range(func(_, e any) bool { err = errors.Join(err, e.(error)); return true })
	return err
}

// poll fetches one feed, and parses and sanitises what it has.
func (p *probe) poll(ctx context.Context, i int, parser *gofeed.Parser, unzip *gzip.Reader, body *bytes.Buffer) ([]probeRow, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, feedURL(p.origin, i), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	if v := p.validators[i]; v.etag != "" {
		req.Header.Set("If-None-Match", v.etag)
		req.Header.Set("If-Modified-Since", v.modified)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return nil, nil
	}
	if err := unzip.Reset(resp.Body); err != nil {
		return nil, err
	}
	body.Reset()
	if _, err := body.ReadFrom(unzip); err != nil {
		return nil, err
	}
	feed, err := parser.Parse(body)
	if err != nil {
		return nil, err
	}
	p.validators[i] = validators{resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")}
	rows := make([]probeRow, 0, len(feed.Items))
	for _, it := range feed.Items {
		rows = append(rows, probeRow{req.URL.Path, it.GUID, it.Link, it.Title, p.policy.Sanitize(it.Content), it.Published})
	}
	return rows, nil
}

// store inserts the rows of feeds, as many at once as wait.
func (p *probe) store(batches <-chan []probeRow) error {
	var err error
	for rows := range batches {
		if err != nil {
			continue // the fetchers must not wait for ever
		}
		for range probeBatch {
			select {
			case more := <-batches:
				rows = append(rows, more...)
				continue
			default:
			}
			break
		}
		err = p.insert(rows)
	}
	return err
}

func (p *probe) insert(rows []probeRow) error {
	tx, err := p.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	insert, err := tx.Prepare("INSERT OR IGNORE INTO entry VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := insert.Exec(r.feed, r.id, r.link, r.title, r.html, r.published); err != nil {
			return err
		}
	}
	return tx.Commit()
}
