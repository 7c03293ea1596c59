package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
)

// maxList is the longest list that import reads, in bytes.
const maxList = 32 << 20

func importCommand(term terminal) *cobra.Command {
	var file string
	var tags []string
	var dryRun, private bool
	cmd := &cobra.Command{
		Use:   "import FILE.opml|-",
		Short: "Write the feeds of an OPML list into feeds.yaml",
		Long: `Reads a list of feeds, as every feed reader exports it, and writes those that
feeds.yaml does not have yet into it. The folders of the list become tags, by
which topics choose: from: [tag:NAME]. Comments and order of the file stay as
they are. What is left out of the list is told, each with its line.

To follow a list that goes on changing, name it under include: instead.`,
		Example: `  wireroom import subscriptions.opml
  curl -s https://example.org/blogs.opml | wireroom import --tag blogs -`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := readAll(term, args[0], maxList)
			if err != nil {
				return err
			}
			list, problems := config.ReadOPML(args[0], data, private)
			if len(list.Entries) == 0 {
				if len(problems) > 0 {
					return problems
				}
				return fmt.Errorf("there are no feeds in %s", args[0])
			}
			for _, p := range problems {
				fmt.Fprintln(term.err, p.Error())
			}
			for i := range list.Entries {
				list.Entries[i].Tags = append(list.Entries[i].Tags, tags...)
			}
			n, err := addEntries(term, file, list.Entries, dryRun)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(term.out, "%s in the list: %d new, %d known already, %d left out\n",
				count(len(list.Entries)+len(problems), "feed"), n, len(list.Entries)-n, len(problems))
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "feeds.yaml", "the file to write to")
	cmd.Flags().StringSliceVar(&tags, "tag", nil, "further tag of every feed of the list; may be given more than once")
	cmd.Flags().BoolVar(&private, "allow-private", false, "also take feeds on loopback and private addresses, and allow them in the file")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show everything and write nothing")
	return cmd
}

// readAll reads a file, or the standard input for "-", of at most so many bytes.
func readAll(term terminal, name string, most int64) ([]byte, error) {
	in := term.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s is larger than %d MB", name, most>>20)
	}
	return data, err
}
