package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// syntaxFaults are the messages of the YAML parser that a user meets, by a
// part of their text, in the words of somebody who has never seen a grammar.
var syntaxFaults = []struct {
	part string
	fault
}{
	{"mapping values are not allowed", fault{"a colon stands where none may", "a text with a colon and a space in it must be in quotes; else look for a wrong indentation or a missing colon in this line and the one before"}},
	{"cannot start any token", fault{"a value begins with a character that means something else in YAML", "a value that begins with @, % or ` must be in quotes, such as \"@hourly\""}},
	{"comment without preceding whitespace", aRemark},
	{"did not find expected alphabetic", fault{"a value begins with a character that means something else in YAML", "a value that begins with * or & must be in quotes, such as \"*/10 * * * *\""}},
	{"unknown anchor", fault{"a value begins with * and refers to nothing", "a text that begins with * must be in quotes; else name the value that is meant by &, before this line"}},
	{"expected ',' or '}'", fault{"a brace { is not closed, or a comma is missing", "close it with }, and put commas between the keys; a text within that has a comma or a bracket in it must be in quotes"}},
	{"expected ',' or ']'", fault{"a bracket [ is not closed, or a comma is missing", "close it with ], and put commas between the values; a text within that has a comma or a bracket in it must be in quotes"}},
	{"unexpected end of stream", fault{"the file ends within quotes", "close them"}},
	{"did not find expected key", fault{"the indentation does not fit the lines before", "what belongs together begins in one column"}},
	{"expected '-' indicator", fault{"the indentation does not fit the lines before", "what belongs together begins in one column"}},
	{"could not find expected ':'", fault{"a key has no colon", "write KEY: VALUE, with a space behind the colon"}},
	{"incompatible YAML document", fault{"the line %YAML asks for a version that is not read here", "take that line out"}},
	{"exceeded max depth", fault{"brackets are nested deeper than any configuration needs", "write keys and values on lines of their own"}},
}

// aRemark is what is wrong where a text was taken for a remark.
var aRemark = fault{"a # begins a remark, up to the end of the line", "a text that begins with # must be in quotes, such as \"#climate\""}

// remarked fits a line within brackets in which a value is a remark, and with it the rest.
var remarked = regexp.MustCompile(`[\[{].*[\[{,:] *#[^ ]`)

// bareVariable fits a line within brackets in which a value is a variable: its brace
// ends what stands before.
var bareVariable = regexp.MustCompile(`[\[{].*[\[{,:] *\$\{`)

// behindQuote fits a line whose value begins with a quote and goes on after it.
var behindQuote = regexp.MustCompile(`(?:^|[:-] |[\[{,] *)('[^']*'|"[^"\\]*") *[^\s,:#\]}'"]`)

// syntax reports a file that is not YAML.
func (l *loader) syntax(name string, data []byte, err error) *yaml.Node {
	p := Problem{File: name, Message: "this is not YAML: " + err.Error()}
	var wrong *yaml.LoadError
	if errors.As(err, &wrong) {
		words := explainSyntax(wrong, data)
		p.Line, p.Column = wrong.Mark.Line, wrong.Mark.Column
		p.Message, p.Mend = "this is not YAML: "+words.message, words.mend
		if at := wrong.ContextMark; at.Line > 0 && at.Line < p.Line {
			p.Mend += fmt.Sprintf("; it is about what begins in line %d, column %d", at.Line, at.Column)
		}
	}
	l.problems = append(l.problems, p)
	return nil
}

// explainSyntax says what usually is the cause of a fault of syntax.
func explainSyntax(wrong *yaml.LoadError, data []byte) fault {
	lines := strings.Split(string(data), "\n")
	if n := wrong.Mark.Line; n > 0 && n <= len(lines) && strings.HasPrefix(strings.TrimLeft(lines[n-1], " "), "\t") {
		return fault{"the line is indented with a tab", "indent with spaces"}
	}
	if n := wrong.Mark.Line; n > 0 && n <= len(lines) && behindQuote.MatchString(lines[n-1]) {
		return fault{"there is more behind a closing quote", "put the whole value in quotes, of the other kind if it has quotes in it"}
	}
	if strings.Contains(wrong.Message, "did not find expected key") {
		switch before, at := around(lines, wrong.Mark.Line, wrong.Mark.Column); {
		case at == '}' || at == ']':
			return fault{fmt.Sprintf("%c closes what was not opened", at), "take it out, or put a text that has one in it in quotes"}
		case before == '"' || before == '\'':
			return fault{"there is more behind a closing quote", "look for a quote before it that is opened and not closed"}
		}
	}
	for n := wrong.ContextMark.Line; n > 0 && n <= min(wrong.Mark.Line, len(lines)); n++ {
		switch line := lines[n-1]; {
		case !strings.Contains(wrong.Message, "expected ','"):
		case remarked.MatchString(line):
			return aRemark
		case bareVariable.MatchString(line):
			return fault{"a variable stands without quotes within braces", "write \"${NAME}\", with the quotes"}
		}
	}
	for _, known := range syntaxFaults {
		if strings.Contains(wrong.Message, known.part) {
			return known.fault
		}
	}
	return fault{wrong.Message, "look at the indentation, the brackets and the quotes of this line and of the one before"}
}

// around returns the character at a place, and the one before it; 0: there is none.
func around(lines []string, line, column int) (before, at rune) {
	if line < 1 || line > len(lines) {
		return 0, 0
	}
	text := []rune(lines[line-1])
	if column > 1 && column-2 < len(text) {
		before = text[column-2]
	}
	if column > 0 && column-1 < len(text) {
		at = text[column-1]
	}
	return before, at
}
