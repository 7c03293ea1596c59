package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wireroom/wireroom/internal/built"
)

// The manual page around the commands, in mdoc(7). Its date is that of the last
// change to these lines.
const (
	manualHead = `.\" Generated from the commands' own help:
.\" go test ./cmd/wireroom -run TestCommandsDoc -update
.Dd November 29, 2026
.Dt WIREROOM 1
.Os
.Sh NAME
.Nm wireroom
.Nd many wires in, each story once
.Sh SYNOPSIS
.Nm
.Op Ar command
.Op Ar flags
.Op Ar arguments
.Sh DESCRIPTION
`
	manualTail = `.Sh FILES
.Bl -tag -width Ds
.It Pa feeds.yaml
What is polled, and what is published of it.
.It Pa data/wireroom.db
The store, unless
.Pa feeds.yaml
names another.
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
Done.
.It 1
It could not be done; the last line says why.
.It 64
The command was used wrongly.
.It 78
Something in the surroundings must be set right first: the configuration, the
store, the address to listen on.
.El
`
)

// roff writes a text as lines of mdoc: nothing in it is a request.
func roff(text string) string {
	text = strings.ReplaceAll(text, `\`, `\e`)
	return regexp.MustCompile(`(?m)^([.'])`).ReplaceAllString(text, `\&$1`)
}

// sentences begins each sentence on a line of its own, as mdoc wants it.
func sentences(text string) string {
	return regexp.MustCompile(`([.!?]\)?) +`).ReplaceAllString(text, "$1\n")
}

// prose writes a help text: its paragraphs, and what is indented as it stands.
func prose(b *strings.Builder, text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		switch {
		case strings.HasPrefix(paragraph, "  "):
			fmt.Fprintf(b, ".Bd -literal -offset indent\n%s\n.Ed\n", roff(strings.ReplaceAll(paragraph[2:], "\n  ", "\n")))
			continue
		case i > 0:
			b.WriteString(".Pp\n")
		}
		b.WriteString(roff(sentences(strings.ReplaceAll(paragraph, "\n", " "))) + "\n")
	}
}

// manual writes the manual page of all commands.
func manual(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(manualHead)
	prose(&b, root.Long)
	b.WriteString(".Sh COMMANDS\n")
	for _, cmd := range root.Commands() {
		if cmd.Hidden || cmd.Name() == "help" {
			continue
		}
		fmt.Fprintf(&b, ".Ss %s\n%s.\n", roff(strings.TrimSuffix(cmd.UseLine(), " [flags]")), roff(cmd.Short))
		if cmd.Long != "" {
			b.WriteString(".Pp\n")
			prose(&b, cmd.Long)
		}
		if cmd.HasLocalFlags() {
			b.WriteString(".Bl -tag -width Ds\n")
			cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
				value, usage := pflag.UnquoteUsage(f)
				if value != "" {
					value = " Ar " + value
				}
				if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" {
					usage += " (" + f.DefValue + ")"
				}
				fmt.Fprintf(&b, ".It Fl Fl %s%s\n%s\n", f.Name, value, roff(sentences(usage)))
			})
			b.WriteString(".El\n")
		}
		if cmd.Example != "" {
			fmt.Fprintf(&b, ".Bd -literal -offset indent\n%s\n.Ed\n", roff(strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n")))
		}
	}
	b.WriteString(manualTail)
	return b.String()
}

// TestCommandsDocManual holds docs/wireroom.1 against the help of the commands, and has
// mandoc judge it.
func TestCommandsDocManual(t *testing.T) {
	page := manual(commands(terminal{strings.NewReader(""), io.Discard, io.Discard}))
	path := filepath.Join(root, "docs", "wireroom.1")
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, "docs", "wireroom.1") != page {
		t.Error("docs/wireroom.1 is not what the commands say; run: go test ./cmd/wireroom -run TestCommandsDoc -update")
	}
	if out, err := exec.Command(installed(t, "mandoc"), "-Tlint", "-Wwarning", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("mandoc: %v\n%s", err, out)
	}
}

// TestCompletions completes on the command line what the shells ask for, and
// has each shell that is there read its script.
func TestCompletions(t *testing.T) {
	bin := built.Program(t)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		script, err := exec.Command(bin, "completion", shell).Output()
		if err != nil || len(script) < 500 {
			t.Errorf("%s: %v, %d bytes", shell, err, len(script))
		}
		if path, err := exec.LookPath(shell); err == nil {
			file := filepath.Join(t.TempDir(), "completion")
			write(t, file, string(script))
			if out, err := exec.Command(path, "-n", file).CombinedOutput(); err != nil {
				t.Errorf("%s does not take its script: %v\n%s", shell, err, out)
			}
		}
	}
	for line, want := range map[string]string{"pre": "preview", "top --on": "--once", "completion f": "fish"} {
		out, err := exec.Command(bin, append([]string{"__complete"}, strings.Fields(line)...)...).Output()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%q is not completed to %s: %v\n%s", line, want, err, out)
		}
	}
}

// TestService has systemd judge the unit, with the built program in the place
// of the installed one.
func TestService(t *testing.T) {
	analyze := installed(t, "systemd-analyze")
	unit := filepath.Join(t.TempDir(), "wireroom.service")
	write(t, unit, strings.ReplaceAll(read(t, "deploy", "systemd", "wireroom.service"), "/usr/local/bin/wireroom", built.Program(t)))
	for _, args := range [][]string{
		{"verify", "--man=no", unit},
		{"security", "--offline=yes", "--threshold=15", unit}, // an exposure of 1.5 in 10 is the most
	} {
		if out, err := exec.Command(analyze, args...).CombinedOutput(); err != nil {
			t.Errorf("systemd-analyze %s: %v\n%s", args[0], err, built.Tail(string(out), 20))
		}
	}
}
