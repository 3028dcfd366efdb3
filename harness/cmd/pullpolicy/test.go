package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

func testCommand() *cobra.Command {
	var policies policies
	cmd := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Run fixtures: manifests that say on their lines what must be found",
		Long: `test judges each manifest below DIR (fixtures, where none is given) and compares
what is found with what the manifest wants, in comments on its lines:

  image: nginx:latest # want tag-mutable

A finding that is missing fails, and so does one that nobody wants.`,
		Example: `  pullpolicy test
  pullpolicy test --policies my/policies my/fixtures`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder := "fixtures"
			if len(args) == 1 {
				folder = args[0]
			}
			cases, err := fixture.Load(os.DirFS(folder), ".")
			if err != nil {
				return fmt.Errorf("%s: %w", folder, err)
			}
			if len(cases) == 0 {
				return fmt.Errorf("%s: no fixture in it", folder)
			}
			engine, err := policies.engine(cmd.Context())
			if err != nil {
				return err
			}
			return runCases(cmd, cases, fixture.Engine(engine))
		},
	}
	policies.flags(cmd)
	return cmd
}

func runCases(cmd *cobra.Command, cases []*fixture.Case, judge fixture.Judge) error {
	out := cmd.OutOrStdout()
	failed := 0
	for _, c := range cases {
		missing, unexpected, err := c.Run(cmd.Context(), judge)
		if err != nil {
			return err
		}
		if len(missing)+len(unexpected) > 0 {
			failed++
		}
		for _, finding := range missing {
			fmt.Fprintf(out, "%s:%d: wanted and not found: %s\n", c.File, finding.Line, finding.Rule)
		}
		for _, finding := range unexpected {
			fmt.Fprintf(out, "%s:%d: found and not wanted: %s\n", c.File, finding.Line, finding.Rule)
		}
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", len(cases)-failed, failed)
	if failed > 0 {
		return exitFound
	}
	return nil
}
