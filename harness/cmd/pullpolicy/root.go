package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// rootCommand has one subcommand for each verb; a verb is a file.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "pullpolicy",
		Short: "Check the image pull policies of Kubernetes manifests",
		Long: `pullpolicy reads Kubernetes manifests and says which of their image pull
policies are mistakes, on which line, and what to write instead. It knows which
policy the API server stores by default, and what the kubelet then does.

Exit codes: 0 clean, 1 violations, 2 something could not be done.`,
		Example: `  pullpolicy check deploy/
  helm template ./chart | pullpolicy check -
  pullpolicy explain pod.yaml`,
		Args:                       known,
		RunE:                       noCommand,
		PersistentPreRunE:          nothingEmpty,
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(
		checkCommand(),
		explainCommand(),
		rulesCommand(),
		testCommand(),
		bundleCommand(),
		generateCommand(),
		versionCommand(),
	)
	return root
}

// nothingEmpty rejects a flag or an argument that is given and empty, as an unset variable of a script is: taken for one
// that is not given, it would switch off what it asks for.
func nothingEmpty(cmd *cobra.Command, args []string) (err error) {
	if cmd.DisableFlagParsing {
		return nil // cobra's own command for completions, which asks about the empty word
	}
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		values := []string{flag.Value.String()}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		if slices.Contains(values, "") && err == nil {
			err = fmt.Errorf("--%s is empty; give it a value or leave it out", flag.Name)
		}
	})
	if i := slices.Index(args, ""); i >= 0 && err == nil {
		err = fmt.Errorf("argument %d is empty; see %s --help", i+1, cmd.CommandPath())
	}
	return err
}

// noCommand rejects a command line that says nothing to do.
func noCommand(cmd *cobra.Command, _ []string) error {
	return fmt.Errorf("no command given; see %s --help", cmd.CommandPath())
}

// known rejects what is not a command.
func known(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if close := cmd.SuggestionsFor(args[0]); len(close) > 0 {
		return fmt.Errorf("no command %q; is it %s?", args[0], strings.Join(close, " or "))
	}
	return fmt.Errorf("no command %q; see %s --help", args[0], cmd.CommandPath())
}
