package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to make schemas
)

// A Cluster is a PostgreSQL of the tests' own, in a temporary folder, reached by
// a socket in it. It ends with the test, or with the process if that is killed.
type Cluster struct {
	dir  string
	cred *syscall.Credential // of the user that it runs as; nil: of this process
	bin  string

	server *exec.Cmd
	alive  io.Closer // the server ends when this is closed
	log    bytes.Buffer
	made   atomic.Int64
}

// Postgres starts a cluster. Without PostgreSQL on the machine the test is
// skipped, but fails where CI is set.
func Postgres(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{}
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
	c.bin = filepath.Dir(found[len(found)-1])
	var err error
	if c.dir, err = os.MkdirTemp("", "wireroom-postgres-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(c.dir) })
	if os.Getuid() == 0 {
		c.becomePostgres(t) // which refuses to run as root
	}
	initdb := c.command(t.Context(), "initdb", "-D", filepath.Join(c.dir, "data"), "-U", "wireroom", "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-sync", "--no-instructions")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	c.Start(t)
	t.Cleanup(c.Stop)
	return c
}

func (c *Cluster) becomePostgres(t testing.TB) {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	c.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(c.dir, uid, gid); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred}
	return cmd
}

// Start starts the server, again after Stop, and waits until it answers.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	// The shell holds the server's life: it reads until the pipe is closed,
	// which the system does when this process ends in any way.
	const script = `"$0" "$@" & read -r _; kill -INT $!; wait`
	server := exec.Command("/bin/sh", "-c", script, filepath.Join(c.bin, "postgres"), "-D", filepath.Join(c.dir, "data"), "-k", c.dir,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "autovacuum=off", "-c", "shared_buffers=64MB", "-c", "max_connections=100")
	server.Dir = c.dir
	server.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred}
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

func (c *Cluster) address(schema string) string {
	q := url.Values{"host": {c.dir}, "user": {"wireroom"}, "sslmode": {"disable"}}
	if schema != "" {
		q.Set("search_path", schema)
	}
	return "postgres:///postgres?" + q.Encode()
}
