package store_test

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
)

// fewTurns counts how often a poll with many items waits for the server, which may
// be far away. Others wait as long for what is locked meanwhile.
func fewTurns(t *testing.T, cluster *storetest.Cluster) {
	db, turns := counted(t, cluster)
	items := func(prefix string) (all []news.Item) {
		for i := range 23 {
			id := fmt.Sprint(prefix, i)
			all = append(all, news.Item{Source: "a", ID: id, GUID: id, Title: "T", Published: time.Now(), FirstSeen: time.Now()})
		}
		return all
	}
	now := time.Now()
	poll(t, db, now, items("first")...) // whose statements the server does not know yet
	claims, err := db.Claim(t.Context(), now, 1, time.Minute)
	if err != nil || len(claims) != 1 {
		t.Fatal(claims, err)
	}
	before := turns.Load()
	n, err := db.Append(t.Context(), claims[0], items("second"), func(news.Appended) news.State { return news.State{} }, now, 0)
	if err != nil || n.New != 23 {
		t.Fatal(n, err)
	}
	if n := turns.Load() - before; n > 10 {
		t.Errorf("a poll has waited %d times for the server", n)
	}
}

// fewTurnsOfSearch counts the same of a search where most topics have no filing yet.
func fewTurnsOfSearch(t *testing.T, cluster *storetest.Cluster) {
	db, turns := counted(t, cluster)
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprint("topic-", i)
	}
	before := turns.Load()
	if _, err := db.Search(t.Context(), names, "ferry", 10); err != nil {
		t.Fatal(err)
	}
	if n := turns.Load() - before; n > 20 {
		t.Errorf("a search has waited %d times for the server", n)
	}
}

// counted opens a new store, and counts how often it waits for the server.
func counted(t *testing.T, cluster *storetest.Cluster) (*store.DB, *atomic.Int64) {
	turns := new(atomic.Int64)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var joined sync.WaitGroup
	t.Cleanup(func() { l.Close(); joined.Wait() })
	joined.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			joined.Go(func() { join(client, cluster.Socket(), turns) })
		}
	})
	return open(t, cluster.Over(cluster.DSN(t), l.Addr().String())), turns
}

// join joins a client to a server, and counts what is said in turn.
func join(client net.Conn, socket string, turns *atomic.Int64) {
	defer client.Close()
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer server.Close()
	var answered atomic.Bool
	var both sync.WaitGroup
	pass := func(to, from net.Conn, said func()) {
		defer to.Close()
		text := make([]byte, 64<<10)
		for {
			n, err := from.Read(text)
			if err != nil {
				return
			}
			said()
			if _, err := to.Write(text[:n]); err != nil {
				return
			}
		}
	}
	both.Go(func() {
		pass(server, client, func() {
			if answered.Swap(false) {
				turns.Add(1)
			}
		})
	})
	both.Go(func() { pass(client, server, func() { answered.Store(true) }) })
	both.Wait()
}
