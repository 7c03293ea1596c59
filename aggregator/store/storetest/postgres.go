package storetest

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to make schemas
)

// A Cluster is a PostgreSQL of the tests' own, in a temporary folder, reached by
// a socket in it. It ends with the test, or with the process if that is killed.
type Cluster struct {
	dir string
	as  *syscall.SysProcAttr // the user that it runs as; nil: that of this process
	bin string

	port     int      // 0: that of PostgreSQL, without a listener beside the socket
	settings []string // NAME=VALUE, behind those of Start

	server *exec.Cmd
	alive  io.Closer // the server ends when this is closed
	log    bytes.Buffer
	made   atomic.Int64
}

// Postgres starts a cluster, with settings such as "fsync=on" in the place of
// those that make tests fast. Without PostgreSQL on the machine the test is
// skipped, but fails where CI is set.
func Postgres(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	return PostgresAt(t, 0, settings...)
}

// PostgresAt is Postgres for a cluster that also listens at a port of this
// machine, so that another may copy it.
func PostgresAt(t testing.TB, port int, settings ...string) *Cluster {
	t.Helper()
	c := &Cluster{port: port, settings: settings}
	c.find(t)
	c.place(t)
	initdb := c.command(t.Context(), "initdb", "-D", filepath.Join(c.dir, "data"), "-U", "wireroom", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-sync", "--no-instructions")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	c.Start(t)
	return c
}

// Standby starts a copy of a cluster that follows it, at a port of its own, and
// from now on nothing is committed that the copy does not have.
func (c *Cluster) Standby(t testing.TB, port int) *Cluster {
	t.Helper()
	s := &Cluster{port: port, settings: c.settings, bin: c.bin}
	s.made.Store(c.made.Load())
	s.place(t)
	copied := s.command(t.Context(), "pg_basebackup", "-D", filepath.Join(s.dir, "data"), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
		"-d", c.address(""))
	if out, err := copied.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	s.Start(t)
	for _, query := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		c.Ask(t, c.address(""), query)
	}
	for range 600 {
		if c.Ask(t, c.address(""), "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'") == "sync" {
			return s
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the standby does not follow\n%s", s.log.String())
	return nil
}

// Promote makes a standby a server that can be written to.
func (c *Cluster) Promote(t testing.TB) {
	t.Helper()
	if c.Ask(t, c.address(""), "SELECT pg_promote()::text") != "true" {
		t.Fatalf("the standby was not promoted\n%s", c.log.String())
	}
}

// Kill ends the server as a power cut would.
func (c *Cluster) Kill() {
	if pid, err := strconv.Atoi(c.postmaster()); err == nil {
		if server, err := os.FindProcess(pid); err == nil {
			_ = server.Kill() // those that it started see it, and end
		}
	}
	c.Stop()
}

// find finds PostgreSQL on the machine.
func (c *Cluster) find(t testing.TB) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("PostgreSQL is not installed (apt install postgresql)")
		}
		t.Skip("PostgreSQL is not installed (apt install postgresql)")
	}
	path, err := filepath.EvalSymlinks(found[len(found)-1]) // the others lie beside what it leads to
	if err != nil {
		t.Fatal(err)
	}
	c.bin = filepath.Dir(path)
}

