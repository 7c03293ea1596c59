package topic

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/expr-lang/expr/vm"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Rules are the compiled rules of all topics. They are safe for concurrent use.
type Rules struct {
	rules   []*rule // by name
	lexicon *lexicon

	begins   map[int][]int // number of a term → rules that are not fulfilled without such a term
	negative []int         // rules whose match has none only

	mu    sync.Mutex
	known map[int64]*matched // by Seq of the record: what its words gave
}

// maxKnown is how many records the words of which are remembered: a story is
// filed again whenever a member joins it.
const maxKnown = 1 << 14

// A rule is one topic, compiled.
type rule struct {
	topic    news.Topic
	number   int
	from     map[string]bool // nil: all
	language map[string]bool // nil: all
	all      []clause
	any      []clause
	none     []clause
	where    *vm.Program // nil: true
}

// A clause is a term as a topic uses it.
type clause struct {
	term   int // number in the lexicon
	fields field
	source string // as written
}

// Compile compiles the rules of topics. The error joins one *Error for each
// thing that is wrong.
func Compile(topics []news.Topic) (*Rules, error) {
	r := &Rules{lexicon: newLexicon(), begins: map[int][]int{}, known: map[int64]*matched{}}
	var wrong []error
	cost := 0
	for _, t := range topics {
		c := &compiler{rule: &rule{topic: t}, lexicon: r.lexicon}
		c.compile()
		cost += c.cost
		if r.lexicon.limit = subjectLimit(cost); r.lexicon.limit == 0 && c.cost > 0 {
			c.wrong = append(c.wrong, &Error{t.Name, "match", t.Name, 0,
				"the regular expressions of all topics together would cost an item too much; use words where they do"})
		}
		wrong = append(wrong, c.wrong...)
		r.rules = append(r.rules, c.rule)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	slices.SortStableFunc(r.rules, func(a, b *rule) int { return cmp.Compare(a.topic.Name, b.topic.Name) })
	for i, rule := range r.rules {
		rule.number = i
		asked := rule.any
		if len(rule.all) > 0 {
			asked = rule.all[:1]
		}
		for _, c := range asked {
			r.begins[c.term] = append(r.begins[c.term], i)
		}
		if rule.matches() && len(asked) == 0 {
			r.negative = append(r.negative, i)
		}
	}
	return r, nil
}

// A compiler compiles one topic.
type compiler struct {
	*rule
	lexicon *lexicon
	cost    int // instructions of regular expressions
	wrong   []error
}

func (c *compiler) compile() {
	t := &c.rule.topic
	c.from, c.rule.language = set(t.From), set(t.Language)
	if c.rule.language["no"] { // Norwegian, which either of its two ways of writing is
		c.rule.language["nb"], c.rule.language["nn"] = true, true
	}
	c.all = c.clauses("all", t.Match.All)
	c.any = c.clauses("any", t.Match.Any)
	c.none = c.clauses("none", t.Match.None)
	for i, no := range c.none {
		for _, yes := range c.all {
			if no.term == yes.term && no.fields&yes.fields == yes.fields {
				c.fail(fmt.Sprintf("match.none[%d]", i), no.source, &flaw{0, "it is asked for in match.all too: nothing can fulfil both"})
			}
		}
	}
	if t.Where == "" {
		return
	}
	var err error
	if c.where, err = compileWhere(t.Where, &c.cost, &c.lexicon.limit); err != nil {
		c.fail("where", t.Where, err)
	}
}

// clauses compiles one list of a match.
func (c *compiler) clauses(list string, terms []string) []clause {
	var clauses []clause
	for i, source := range terms {
		t, err := parseTerm(source)
		if err != nil {
			c.fail(fmt.Sprintf("match.%s[%d]", list, i), source, err)
			continue
		}
		if t.pattern != "" {
			n, _ := instructions(t.pattern) // parseTerm has seen that it compiles
			c.cost += n
		}
		clauses = append(clauses, clause{c.lexicon.add(t), t.fields, source})
	}
	return clauses
}

func (c *compiler) fail(clause, text string, err error) {
	var f *flaw
	if !errors.As(err, &f) {
		f = &flaw{0, err.Error()}
	}
	c.wrong = append(c.wrong, &Error{c.rule.topic.Name, clause, text, f.offset, f.problem})
}

// set returns the names as a set; nil if there are none.
func set(names []string) map[string]bool {
	if names == nil {
		return nil
	}
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}
