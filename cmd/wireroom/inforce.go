package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// noteInForce is the note that keeps what the configuration in force asks for:
// what wireroom plan compares another one with.
const noteInForce = "in force"

// inForce is what is kept of a configuration: no secret, but enough to tell
// whether a secret is another one.
type inForce struct {
	Sources map[string]string // fingerprints, by name
	Topics  map[string]topicInForce
}

type topicInForce struct {
	Topic       news.Topic // without its token
	Fingerprint string     // of all of it
	Private     bool       `json:",omitempty"` // it has a token
}

func newInForce(cfg *config.Config) inForce {
	f := inForce{Sources: map[string]string{}, Topics: map[string]topicInForce{}}
	for _, src := range cfg.Sources {
		f.Sources[src.Name] = fingerprint(src)
	}
	for _, t := range cfg.Topics {
		kept := topicInForce{t, fingerprint(t), t.Token != ""}
		kept.Topic.Token = ""
		f.Topics[t.Name] = kept
	}
	return f
}

func fingerprint(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // sources and topics are made of strings, numbers and maps of them
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// keepInForce notes which configuration is in force, where it is another than
// the one that was noted.
func keepInForce(ctx context.Context, db *store.DB, cfg *config.Config) error {
	text, err := json.Marshal(newInForce(cfg))
	if err != nil {
		return err
	}
	kept, err := db.Noted(ctx, noteInForce)
	if err != nil || kept == string(text) {
		return err
	}
	return db.Note(ctx, noteInForce, string(text))
}

// keptInForce returns what was noted last; false if nothing ever was.
func keptInForce(ctx context.Context, db *store.DB) (f inForce, ok bool, err error) {
	kept, err := db.Noted(ctx, noteInForce)
	if err != nil || kept == "" {
		return f, false, err
	}
	if err := json.Unmarshal([]byte(kept), &f); err != nil {
		return f, false, fmt.Errorf("what is in force: %w", err)
	}
	return f, true, nil
}
