package main

import (
	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

func checkCommand() *cobra.Command {
	var flags judging
	failOn := choice{value: harness.SeverityError, values: []string{harness.SeverityError, harness.SeverityWarning}}
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Check manifests",
		Long: `check checks the manifests at each PATH: a file, a folder (all *.yaml, *.yml and
*.json files in it, recursively), a pipe such as <(helm template .), or - for
standard input. It names on standard error what it cannot check, and checks the
rest. A stream without a manifest is an error, and so are PATHs without any,
unless --allow-empty is given. It reads at most 64 MiB from each PATH.`,
		Example: `  pullpolicy check deploy/
  pullpolicy check --profile strict --fail-on warning deploy/web.yaml
  helm template ./chart | pullpolicy check --parameters parameters.yaml -o json -`,
		Args: somePaths,
		RunE: func(cmd *cobra.Command, paths []string) error {
			var checked *report.Report
			err := flags.judge(cmd, func(run *report.Run) (err error) {
				checked, err = run.Check(cmd.Context(), paths)
				return err
			})
			if err != nil {
				return err
			}
			if err := report.WriteProblems(cmd.ErrOrStderr(), checked.Errors); err != nil {
				return err
			}
			if err := flags.write(cmd, checked); err != nil {
				return err
			}
			return exitOf(checked.Summary, failOn.value)
		},
	}
	flags.flags(cmd)
	failOn.flag(cmd, "fail-on", "", "the least severity to exit with 1 for")
	return cmd
}

func exitOf(summary report.Summary, failOn string) error {
	switch {
	case summary.Unreadable > 0:
		return exitFailed
	case summary.Errors > 0, summary.Warnings > 0 && failOn == harness.SeverityWarning:
		return exitFound
	}
	return nil
}
