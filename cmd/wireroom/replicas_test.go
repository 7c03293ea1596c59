//go:build linux

package main

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
	"github.com/wireroom/wireroom/internal/built"
)

// How often each of the promises about replicas is tried; "make replicas" asks
// for more, and has the results written.
var (
	tries         = flag.Int("tries", 1, "how often each fault is caused to replicas")
	replicaReport = flag.String("replica-report", "", "the document that the results of the replicas are written to")
	locked        = flag.Duration("locked", 4*time.Second, "for how long somebody locks the rows that replicas work with")
	endurance     = flag.Duration("endurance", 0, "for how long replicas are killed about once a minute; 0: not at all")
)

const (
	leadLease  = 3 * time.Second
	claimLease = 5 * time.Second
	feedEntry  = time.Second // a feed has a new entry this often
	feedWindow = 120         // entries of a feed's document, which reach back further than a test waits for a poll
	feeds      = 8
)

// Presses are the origin of some feeds, each with a known, growing list of
// entries, and knows what it has handed out.
type presses struct {
	server *httptest.Server
	mu     sync.Mutex
	began  time.Time
	ended  time.Time       // no entries after that
	served map[string]bool // entries that were in an answer
	asked  map[string][]request
	late   map[string]time.Duration // replica → how late it is answered
}

// A request is when a feed was asked for, and the contact of who asked.
type request struct {
	at time.Time
	by string
}

// newPresses listens on a host.
func newPresses(t *testing.T, host string) *presses {
	t.Helper()
	w := &presses{began: time.Now(), served: map[string]bool{}, asked: map[string][]request{}, late: map[string]time.Duration{}}
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewUnstartedServer(w)
	w.server.Listener.Close()
	w.server.Listener = l
	w.server.Start()
	t.Cleanup(w.server.Close)
	return w
}

func (w *presses) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	feed := strings.Trim(r.URL.Path, "/")
	_, by, _ := strings.Cut(r.UserAgent(), "+")
	by, _, _ = strings.Cut(by, "@")
	w.mu.Lock()
	w.asked[feed] = append(w.asked[feed], request{time.Now(), by})
	late := w.late[by]
	w.mu.Unlock()
	select {
	case <-time.After(late):
	case <-r.Context().Done():
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if !w.ended.IsZero() {
		now = w.ended
	}
	every := feedEntry
	if strings.HasPrefix(feed, "m") {
		every *= 10 // it is polled once a minute, and its document must reach back further
	}
	n := int(now.Sub(w.began)/every) + 1
	rw.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprintf(rw, `<rss version="2.0"><channel><title>%s</title>`, feed)
	for i := n; i > max(0, n-feedWindow); i-- {
		w.served[fmt.Sprintf("%s-%d", feed, i)] = true
		at := w.began.Add(time.Duration(i) * every).UTC().Format(time.RFC1123Z)
		fmt.Fprintf(rw, `<item><guid isPermaLink="false">%s-%d</guid><title>%s tells number %d of its stories</title><pubDate>%s</pubDate></item>`, feed, i, feed, i, at)
	}
	fmt.Fprint(rw, `</channel></rss>`)
}

// hold lets no entry come until it is released; then those come that had been
// due meanwhile.
func (w *presses) hold() (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.ended
	if before.IsZero() {
		w.ended = time.Now()
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ended = before
	}
}

// since returns when a feed was asked first after an instant; zero: not yet.
func (w *presses) since(feed string, at time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.asked[feed] {
		if r.at.After(at) {
			return r.at
		}
	}
	return time.Time{}
}

// missing returns the entries that were in an answer and that are not among those
// that were seen.
func (w *presses) missing(seen map[string]int) (entries []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for entry := range w.served {
		if seen[entry] == 0 {
			entries = append(entries, entry)
		}
	}
	return entries
}

// delay lets a replica be answered late.
func (w *presses) delay(name string, late time.Duration) {
	w.mu.Lock()
	w.late[name] = late
	w.mu.Unlock()
}

// by counts the requests of a replica between two instants.
func (w *presses) by(name string, from, to time.Time) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, all := range w.asked {
		for _, r := range all {
			if r.by == name && r.at.After(from) && r.at.Before(to) {
				n++
			}
		}
	}
	return n
}

// perMinute counts the requests for a feed in each of some minutes.
func (w *presses) perMinute(feed string, from time.Time, minutes int) []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	per := make([]int, minutes)
	for _, r := range w.asked[feed] {
		if m := int(r.at.Sub(from) / time.Minute); !r.at.Before(from) && m < minutes {
			per[m]++
		}
	}
	return per
}

