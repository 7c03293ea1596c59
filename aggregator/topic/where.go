package topic

import (
	"errors"
	"fmt"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Limits of an expression.
const (
	maxWhere = 4 << 10 // bytes
	maxNodes = 500     // of its syntax tree
)

// An Env is what an expression may speak of: one item, and the story that it
// belongs to.
type Env struct {
	Title      string    `expr:"title"`      // the headline
	Text       string    `expr:"text"`       // plain text of the body, at most its first 64 kB; len(text) counts characters
	URL        string    `expr:"url"`        // the canonical link
	Language   string    `expr:"language"`   // the primary subtag, such as en; empty where it is not known
	Authors    []string  `expr:"authors"`    // their names
	Categories []string  `expr:"categories"` // as the feed states them
	Published  time.Time `expr:"published"`  // when the outlet published it, as in published > date("2026-01-31")
	FirstSeen  time.Time `expr:"first_seen"` // when it was first polled
	Image      bool      `expr:"image"`      // whether it has a picture
	Enclosures int       `expr:"enclosures"` // audio, video and other files
	FullText   bool      `expr:"full_text"`  // whether its text was taken from its page

	Source   string            `expr:"source"`   // name of its source
	Family   string            `expr:"family"`   // its publisher
	Agency   string            `expr:"agency"`   // the wire that its text is from; empty: none
	Tags     []string          `expr:"tags"`     // of its source, as in "wire" in tags
	Labels   map[string]string `expr:"labels"`   // of its source, as in labels.country == "gb"
	Priority int               `expr:"priority"` // of its source

	Families  int      `expr:"families"`  // independent publishers that report the story
	Sources   []string `expr:"sources"`   // names of the sources that report the story
	Languages []string `expr:"languages"` // in which the story is reported
	Items     int      `expr:"items"`     // members of the story
	Copies    int      `expr:"copies"`    // those of them that are copies of another's text
}

// compileWhere compiles an expression and adds what its regular expressions
// may cost; limit is how many bytes they search. The error is a *flaw.
func compileWhere(where string, cost, limit *int) (*vm.Program, error) {
	if len(where) > maxWhere {
		return nil, &flaw{0, fmt.Sprintf("the expression is longer than %d bytes", maxWhere)}
	}
	patterns := &whereCheck{}
	// An expression that asks the clock would not give the same filings from
	// the same log.
	program, err := expr.Compile(where, expr.Env(Env{}), expr.AsBool(), expr.WarnOnAny(), expr.MaxNodes(maxNodes),
		expr.DisableBuiltin("now"), expr.DisableBuiltin("repeat"), expr.Patch(patterns),
		expr.Function(searched, func(of ...any) (any, error) { s, _ := of[0].(string); return head(s, *limit), nil }, new(func(string) string)))
	if patterns.wrong != nil {
		return nil, patterns.wrong
	}
	if err != nil {
		f := &flaw{0, plainly(err.Error())}
		var wrong *file.Error
		if errors.As(err, &wrong) {
			f = &flaw{wrong.From, plainly(wrong.Message)}
		}
		return nil, f
	}
	*cost += patterns.cost
	return program, nil
}

// A whereCheck refuses what may cost an item too much: regular expressions must
// be written out, since what a feed says must not become one; a list is looked
// through once, and not again for each of its members. It refuses dates that are
// none, too.
type whereCheck struct {
	cost  int // instructions of regular expressions
	wrong *flaw
}

// maxRange is how many numbers a range may have.
const maxRange = 1000

// Visit is called by expr for each node.
func (p *whereCheck) Visit(node *ast.Node) {
	if p.wrong != nil {
		return
	}
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		within := func(node ast.Node) bool { _, ok := node.(*ast.PredicateNode); return ok }
		if inner := ast.Find(n.Node, within); inner != nil {
			p.wrong = &flaw{inner.Location().From, "a list cannot be looked through again within another: it may cost an item too much"}
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "matches":
			p.pattern(n)
		case "..":
			from, _ := n.Left.(*ast.IntegerNode)
			to, _ := n.Right.(*ast.IntegerNode)
			if from == nil || to == nil || to.Value-from.Value >= maxRange {
				p.wrong = &flaw{n.Location().From, fmt.Sprintf("a range is of two numbers that are written out, and of at most %d", maxRange)}
			}
		}
	case *ast.BuiltinNode:
		p.instant(n)
	}
}

