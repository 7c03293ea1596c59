package topic

import (
	"reflect"
	"regexp"
	"strings"
)

// complaints are the messages of the library of expressions that a user meets,
// and what they mean to somebody who writes no programs. $1 and so on are the
// groups of the pattern; a type among them is named in plain words.
var complaints = []struct {
	pattern *regexp.Regexp
	words   string
}{
	{regexp.MustCompile(`^unknown name now$`), "the time of day cannot be asked, for the same stories would not always be filed alike; the age of what is published is bounded by window"},
	{regexp.MustCompile(`^unknown name repeat$`), "repeat is not known here"},
	{regexp.MustCompile(`^unknown name (\S+)$`), "there is no field $1"},
	{regexp.MustCompile(`^type \S+ has no (?:field|method) (\S+)$`), "there is no field $1 here"},
	{regexp.MustCompile(`^expected bool, but got (.+)$`), "the expression gives $1, and must give true or false, as in len(text) > 400"},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`), "$1 cannot be put between $2 and $3"},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched type (.+)\)$`), "$1 cannot be put before $2"},
	{regexp.MustCompile(`^unexpected token EOF$`), ends},
	{regexp.MustCompile(`^unexpected token \w+\("(.*)"\)$`), "$1 cannot stand here"},
	{regexp.MustCompile(`^unexpected end of expression$`), ends},
	{regexp.MustCompile(`^literal not terminated$`), "a quote is opened and not closed"},
	{regexp.MustCompile(`^builtin (\w+) takes only array \(got (.+)\)$`), "$1 wants a list and is given $2"},
	{regexp.MustCompile(`^predicate should return boolean \(got (.+)\)$`), "the condition within gives $1, and must give true or false"},
	{regexp.MustCompile(`^non-bool expression \(type (.+)\) used as condition$`), "the condition gives $1, and must give true or false"},
	{regexp.MustCompile(`^invalid argument for (\w+) \(type (.+)\)$`), "$1 cannot take $2"},
	{regexp.MustCompile(`^cannot use (.+) as argument \(type (.+)\) to call (\w+)\s*$`), "$3 wants $2 and is given $1"},
	{regexp.MustCompile(`^(?:invalid number of arguments|not enough arguments to call (\w+)).*$`), "there are too few values in the brackets"},
	{regexp.MustCompile(`^too many arguments to call (\w+)$`), "there are too many values in the brackets of $1"},
	{regexp.MustCompile(`^(\S+) is not callable$`), "this is no function, and takes no brackets"},
	{regexp.MustCompile(`^.*expression exceeds maximum allowed nodes.*$`), "the expression is too long; divide it among several topics, or use match for words"},
}

// ends is what is wrong with an expression that is cut off.
const ends = "the expression ends where more must follow; if there is a # in it, put it in quotes, for YAML takes the rest as a comment"

// typeNames are the types of an expression in plain words.
var typeNames = map[string]string{
	"bool": "true or false", "string": "a text", "int": "a number", "float64": "a number", "time.Time": "a time",
	"time.Duration": "a length of time", "[]string": "a list of texts", "[]interface {}": "a list", "map[string]string": "texts by name",
	"array": "a list", "interface {}": "a value", "unknown": "a value", "nil": "nothing",
}

// plainly says in plain words what is wrong with an expression.
func plainly(message string) string {
	for _, c := range complaints {
		groups := c.pattern.FindStringSubmatch(message)
		if groups == nil {
			continue
		}
		words := c.words
		for i, group := range groups[1:] {
			if name := typeNames[group]; name != "" {
				group = name
			}
			words = strings.ReplaceAll(words, "$"+string(rune('1'+i)), group)
		}
		if strings.HasPrefix(words, "there is no field ") {
			words += fieldsLike(groups[1])
		}
		return words
	}
	return message
}

// fieldsLike says which field was probably meant, or else which there are.
func fieldsLike(name string) string {
	var fields []string
	best, most := "", 2
	for i := range reflect.TypeFor[Env]().NumField() {
		field := reflect.TypeFor[Env]().Field(i).Tag.Get("expr")
		fields = append(fields, field)
		if n := common(name, field); n > most {
			best, most = field, n
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	return "; the fields are " + strings.Join(fields, ", ")
}

// common counts the letters that two words have in common at their beginnings
// and at their ends.
func common(a, b string) int {
	least := min(len(a), len(b))
	n := 0
	for n < least && a[n] == b[n] {
		n++
	}
	for i := 1; n < least && a[len(a)-i] == b[len(b)-i]; i++ {
		n++
	}
	return n
}
