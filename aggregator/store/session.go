package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A runner runs statements: a pool, a connection or a transaction.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// A session is a runner that knows its engine's spelling. The helpers below are
// all that the rest of the package uses.
type session struct {
	on    runner
	words *spelling
}

// exec runs a statement that returns no rows and says how many it changed.
func (s session) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := s.on.ExecContext(ctx, s.words.of(query), args...)
	if err != nil {
		return 0, s.words.meaning(err)
	}
	return res.RowsAffected()
}

// each runs a query and calls scan for every row.
func (s session) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := s.on.QueryContext(ctx, s.words.of(query), args...)
	if err != nil {
		return s.words.meaning(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return scanned(err)
		}
	}
	if err := rows.Err(); err != nil {
		return s.words.meaning(err)
	}
	return nil
}

// scanned says that a value which is not of its column's type is damage.
func scanned(err error) error {
	if strings.HasPrefix(err.Error(), "sql: Scan error") {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// one runs a query for at most one row and says whether there was one.
func (s session) one(ctx context.Context, query string, args []any, dest ...any) (found bool, err error) {
	err = s.each(ctx, query, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(dest...)
	})
	return found, err
}

// A spelling turns the package's statements into an engine's, and the engine's
// errors into the package's.
type spelling struct {
	replace *strings.Replacer
	meaning func(error) error
	arrays  bool     // a list is one parameter, and so is a column of rows
	done    sync.Map // of string to string
	lists   sync.Map // of listed to string
}

func (p *spelling) of(query string) string {
	if s, ok := p.done.Load(query); ok {
		return s.(string)
	}
	s := p.replace.Replace(query)
	p.done.Store(query, s)
	return s
}

// A listed statement has its LIST, or its ROWS, written out.
type listed struct {
	query string
	size  int
}

// list writes out the LIST of a query as size parameters counted from first.
func (p *spelling) list(query string, first, size int) string {
	if s, ok := p.lists.Load(listed{query, size}); ok {
		return s.(string)
	}
	s := strings.Replace(query, "LIST", params(first, size), 1)
	p.lists.Store(listed{query, size}, s)
	return s
}

// A preparer is where statements are prepared: a connection or a pool.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// A prepared runner prepares every statement once and keeps it.
type prepared struct {
	on    preparer
	mu    sync.Mutex
	stmts map[string]*sql.Stmt
}

func newPrepared(on preparer) *prepared {
	return &prepared{on: on, stmts: map[string]*sql.Stmt{}}
}

func (p *prepared) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.stmts[query]; s != nil {
		return s, nil
	}
	s, err := p.on.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.stmts[query] = s
	return s, nil
}

// close gives the statements back. Those of a connection are not closed with
// it, and SQLite keeps a file open as long as one of its statements is.
func (p *prepared) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, s := range p.stmts {
		errs = append(errs, s.Close())
	}
	clear(p.stmts)
	return errors.Join(errs...)
}

func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// listSizes are the lengths to which lists of parameters are filled up, so that
// a handful of prepared statements serves lists of every length.
var listSizes = []int{1, 4, 16, 64, 256}

