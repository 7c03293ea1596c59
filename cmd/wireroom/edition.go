package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/store"
)

// Replicas get a new configuration one after another. The newest that any of
// them works by is in force; the others stand aside until they have it: they
// serve what is published, and neither poll nor file.

const (
	// noteEdition is the note that keeps which configuration that is.
	noteEdition = "edition"

	// editionEvery is how often a replica says that it works by the edition in
	// force, and editionDead after how long nobody does who does not say so.
	editionEvery = 5 * time.Second
	editionDead  = 30 * time.Second
)

// errOlder says that another process works by a newer configuration.
var errOlder = errors.New("another process works by a newer configuration")

// An edition names a configuration: by its content, and by when it was written.
type edition struct {
	Hash string    `json:"hash"`
	At   time.Time `json:"at"`
	Seen time.Time `json:"seen"` // when a process last said that it works by it
}

// editionOf is the edition of a configuration whose files were changed at an
// instant.
func editionOf(cfg *config.Config, at time.Time) edition {
	text, err := json.Marshal(newInForce(cfg))
	if err != nil {
		panic(err) // it is made of strings, numbers and maps of them
	}
	return edition{Hash: fmt.Sprintf("%x", sha256.Sum256(text)), At: at.UTC()}
}

// written is when the files of a configuration were last changed.
func written(cfg *config.Config) time.Time {
	var last time.Time
	for _, file := range cfg.Files {
		if file.Read != nil && file.Read.ModTime().After(last) {
			last = file.Read.ModTime()
		}
	}
	return last
}

// over returns what is kept once e is worked by, or errOlder if e is not in
// force. Where there is one process only, its own edition is.
func (e edition) over(kept string, shared bool, now time.Time) (string, error) {
	var was edition
	if kept != "" {
		if err := json.Unmarshal([]byte(kept), &was); err != nil {
			return "", fmt.Errorf("the edition in force: %w", err)
		}
	}
	if e.Seen = now.UTC(); was.Hash == e.Hash && was.At.After(e.At) {
		e.At = was.At
	}
	if shared && was.At.After(e.At) && now.Sub(was.Seen) < editionDead {
		return "", errOlder
	}
	if was.At.After(e.At) {
		e.At = was.At.Add(time.Nanosecond)
	}
	text, err := json.Marshal(e)
	return string(text), err
}

// adopt tells the store what a configuration asks for, unless another one is in
// force.
func adopt(ctx context.Context, db *store.DB, cfg *config.Config, e edition) error {
	err := db.SetSourcesIf(ctx, cfg.Sources, time.Now(), noteEdition, func(kept string) (string, error) {
		return e.over(kept, db.Shared(), db.Now())
	})
	if err != nil {
		return err
	}
	return keepInForce(ctx, db, cfg)
}

// keepEdition says, as long as this process runs, which edition it works by,
// and lets it stand aside while another is in force.
func (p *program) keepEdition(ctx context.Context) {
	tick := time.NewTicker(editionEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		set := p.setup.Load()
		var err error
		if p.aside.Load() {
			err = adopt(ctx, p.db, set.cfg, set.edition)
		} else {
			err = p.db.Amend(ctx, noteEdition, func(kept string) (string, error) { return set.edition.over(kept, true, p.db.Now()) })
		}
		p.standAside(err)
	}
}

// standAside follows from what adopt has said; other errors than errOlder leave
// everything as it is.
func (p *program) standAside(err error) {
	if err != nil && !errors.Is(err, errOlder) {
		return
	}
	aside := err != nil
	if p.aside.Swap(aside) == aside {
		return
	}
	p.aggregator.StandAside(aside)
	p.publisher.StandAside(aside)
	if aside {
		p.logger.Warn("another process works by a newer configuration; this one only serves until it has it")
	} else {
		p.logger.Info("this process works by the configuration in force")
	}
}
