package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write docs/commands.md anew")

const commandsHead = `# Commands

<!-- Generated from the commands' own help:
     go test ./cmd/wireroom -run TestCommandsDoc -update -->

One program does everything. Each command explains itself: ` + "`wireroom help COMMAND`" + `.

| to | use |
|---|---|
| see it run with invented news | [demo](#wireroom-demo) |
| run it | [serve](#wireroom-serve), or [once](#wireroom-once) from cron for static files |
| watch it | [top](#wireroom-top) |
| write feeds.yaml | [add](#wireroom-add), [import](#wireroom-import), [export](#wireroom-export), [check](#wireroom-check) |
| change feeds.yaml without surprise | [plan](#wireroom-plan), [preview](#wireroom-preview) |
| ask why | [explain](#wireroom-explain), [inspect](#wireroom-inspect), [stories](#wireroom-stories) |
| put a story right | [split](#wireroom-split), [join](#wireroom-join) |
| keep what is stored, or take it to another store | [backup](#wireroom-backup), [restore](#wireroom-restore), [migrate](#wireroom-migrate) |

Commands that ask something of the store do so beside the wireroom that runs on
it. What a program is to read comes with ` + "`--json`" + ` on the standard output; the log and
errors go to the standard error.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | it could not be done; the last line says why |
| 64 | the command was used wrongly |
| 78 | something in the surroundings must be set right first: the configuration, the store, the address to listen on |
`

// TestCommandsDoc holds docs/commands.md against the help of the commands, and
// the help against what a stranger needs.
func TestCommandsDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString(commandsHead)
	for _, cmd := range commands(terminal{strings.NewReader(""), io.Discard, io.Discard}).Commands() {
		if cmd.Hidden || cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		document(&b, cmd)
		if cmd.Long == "" && cmd.Name() != "version" {
			t.Errorf("%s says nothing about itself but %q", cmd.Name(), cmd.Short)
		}
		if strings.Contains(cmd.Use, " ") && cmd.Example == "" {
			t.Errorf("%s takes arguments and gives no example", cmd.Name())
		}
		if !strings.Contains(commandsHead, "(#wireroom-"+cmd.Name()+")") && cmd.Name() != "version" && cmd.Name() != "healthcheck" {
			t.Errorf("%s is not in the table of docs/commands.md", cmd.Name())
		}
	}
	path := filepath.Join("..", "..", "docs", "commands.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Error("docs/commands.md is not what the commands say; run: go test ./cmd/wireroom -run TestCommandsDoc -update")
	}
}

// document writes a command's help as Markdown.
func document(b *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(b, "\n## wireroom %s\n\n%s.\n\n```\n%s\n```\n", cmd.Name(), cmd.Short, cmd.UseLine())
	if cmd.Long != "" {
		fmt.Fprintf(b, "\n%s\n", cmd.Long)
	}
	if cmd.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n"))
	}
	cmd.InitDefaultHelpFlag()
	if flags := cmd.NonInheritedFlags().FlagUsages(); strings.Count(flags, "\n") > 1 { // more than --help
		fmt.Fprintf(b, "\n```\n%s```\n", flags)
	}
}
