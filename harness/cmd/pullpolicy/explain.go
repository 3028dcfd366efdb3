package main

import (
	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/report"
)

func explainCommand() *cobra.Command {
	var flags judging
	cmd := &cobra.Command{
		Use:   "explain PATH...",
		Short: "Say what each image's pull policy is and does",
		Long: `explain says for each use of an image which pull policy holds, where that comes
from, and what a start comes to: with the image on the node or not, after its
tag has moved, and while the registry is down.`,
		Example: `  pullpolicy explain pod.yaml
  kubectl get deployments -A -o yaml | pullpolicy explain -
  pullpolicy explain -o json deploy/`,
		Args: somePaths,
		RunE: func(cmd *cobra.Command, paths []string) error {
			var explained *report.Explained
			err := flags.judge(cmd, func(run *report.Run) (err error) {
				explained, err = run.Explain(cmd.Context(), paths)
				return err
			})
			if err != nil {
				return err
			}
			if err := report.WriteProblems(cmd.ErrOrStderr(), explained.Errors); err != nil {
				return err
			}
			if err := flags.write(cmd, explained); err != nil {
				return err
			}
			if len(explained.Errors) > 0 {
				return exitFailed
			}
			return nil
		},
	}
	flags.flags(cmd)
	return cmd
}
