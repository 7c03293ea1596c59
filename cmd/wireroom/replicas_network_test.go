//go:build linux

package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

var namespaces = flag.Bool("namespaces", false, "break the networks of replicas in namespaces, as root, and in every way")

// A breach is what happens to the network of one replica: to its packets from
// and to the database, and from and to its sources.
type breach struct {
	name              string
	database, sources way
}

type way int

const (
	whole way = iota
	cut
	deaf  // what it sends arrives, what it is sent does not
	lossy // three of ten packets do not arrive, in each direction
	slow  // answers come 2 s late
)

var breaches = []breach{
	{"from PostgreSQL", cut, whole},
	{"from the sources", whole, cut},
	{"from both", cut, cut},
	{"in one direction", deaf, deaf},
	{"30 % loss", lossy, lossy},
	{"2 s late", slow, slow},
}

const lateBy = 2 * time.Second

// cutOff is P3: what becomes of a replica whose network does not do what it
// should. Where there are no namespaces it is cut from the database only, by what
// stands between them. The ways are shared out to three troupes.
func cutOff(t *testing.T) {
	host, lay := "127.0.0.1", func(*testing.T, *replica, int) {}
	all := breaches[:1]
	if *namespaces {
		if os.Getuid() != 0 {
			t.Skip("only root may make network namespaces")
		}
		host, lay = layNetworks(t)
		all = breaches
	}
	lanes := min(3, len(all))
	var worst healing
	lost, doubled := inLanes(t, lanes, host, func(x *troupe, lane int) func() {
		for i, r := range x.replicas {
			lay(x.t, r, lane*len(x.replicas)+i)
		}
		x.begin()
		var own healing
		for i := range *tries {
			for k := lane; k < len(all); k += lanes {
				victim := x.leader()
				if i%2 == 1 {
					victim = x.replicas[(slices.Index(x.replicas, victim)+1)%len(x.replicas)]
				}
				own.add(x.suffer(all[k], victim))
			}
		}
		return func() { worst.add(own) }
	})
	if lost > 0 || doubled > 0 {
		t.Errorf("%d entries lost, %d doubled", lost, doubled)
	}
	report(t, "P3", "a replica is cut "+listed(all), "it stops polling before its claims end, serves stale with `Age`, heals within 10 s", *tries*len(all),
		fmt.Sprintf("%d polls of it after its claims had ended, `Age` told %d of %d times, healed after %.1f s at most, %d later than 10 s; %d lost, %d doubled",
			worst.stray, worst.aged, worst.stale, worst.took.Seconds(), worst.late, lost, doubled))
}

func listed(all []breach) string {
	var text []string
	for _, b := range all {
		text = append(text, b.name)
	}
	return strings.Join(text, ", ")
}

// A healing is what came of breaches.
type healing struct {
	stray       int // polls after the last claim had ended
	stale, aged int // times that it could not know better, and that it said so
	late        int
	took        time.Duration
}

func (h *healing) add(other healing) {
	h.stray, h.stale, h.aged, h.late = h.stray+other.stray, h.stale+other.stale, h.aged+other.aged, h.late+other.late
	h.took = max(h.took, other.took)
}

