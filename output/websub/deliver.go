package websub

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Publish tells the hub that the documents at these addresses changed. It does
// not block.
func (h *Hub) Publish(topics ...string) {
	changed := map[string]bool{}
	for _, t := range topics {
		changed[t] = true
	}
	now := time.Now()
	h.mu.Lock()
	maps.Copy(h.changed, changed)
	for k := range h.subs {
		if changed[k.topic] {
			h.deliverFrom(k, now)
		}
	}
	h.mu.Unlock()
	h.poke()
}

// deliverFrom has the current document delivered from now on, or after the delivery
// that is under way; the caller holds mu.
func (h *Hub) deliverFrom(k key, now time.Time) {
	sub := h.subs[k]
	sub.at, sub.try, sub.again = now, 0, sub.sending
	if !sub.sending {
		h.due[k] = sub
	}
}

// errGone is a callback's answer that it is not interested any more.
var errGone = errors.New("410 Gone")

// deliver sends the current document to one subscriber, and sees to it that it
// is tried again if that fails.
func (h *Hub) deliver(ctx context.Context, k key) {
	h.mu.Lock()
	sub := h.subs[k]
	if sub == nil {
		h.mu.Unlock()
		return
	}
	job, sent := sub.Subscription, sub.sent
	sub.sending = true
	h.mu.Unlock()

	doc, ok := h.opts.Document(k.topic)
	var err error
	if ok && doc.ETag != sent && time.Now().Before(job.Until) {
		err = h.send(ctx, job, doc)
	}
	if errors.Is(err, errGone) {
		h.forget(ctx, k)
		return
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	sub.sending, sub.failing = false, err != nil
	renewed := sub.Secret != job.Secret // meanwhile: what was sent may not be what can be verified
	if err == nil && !renewed {
		sub.sent = doc.ETag
	}
	switch {
	case h.subs[k] != sub:
		// It has been ended meanwhile.
	case sub.again || renewed:
		sub.again = false
		h.due[k] = sub
	case err == nil:
		sub.try = 0
	case sub.try == len(h.opts.Retry):
		sub.try = 0
		h.opts.Log.Warn("a subscriber does not take a change, which is given up", "host", sub.host, "topic", k.topic, "error", err)
	default:
		sub.at = time.Now().Add(h.opts.Retry[sub.try])
		sub.try++
		h.due[k] = sub
	}
}

// send posts a document to a callback. Any answer but success is an error
// (section 7).
func (h *Hub) send(ctx context.Context, sub news.Subscription, doc news.Document) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.Callback, bytes.NewReader(doc.Body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", doc.ContentType)
	req.Header.Set("User-Agent", userAgent)
	for _, l := range doc.Link {
		req.Header.Add("Link", l)
	}
	if sub.Secret != "" {
		req.Header.Set("X-Hub-Signature", sign(sub.Secret, doc.Body))
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return cause(err)
	}
	defer resp.Body.Close()
	// Read a little, so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, maxReply)
	switch {
	case resp.StatusCode == http.StatusGone:
		return errGone
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return nil
}

// sign returns the value of X-Hub-Signature for a body: HMAC with SHA-256
// (section 7.1).
func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