// of returns when a replica has asked for each feed after an instant.
func (w *presses) of(name string, since time.Time) map[string][]time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := map[string][]time.Time{}
	for feed, all := range w.asked {
		for _, r := range all {
			if r.by == name && r.at.After(since) {
				by[feed] = append(by[feed], r.at)
			}
		}
	}
	return by
}

// soon counts the requests for a feed that followed another one in half the time
// of its schedule, as if the clock of who sent it were ahead. A busy machine is
// late now and then, but hardly by so much.
func (w *presses) soon(since time.Time) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, all := range w.asked {
		for i := 1; i < len(all); i++ {
			if all[i].at.After(since) && all[i].at.Sub(all[i-1].at) < feedEntry/2 {
				n++
			}
		}
	}
	return n
}

// A troupe is some replicas over one database.
type troupe struct {
	t        *testing.T
	cluster  *storetest.Cluster
	dsn      string
	wire     *presses
	dir      string
	replicas []*replica
	more     string  // sources beside the feeds
	ledger   *sql.DB // where it is registered who claims what
}

// A replica is a process and where it listens.
type replica struct {
	*process
	name   string // by which the presses know it
	dsn    string
	addr   string
	config string
	env    []string
	wrap   []string // what runs the binary, such as ip netns exec
	bin    string
	relay  *relay // between it and the database, where there is one
	space  string // its network namespace, where it has one
}

// newTroupe starts replicas over a database of their own.
func newTroupe(t *testing.T, n int) *troupe {
	t.Helper()
	x := gather(t, n, newPresses(t, "127.0.0.1"), storetest.Postgres(t))
	x.begin()
	return x
}

// gather makes replicas that are not started yet.
func gather(t *testing.T, n int, wire *presses, cluster *storetest.Cluster) *troupe {
	t.Helper()
	bin := built.Program(t)
	x := &troupe{t: t, cluster: cluster, wire: wire, dir: t.TempDir()}
	x.dsn = x.cluster.DSN(t)
	for i := range n {
		name := fmt.Sprint("replica", i)
		x.replicas = append(x.replicas, &replica{name: name, dsn: x.dsn + "&application_name=" + name, addr: built.FreeAddress(t), config: filepath.Join(x.dir, name, "feeds.yaml"), bin: bin})
	}
	return x
}

// relayed puts something between each replica and the database.
func (x *troupe) relayed(host string) {
	x.t.Helper()
	for _, r := range x.replicas {
		r.relay = newRelay(x.t, host, x.cluster.Socket())
		r.dsn = x.cluster.Over(r.dsn, r.relay.addr())
	}
}

// inLanes lets some troupes play beside each other, and returns what entries they
// lost and doubled in all. What play returns is called when its troupe has settled,
// one after another.
func inLanes(t *testing.T, lanes int, host string, play func(x *troupe, lane int) (tell func())) (lost, doubled int) {
	var mu sync.Mutex
	t.Run("lanes", func(t *testing.T) {
		for lane := range lanes {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				t.Parallel()
				x := gather(t, 3, newPresses(t, host), storetest.Postgres(t))
				x.relayed(host)
				tell := play(x, lane)
				x.same("/topics/all.rss")
				l, d := x.settle()
				mu.Lock()
				defer mu.Unlock()
				tell()
				lost, doubled = lost+l, doubled+d
			})
		}
	})
	return lost, doubled
}

// begin starts the replicas, and returns when each serves.
func (x *troupe) begin() {
	x.t.Helper()
	at := time.Now()
	for _, r := range x.replicas {
		x.configure(r, feeds)
		if err := os.Chtimes(r.config, at, at); err != nil {
			x.t.Fatal(err)
		}
		x.start(r)
	}
	x.await(20*time.Second, "every replica serves the topic", func() bool {
		for _, r := range x.replicas {
			if _, ok := get("http://" + r.addr + "/topics/all.json"); !ok {
				return false
			}
		}
		return true
	})
}

// configure writes a replica's configuration, of which all is the same but who
// asks. More lines may follow its sources.
func (x *troupe) configure(r *replica, n int, more ...string) {
	x.t.Helper()
	write(x.t, r.config, "contact: "+r.name+"@wire.example\n"+x.config(x.wire.server.URL, n)+x.more+strings.Join(more, ""))
}

func (x *troupe) config(origin string, n int) string {
	var b strings.Builder
	b.WriteString(`
store: ignored.db
log: {format: json}
defaults: {schedule: '@every 1s', min_interval: 1s, allow_private: true, timeout: 1s}
polling: {host_gap: 0s}
topics:
  all: {title: Everything, limit: 200}
sources:
`)
	for i := range n {
		fmt.Fprintf(&b, "  f%d: %s/f%d\n", i, origin, i)
	}
	return b.String()
}