// instants say how what is given to these functions is written.
var instants = map[string]string{
	"date":     `this is no date: write it as in date("2026-01-31")`,
	"duration": `this is no length of time: write it in h, m and s, as in duration("48h") for two days`,
}

// instant checks a date or a length of time that is written out: the expression
// would never be true, and never say so.
func (p *whereCheck) instant(n *ast.BuiltinNode) {
	problem, ok := instants[n.Name]
	for _, argument := range n.Arguments {
		_, text := argument.(*ast.StringNode)
		ok = ok && text
	}
	if !ok || len(n.Arguments) == 0 { // what only an item tells, or nothing at all
		return
	}
	if _, err := expr.Eval(n.String(), nil); err != nil {
		p.wrong = &flaw{n.Arguments[0].Location().From, problem}
	}
}

// pattern checks the regular expression of a "matches".
func (p *whereCheck) pattern(n *ast.BinaryNode) {
	at := n.Right.Location().From
	pattern, ok := n.Right.(*ast.StringNode)
	if !ok {
		p.wrong = &flaw{at, "the right side of matches must be a regular expression in quotes"}
		return
	}
	cost, err := instructions(pattern.Value)
	var f *flaw
	if errors.As(err, &f) {
		p.wrong = &flaw{at + 1 + f.offset, f.problem}
	}
	p.cost += cost
	if t := n.Left.Type(); t != nil && (t.Kind() == reflect.String || t.Kind() == reflect.Interface) { // else it is told of
		ast.Patch(&n.Left, &ast.CallNode{Callee: &ast.IdentifierNode{Value: searched}, Arguments: []ast.Node{n.Left}})
	}
}

// searched is what cuts a text to what regular expressions may search of it. No
// expression that is written can name it.
const searched = " searched"

// env returns what an expression is told of a member of a story, of which
// these members come into question.
func env(m *news.Member, members []*news.Member) Env {
	it := &m.Record.Item
	e := Env{
		Title: it.Title, Text: head(it.Text, maxSubject), URL: it.Canonical, Language: language(m),
		Categories: it.Categories, Published: it.Published, FirstSeen: it.FirstSeen,
		Image: it.Image != nil, Enclosures: len(it.Enclosures), FullText: it.FullText,
		Source: it.Source, Family: m.Decision.Family, Agency: m.Decision.Agency,
		Tags: m.Outlet.Tags, Labels: m.Outlet.Labels, Priority: m.Outlet.Priority,
		Families: families(members), Items: len(members),
	}
	for _, a := range it.Authors {
		e.Authors = append(e.Authors, a.Name)
	}
	for _, m := range members {
		if kind := m.Decision.Kind; kind == news.KindCopy || kind == news.KindSame {
			e.Copies++
		}
		e.Sources = appendNew(e.Sources, m.Record.Item.Source)
		if language := language(m); language != "" {
			e.Languages = appendNew(e.Languages, language)
		}
	}
	return e
}

// fails says why the topic's expression does not hold: it is false, or cannot
// be worked out; empty: it is true.
func (r *rule) fails(e Env) string {
	result, err := expr.Run(r.where, e)
	if err != nil {
		problem := err.Error()
		var wrong *file.Error
		if errors.As(err, &wrong) {
			problem = wrong.Message
		}
		return "where: " + short(problem)
	}
	if result != true {
		return fmt.Sprintf("where: %s is false", short(r.topic.Where))
	}
	return ""
}

// short returns a text to be shown within a sentence.
func short(s string) string {
	const limit = 120
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + "…"
}