// suffer breaks a replica's network for longer than all leases last, and waits
// until all is well again.
func (x *troupe) suffer(b breach, victim *replica) (h healing) {
	x.t.Helper()
	x.same("/topics/all.rss")
	heal := x.breakNetwork(b, victim)
	at := time.Now()
	x.polledAgain(at)
	severed := b.database == cut || b.database == deaf
	if severed {
		x.await(leadLease+5*time.Second, "another one files", func() bool {
			return !x.leads(victim) && x.leads(x.replicas...)
		})
	}
	time.Sleep(time.Until(at.Add(claimLease + leadLease + 3*time.Second)))
	x.polledAgain(time.Now())
	if severed {
		least := time.Since(at) - leadLease - 2*time.Second // it may have filed till then, and looks once a second
		_, _, age := served(victim.addr, "/topics/all.rss")
		passed := time.Since(at)
		h.stale++
		if age >= least && age <= passed+leadLease {
			h.aged++
		}
		if age < least || age > passed+patience*leadLease { // a busy machine was late before it was cut
			x.t.Errorf("%s after it was cut %s, the age of what %s serves is %s", passed, b.name, victim.name, age)
		}
		if h.stray = x.wire.by(victim.name, at.Add(claimLease), time.Now()); h.stray > 0 {
			x.t.Errorf("cut %s, %s polled %d times after its claims had ended", b.name, victim.name, h.stray)
		}
	}
	heal()
	healed := time.Now()
	other := x.replicas[(slices.Index(x.replicas, victim)+1)%len(x.replicas)]
	shown := [2]map[string]bool{{}, {}} // ETags since then; what all serve changes every second
	x.await(10*time.Second, "it asks for work again and serves what all serve", func() bool {
		_, tag, age := served(victim.addr, "/topics/all.rss")
		_, otherTag, _ := served(other.addr, "/topics/all.rss")
		shown[0][tag], shown[1][otherTag] = age == 0 && tag != "", otherTag != ""
		for tag, ok := range shown[0] {
			if ok && shown[1][tag] && x.asks(victim, healed) {
				return true
			}
		}
		return false
	})
	h.took = time.Since(healed)
	x.t.Logf("%s was cut %s, and healed in %s", victim.name, b.name, h.took.Round(time.Millisecond))
	if h.took > 10*time.Second {
		h.late++
		for _, line := range strings.Split(built.Tail(victim.Log.String(), 100), "\n") {
			if !strings.Contains(line, `"new"`) {
				x.t.Log(line)
			}
		}
	}
	return h
}

// asks reports whether a replica has asked for work after an instant. Whether it
// gets any is up to what the others have left of it.
func (x *troupe) asks(r *replica, after time.Time) bool {
	return x.cluster.Ask(x.t, x.dsn, fmt.Sprintf(`SELECT 'yes' FROM pg_stat_activity
		WHERE application_name = '%s' AND query LIKE '%%host_sched%%' AND query_start > to_timestamp(%d / 1e6)`, r.name, after.UnixMicro())) == "yes"
}

// leads reports whether one of replicas files, by the lease in the database.
func (x *troupe) leads(replicas ...*replica) bool {
	owner := x.cluster.Ask(x.t, x.dsn, "SELECT owner FROM lease WHERE name = 'filer' AND until > clock_timestamp()")
	return slices.ContainsFunc(replicas, func(r *replica) bool { return strings.Contains(owner, fmt.Sprintf("-%d-", r.Process.Pid)) })
}

// served returns what a replica serves, its ETag, and how old it says that it is.
func served(addr, path string) (body, tag string, age time.Duration) {
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get("http://" + addr + path)
	if err != nil {
		return "", "", 0
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp.Status, "", 0
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Age"))
	return string(text), resp.Header.Get("ETag"), time.Duration(seconds) * time.Second
}

// breakNetwork does to a replica's network what a breach says, and returns what
// undoes it.
func (x *troupe) breakNetwork(b breach, victim *replica) (heal func()) {
	x.t.Helper()
	_, sources, _ := net.SplitHostPort(x.wire.server.Listener.Addr().String())
	_, database, _ := net.SplitHostPort(victim.relay.addr())
	for port, w := range map[string]way{database: b.database, sources: b.sources} {
		switch {
		case w == slow && port == database:
			victim.relay.set(false, lateBy)
		case w == slow:
			x.wire.delay(victim.name, lateBy)
		case w != whole && victim.space == "":
			victim.relay.set(true, 0)
		case w != whole:
			x.filter(victim, w, port)
		}
	}
	return func() {
		if victim.space != "" {
			x.inSpace(victim, "iptables", "-F")
		}
		victim.relay.set(false, 0)
		x.wire.delay(victim.name, 0)
	}
}

// filter drops packets between a replica and a port.
func (x *troupe) filter(victim *replica, w way, port string) {
	x.t.Helper()
	rule := []string{"-j", "DROP"}
	if w == lossy {
		rule = append(rule, "-m", "statistic", "--mode", "random", "--probability", "0.3")
	}
	x.inSpace(victim, append([]string{"iptables", "-A", "INPUT", "-p", "tcp", "--sport", port}, rule...)...)
	if w != deaf {
		x.inSpace(victim, append([]string{"iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", port}, rule...)...)
	}
}

func (x *troupe) inSpace(r *replica, args ...string) {
	x.t.Helper()
	sh(x.t, append([]string{"ip", "netns", "exec", r.space}, args...)...)
}

func sh(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out)
	}
}