// place makes the folder of a cluster, which is removed with the test when its
// server has ended.
func (c *Cluster) place(t testing.TB) {
	t.Helper()
	var err error
	if c.dir, err = os.MkdirTemp("", "wireroom-postgres-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(c.dir) })
	t.Cleanup(c.Stop)
	if os.Getuid() == 0 {
		c.becomePostgres(t) // which refuses to run as root
	}
}

func (c *Cluster) becomePostgres(t testing.TB) {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	c.as = another(uid, gid)
	if err := os.Chown(c.dir, uid, gid); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = c.as
	return cmd
}

// Start starts the server, again after Stop, and waits until it answers.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	// The shell holds the server's life: it reads until the pipe is closed,
	// which the system does when this process ends in any way.
	const script = `"$0" "$@" & read -r _; kill -INT $!; wait`
	args := []string{"-c", script, filepath.Join(c.bin, "postgres"), "-D", filepath.Join(c.dir, "data"), "-k", c.dir}
	listen := ""
	if c.port != 0 {
		args = append(args, "-p", strconv.Itoa(c.port))
		listen = "127.0.0.1"
	}
	for _, setting := range append([]string{"listen_addresses=" + listen, "fsync=off", "autovacuum=off", "shared_buffers=64MB", "max_connections=100"}, c.settings...) {
		args = append(args, "-c", setting)
	}
	server := exec.Command("/bin/sh", args...)
	server.Dir = c.dir
	server.SysProcAttr = c.as
	server.Stdout, server.Stderr = &c.log, &c.log
	alive, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	c.server, c.alive = server, alive
	db, err := sql.Open("pgx", c.address(""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 300 {
		if err = db.Ping(); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.Stop()
	t.Fatalf("PostgreSQL does not start: %v\n%s", err, c.log.String())
}

// Stop ends the server and waits until it has.
func (c *Cluster) Stop() {
	if c.server != nil {
		_ = c.alive.Close()
		_ = c.server.Wait()
		c.server = nil
	}
}

// ProcessorTime returns what the server has used of the processor since it was
// started, with what its processes that have ended used.
func (c *Cluster) ProcessorTime() time.Duration {
	postmaster := c.postmaster()
	if postmaster == "" {
		return 0
	}
	children, _ := os.ReadFile(filepath.Join("/proc", postmaster, "task", postmaster, "children"))
	var ticks int64
	for _, pid := range append(strings.Fields(string(children)), postmaster) {
		text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := bytes.Cut(text, []byte(") "))
		fields := strings.Fields(string(rest)) // from the third on, see proc(5)
		n := 2
		if pid == postmaster {
			n = 4 // with its children that have ended
		}
		for i := range n {
			t, _ := strconv.ParseInt(fields[11+i], 10, 64)
			ticks += t
		}
	}
	return time.Duration(ticks) * time.Second / 100
}

// postmaster is the number of the server's first process; empty: it does not run.
func (c *Cluster) postmaster() string {
	text, _ := os.ReadFile(filepath.Join(c.dir, "data", "postmaster.pid"))
	pid, _, _ := strings.Cut(string(text), "\n")
	return pid
}

// DSN makes a new, empty schema and returns the address of the database by
// which its tables go there.
func (c *Cluster) DSN(t testing.TB) string {
	t.Helper()
	schema := fmt.Sprint("test", c.made.Add(1))
	db, err := sql.Open("pgx", c.address(""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	return c.address(schema)
}

// Last is the address that DSN returned last.
func (c *Cluster) Last() string { return c.address(fmt.Sprint("test", c.made.Load())) }

// Ask runs a query for one text in the database that an address of DSN leads to.
func (c *Cluster) Ask(t testing.TB, dsn, query string) string {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var text sql.NullString
	if err := db.QueryRow(query).Scan(&text); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return ""
	}
	return text.String
}

// Socket is where the server listens.
func (c *Cluster) Socket() string {
	return filepath.Join(c.dir, fmt.Sprint(".s.PGSQL.", cmp.Or(c.port, 5432)))
}

// Over is an address of DSN by way of another host and port.
func (c *Cluster) Over(dsn, host string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		panic(err) // it is one of ours
	}
	q := u.Query()
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = host, q.Encode()
	return u.String()
}

func (c *Cluster) address(schema string) string {
	q := url.Values{"host": {c.dir}, "port": {fmt.Sprint(cmp.Or(c.port, 5432))}, "user": {"wireroom"}, "sslmode": {"disable"}}
	if schema != "" {
		q.Set("search_path", schema)
	}
	return "postgres:///postgres?" + q.Encode()
}