func (x *troupe) start(r *replica) {
	x.t.Helper()
	args := append(append([]string{}, r.wrap...), r.bin, "serve", "--config", r.config, "--store", r.dsn, "--listen", r.addr)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(append(os.Environ(), "WIREROOM_LEAD_LEASE="+leadLease.String(), "WIREROOM_CLAIM_LEASE="+claimLease.String()), r.env...)
	r.process = startCommand(x.t, x.dir, cmd)
}

func (x *troupe) await(within time.Duration, what string, ok func() bool) time.Duration {
	x.t.Helper()
	return await(x.t, within, what, ok)
}

// leader returns the replica that files, by the lease in the database. One that
// has ended is named there until its lease is over.
func (x *troupe) leader() *replica {
	x.t.Helper()
	var found *replica
	x.await(10*time.Second, "one leads", func() bool {
		owner := x.cluster.Ask(x.t, x.dsn, "SELECT owner FROM lease WHERE name = 'filer' AND until > clock_timestamp()")
		for _, r := range x.replicas {
			if !r.Ended() && strings.Contains(owner, fmt.Sprintf("-%d-", r.Process.Pid)) {
				found = r
			}
		}
		return found != nil
	})
	return found
}

// settle ends the growth of the feeds, waits until all that was handed out is
// stored and filed, and compares what is published with the model. An entry is
// lost if it does not come though its feed is polled again: what was handed out
// last is still on its way when the request for it is seen.
func (x *troupe) settle() (lost, doubled int) {
	x.t.Helper()
	x.wire.hold()
	last := time.Now()
	x.await(2*claimLease+20*time.Second, "every feed is polled to its end", func() bool {
		for i := range feeds {
			if x.wire.since(fmt.Sprint("f", i), last).IsZero() {
				return false
			}
		}
		return true
	})
	db, err := store.Open(x.t.Context(), x.dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		x.t.Fatal(err)
	}
	defer db.Close()
	seen, after := map[string]int{}, int64(0)
	var missing []string
	for end := time.Now().Add(patience * claimLease); ; time.Sleep(200 * time.Millisecond) {
		after = x.stored(db, seen, after)
		if missing = x.wire.missing(seen); len(missing) == 0 || time.Now().After(end) {
			break
		}
	}
	for _, entry := range missing {
		x.t.Log("lost:", entry)
	}
	x.await(15*time.Second, "all is filed", func() bool {
		unfiled, err := db.Unfiled(x.t.Context(), 1)
		return err == nil && len(unfiled) == 0
	})
	x.stored(db, seen, after)
	for _, n := range seen {
		doubled += n - 1
	}
	ids := map[string]int{}
	var feed struct{ Items []struct{ ID string } }
	body, _ := get("http://" + x.replicas[0].addr + "/topics/all.json")
	if err := json.Unmarshal(body, &feed); err != nil {
		x.t.Error(err)
	}
	for _, it := range feed.Items {
		if ids[it.ID]++; ids[it.ID] > 1 {
			doubled++
		}
	}
	return len(missing), doubled
}

// stored counts in seen how often each entry is stored, of the log behind a
// position, and returns the position of the log's end.
func (x *troupe) stored(db *store.DB, seen map[string]int, after int64) int64 {
	x.t.Helper()
	for {
		records, err := db.Records(x.t.Context(), after, 1000)
		if err != nil {
			x.t.Fatal(err)
		}
		if len(records) == 0 {
			return after
		}
		for _, r := range records {
			after = r.Seq
			if r.Revision == 1 {
				seen[r.Item.GUID]++
			}
		}
	}
}

// same waits until every replica serves the same bytes under the same ETag. What
// they serve does not change while they are compared.
func (x *troupe) same(path string) {
	x.t.Helper()
	defer x.wire.hold()()
	x.await(4*time.Second, "all replicas serve the same", func() bool {
		first, tag, _ := served(x.replicas[0].addr, path)
		for _, r := range x.replicas[1:] {
			body, other, _ := served(r.addr, path)
			if body != first || other != tag || tag == "" {
				return false
			}
		}
		return true
	})
}

// restart ends a replica as a power cut would, and starts it again.
func (x *troupe) restart(r *replica) {
	x.t.Helper()
	r.Kill()
	x.start(r)
}

// pause stops a replica for a while.
func (r *replica) pause(d time.Duration) {
	pid := r.Process.Pid
	syscall.Kill(pid, syscall.SIGSTOP)
	time.Sleep(d)
	syscall.Kill(pid, syscall.SIGCONT)
}