// layNetworks returns an address of this machine that can be reached from
// namespaces, and what gives a replica one. Names and addresses are by the
// number of this process, so that several may do so at once.
func layNetworks(t *testing.T) (host string, lay func(*testing.T, *replica, int)) {
	t.Helper()
	net := fmt.Sprintf("10.%d.%d", 200+os.Getpid()/256%50, os.Getpid()%256)
	host = net + ".1"
	sh(t, "ip", "address", "add", host+"/32", "dev", "lo")
	t.Cleanup(func() { sh(t, "ip", "address", "del", host+"/32", "dev", "lo") })
	return host, func(t *testing.T, r *replica, i int) {
		r.space = fmt.Sprintf("wr%d-%d", os.Getpid(), i)
		here, there := fmt.Sprintf("%s.%d", net, 4*i+9), fmt.Sprintf("%s.%d", net, 4*i+10)
		sh(t, "ip", "netns", "add", r.space)
		t.Cleanup(func() { sh(t, "ip", "netns", "del", r.space) })
		sh(t, "ip", "link", "add", r.space, "type", "veth", "peer", "name", "eth0", "netns", r.space)
		sh(t, "ip", "address", "add", here+"/30", "dev", r.space)
		sh(t, "ip", "link", "set", r.space, "up")
		for _, args := range [][]string{{"address", "add", there + "/30", "dev", "eth0"}, {"link", "set", "eth0", "up"}, {"link", "set", "lo", "up"}, {"route", "add", "default", "via", here}} {
			sh(t, append([]string{"ip", "-n", r.space}, args...)...)
		}
		r.addr = there + ":8080"
		r.wrap = []string{"ip", "netns", "exec", r.space} // which becomes what it runs
	}
}

// A relay stands between a replica and the database.
type relay struct {
	listener net.Listener
	socket   string

	mu      sync.Mutex
	changed *sync.Cond
	held    bool          // nothing passes
	late    time.Duration // by how much answers are held back
	ended   bool
	open    map[net.Conn]bool
}

func newRelay(t *testing.T, host, socket string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: l, socket: socket, open: map[net.Conn]bool{}}
	r.changed = sync.NewCond(&r.mu)
	var joined sync.WaitGroup
	joined.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			joined.Go(func() { r.join(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		r.mu.Lock()
		r.ended = true
		for c := range r.open { // whose other end may be cut off
			c.Close()
		}
		r.changed.Broadcast()
		r.mu.Unlock()
		joined.Wait()
	})
	return r
}

func (r *relay) addr() string { return r.listener.Addr().String() }

func (r *relay) set(held bool, late time.Duration) {
	r.mu.Lock()
	r.held, r.late = held, late
	r.changed.Broadcast()
	r.mu.Unlock()
}

// join lets what one side says pass to the other until either has ended.
func (r *relay) join(c net.Conn) {
	defer c.Close()
	server, err := net.Dial("unix", r.socket)
	if err != nil {
		return
	}
	defer server.Close()
	r.mu.Lock()
	r.open[c], r.open[server] = true, true
	ended := r.ended
	r.mu.Unlock()
	if ended {
		return
	}
	defer func() {
		r.mu.Lock()
		delete(r.open, c)
		delete(r.open, server)
		r.mu.Unlock()
	}()
	var both sync.WaitGroup
	both.Go(func() { defer server.Close(); r.pass(server, c, false) })
	both.Go(func() { defer c.Close(); r.pass(c, server, true) })
	both.Wait()
}

// pass copies, and holds back what is to be late or is not to pass now.
func (r *relay) pass(to io.Writer, from io.Reader, answers bool) {
	type part struct {
		text []byte
		due  time.Time
	}
	parts := make(chan part, 1024)
	go func() {
		defer close(parts)
		for {
			text := make([]byte, 32<<10)
			n, err := from.Read(text)
			if err != nil {
				return
			}
			r.mu.Lock()
			due := time.Now()
			if answers {
				due = due.Add(r.late)
			}
			r.mu.Unlock()
			parts <- part{text[:n], due}
		}
	}()
	failed := false
	for p := range parts {
		time.Sleep(time.Until(p.due))
		r.mu.Lock()
		for r.held && !r.ended {
			r.changed.Wait()
		}
		failed = failed || r.ended
		r.mu.Unlock()
		if !failed {
			_, err := to.Write(p.text)
			failed = err != nil
		}
	}
}