// eachIn runs a query once for every chunk of keys. The query has the list as
// LIST, after its other parameters. A list is filled up with its last key.
func eachIn[K any](ctx context.Context, s session, query string, args []any, keys []K, scan func(*sql.Rows) error) error {
	if s.words.arrays {
		query = s.words.array(query, len(args)+1)
		for chunk := range slices.Chunk(keys, arrayAtOnce) {
			if err := s.each(ctx, query, append(slices.Clone(args), chunk), scan); err != nil {
				return err
			}
		}
		return nil
	}
	for len(keys) > 0 {
		size := listSizes[len(listSizes)-1]
		for _, n := range listSizes {
			if n >= len(keys) {
				size = n
				break
			}
		}
		n := min(size, len(keys))
		all := append(make([]any, 0, len(args)+size), args...)
		for i := range size {
			all = append(all, keys[min(i, n-1)])
		}
		if err := s.each(ctx, s.words.list(query, len(args)+1, size), all, scan); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

// arrayAtOnce bounds a list that is one parameter.
const arrayAtOnce = 10_000

// array writes out the LIST of a query as one parameter, the n-th.
func (p *spelling) array(query string, n int) string {
	if s, ok := p.lists.Load(listed{query, 0}); ok {
		return s.(string)
	}
	s := strings.Replace(query, "IN LIST", fmt.Sprintf("= ANY(?%d)", n), 1)
	p.lists.Store(listed{query, 0}, s)
	return s
}

// rowsAtOnce and arraysAtOnce bound the rows of one INSERT, of which each column may
// be a parameter, or each value.
const (
	rowsAtOnce   = 16
	arraysAtOnce = 512
)

// insert runs an INSERT for rows of equal width. The query has the rows as
// ROWS.
func insert(ctx context.Context, s session, query string, rows [][]any) error {
	return insertAll(ctx, s, rowsFor{query, rows})
}

// RowsFor are rows of equal width, and the INSERT for them.
type rowsFor struct {
	query string
	rows  [][]any
}

// insertAll is insert into some tables, one after another.
func insertAll(ctx context.Context, s session, all ...rowsFor) error {
	line, piped := s.on.(pipeline)
	var waiting []statement
	atOnce := rowsAtOnce
	if s.words.arrays {
		atOnce = arraysAtOnce
	}
	for _, in := range all {
		for rows := range slices.Chunk(in.rows, atOnce) {
			query, args, err := s.words.rows(in.query, rows)
			if err != nil {
				return err
			}
			if !piped {
				if _, err := s.exec(ctx, query, args...); err != nil {
					return err
				}
				continue
			}
			if waiting = append(waiting, statement{s.words.of(query), args}); len(waiting) == pipedAtOnce {
				if err := line.execAll(ctx, waiting); err != nil {
					return s.words.meaning(err)
				}
				waiting = nil
			}
		}
	}
	if len(waiting) > 0 {
		return s.words.meaning(line.execAll(ctx, waiting))
	}
	return nil
}

// A pipeline is a runner that sends many statements to a server at once, which may
// be far away, and what is locked meanwhile is locked for long.
type pipeline interface {
	execAll(ctx context.Context, statements []statement) error
}

// A statement returns no rows. It is spelt as its engine wants it.
type statement struct {
	query string
	args  []any
}

// pipedAtOnce bounds the statements that are sent at once.
const pipedAtOnce = 64

// rows writes out the ROWS of a query, and returns its parameters.
func (p *spelling) rows(query string, rows [][]any) (string, []any, error) {
	width := len(rows[0])
	if p.arrays {
		return unnested(query, rows, width)
	}
	args := slices.Concat(rows...)
	if s, ok := p.lists.Load(listed{query, len(rows)}); ok {
		return s.(string), args, nil
	}
	values := make([]string, len(rows))
	for i := range values {
		values[i] = params(1+i*width, width)
	}
	s := strings.Replace(query, "ROWS", strings.Join(values, ","), 1)
	p.lists.Store(listed{query, len(rows)}, s)
	return s, args, nil
}

// unnested writes out the ROWS of a query as one array for each column: whatever the
// number of rows, the server has one statement to prepare, and few parameters to read.
func unnested(query string, rows [][]any, width int) (string, []any, error) {
	args, types := make([]any, width), make([]string, width)
	ahead := 0
	for k := width - 1; k >= 0; k-- {
		name := "bytea"
		switch rows[0][k].(type) {
		case int64:
			name = "bigint"
		case string:
			name = "text"
		}
		size, ok := sizeOf(rows, k)
		if !ok {
			return "", nil, fmt.Errorf("%w: column %d of %q has values of several types", ErrDamaged, k+1, query)
		}
		ahead += size
		args[k], types[k] = column{rows, k, ahead}, fmt.Sprintf("?%d::%s[]", k+1, name)
	}
	return strings.Replace(query, "VALUES ROWS", "SELECT * FROM unnest("+strings.Join(types, ", ")+")", 1), args, nil
}

// params returns n parameters in brackets, counted from first, as SQLite alone reads
// them: only that one bears its number, from which the others are counted. It keeps those
// that bear one in a list, which is gone through for each parameter of a statement.
func params(first, n int) string {
	return fmt.Sprintf("(?%d%s)", first, strings.Repeat(",?", n-1))
}
