// Command river runs jobs that do nothing through a plain River queue, and
// prints how long that took: something to compare with.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// Args are the arguments of a job: which source it would poll.
type Args struct {
	Source int `json:"source"`
}

// Kind names the jobs.
func (Args) Kind() string { return "poll" }

// A Worker counts the jobs that it is given.
type Worker struct {
	river.WorkerDefaults[Args]
	done *atomic.Int64
}

// Work does nothing.
func (w *Worker) Work(context.Context, *river.Job[Args]) error {
	w.done.Add(1)
	return nil
}

func main() {
	dsn := flag.String("dsn", "", "the database")
	jobs := flag.Int("jobs", 10_000, "how many")
	clients := flag.Int("clients", 4, "that work them")
	flag.Parse()
	if err := run(context.Background(), *dsn, *jobs, *clients); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dsn string, jobs, clients int) error {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return err
	}
	config.MaxConns = 40
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	driver := riverpgxv5.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	var done atomic.Int64
	var all []*river.Client[pgx.Tx]
	for range clients {
		workers := river.NewWorkers()
		river.AddWorker(workers, &Worker{done: &done})
		c, err := river.NewClient(driver, &river.Config{
			Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 250}}, Workers: workers, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	begin := time.Now()
	for n := 0; n < jobs; {
		var batch []river.InsertManyParams
		for ; n < jobs && len(batch) < 1000; n++ {
			batch = append(batch, river.InsertManyParams{Args: Args{n}})
		}
		if _, err := all[0].InsertManyFast(ctx, batch); err != nil {
			return err
		}
	}
	inserted := time.Since(begin)
	begin = time.Now()
	for _, c := range all {
		if err := c.Start(ctx); err != nil {
			return err
		}
	}
	for done.Load() < int64(jobs) {
		time.Sleep(10 * time.Millisecond)
	}
	worked := time.Since(begin)
	var stop sync.WaitGroup
	for _, c := range all {
		stop.Go(func() { _ = c.Stop(ctx) })
	}
	stop.Wait()
	var bytes int64
	if err := pool.QueryRow(ctx, "SELECT pg_total_relation_size('river_job')").Scan(&bytes); err != nil {
		return err
	}
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return json.NewEncoder(os.Stdout).Encode(map[string]int64{
		"Insert": int64(inserted), "Work": int64(worked), "CPU": u.Utime.Nano() + u.Stime.Nano(), "Bytes": bytes,
	})
}
