package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
)

// The exit codes, of sysexits.h where it has one.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 64 // the command was used wrongly
	exitConfig = 78 // something in the surroundings must be set right first
)

// A terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// errSilent ends a command that has already said what is wrong.
var errSilent = errors.New("")

// run is the program: it runs the command that args name, and returns its exit
// code when ctx is done or the command is.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := commands(terminal{in, out, errOut})
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	var coded exitError
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		say(errOut, errors.New("it was told to stop before it was done"))
		return exitFailed
	case errors.As(err, &coded):
		say(errOut, coded.error)
		return coded.code
	default:
		say(errOut, err)
		return exitFailed
	}
}

// say prints an error for a person: the problems of a configuration one a
// line, anything else in one line.
func say(w io.Writer, err error) {
	var problems config.Problems
	switch {
	case errors.Is(err, errSilent):
	case errors.As(err, &problems):
		fmt.Fprintln(w, problems.Error())
		fmt.Fprintf(w, "wireroom: %s; nothing was started or changed\n", count(len(problems), "problem"))
	default:
		fmt.Fprintf(w, "wireroom: %v\n", err)
	}
}

// An exitError ends the program with a code of its own.
type exitError struct {
	error
	code int
}

func (e exitError) Unwrap() error { return e.error }

// commands returns the tree of commands. Without one, wireroom serves.
func commands(term terminal) *cobra.Command {
	serve := serveCommand(term)
	root := &cobra.Command{
		Use:   "wireroom",
		Short: "Many wires in, each story once",
		Long: `Wireroom polls the feeds in feeds.yaml, recognises that one story has come
from several outlets, and republishes merged topic feeds for any feed reader.

Without a command it serves: the same as "wireroom serve".`,
		Args:          noCommand,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          serve.RunE,
	}
	root.Flags().AddFlagSet(serve.Flags())
	root.Version = versionLine() // for --version, which all others have
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(usageError)
	root.CompletionOptions.HiddenDefaultCmd = true // it is told of in docs/operating.md
	root.AddCommand(serve, checkCommand(term), onceCommand(term), inspectCommand(term),
		demoCommand(term), topCommand(term), explainCommand(term), previewCommand(term), planCommand(term),
		addCommand(term), importCommand(term), exportCommand(term),
		backupCommand(term), restoreCommand(term), migrateCommand(term), storiesCommand(term), splitCommand(term), joinCommand(term),
		healthcheckCommand(), versionCommand(term))
	for _, cmd := range append(root.Commands(), root) {
		cmd.Args = fitting(cmd.Args)
	}
	helping(root)
	completing(root)
	return root
}

// fitting is a check of arguments that says how a command is used.
func fitting(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if err != nil && cmd.HasParent() { // else it is no command
			err = fmt.Errorf("the arguments do not fit; it is used as: %s", cmd.UseLine())
		}
		return usageError(cmd, err)
	}
}

// helping makes the library's command help fail where there is no such command.
func helping(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, _ := root.Find([]string{"help"})
	help.Run, help.RunE = nil, func(_ *cobra.Command, args []string) error {
		cmd, rest, err := root.Find(args)
		if err != nil || cmd == root && len(rest) > 0 {
			return usageError(root, noCommand(root, args))
		}
		cmd.InitDefaultHelpFlag()
		return cmd.Help()
	}
}

// completing makes the library's command completion fail where it knows no shell
// of that name: what it prints is to be run.
func completing(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, _ := root.Find([]string{"completion"})
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(cmd *cobra.Command, args []string) error {
		err := errors.New("name a shell: bash, zsh, fish or powershell")
		if len(args) > 0 {
			err = fmt.Errorf("there is no completion for %q; %w", args[0], err)
		}
		return usageError(cmd, err)
	}
	for _, shell := range completion.Commands() {
		shell.Args = fitting(shell.Args)
	}
}

// noCommand refuses a word that is no command, with those that it may have
// been meant for.
func noCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	root.SuggestionsMinimumDistance = 2
	meant := ""
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		meant = " (did you mean " + strings.Join(near, " or ") + "?)"
	}
	return fmt.Errorf("there is no command %q%s", args[0], meant)
}

// usageError says that a command was used wrongly, unless err is nil.
func usageError(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return exitError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath()), exitUsage}
}

// A fetcher returns the list of feeds at an address.
type fetcher func(address string) ([]byte, error)

// load reads a configuration, with the environment that the program runs in,
// and checks it in every way that needs no network. list fetches the lists on
// the web that it includes; where it is nil they are left out. pipes keep what has
// come through them for the next time; nil: there is none. One that is at
// fault is returned too, to know which files it is made of.
func load(path string, list fetcher, pipes config.Pipes) (*config.Config, error) {
	cfg, err := config.LoadLists(path, os.LookupEnv, list, pipes)
	var problems config.Problems
	if err != nil && !errors.As(err, &problems) {
		return nil, exitError{unread(path, err), exitConfig}
	}
	if problems = append(problems, flaws(cfg, problems)...); len(problems) > 0 {
		return cfg, exitError{problems.Sorted(), exitConfig}
	}
	return cfg, nil
}

// unread is the error of a configuration that cannot be read.
func unread(path string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("there is no %s here: wireroom add ADDRESS makes one, --config names one elsewhere, and wireroom demo needs none", path)
	}
	return denied(path, "read", err)
}

// count says how many there are of a thing.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// printJSON prints a value as indented JSON.
func printJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// legible returns a text without what a terminal would obey: feeds and pages are
// written by strangers.
func legible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
