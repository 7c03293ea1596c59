package topic

import "fmt"

// An Error is one thing that is wrong with a topic's rule.
type Error struct {
	Topic   string // name of the topic
	Clause  string // such as "match.any[2]" or "where", as in feeds.yaml
	Text    string // of the clause
	Offset  int    // where in Text, in characters from 0
	Problem string // what is wrong and what would be right
}

// Error says what is wrong, and where.
func (e *Error) Error() string {
	return fmt.Sprintf("topic %s: %s: character %d of %q: %s", e.Topic, e.Clause, e.Offset+1, e.Text, e.Problem)
}

// A flaw is an Error whose topic and clause are not yet known.
type flaw struct {
	offset  int // in characters
	problem string
}

func (f *flaw) Error() string { return f.problem }
