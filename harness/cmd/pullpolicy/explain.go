package main

import (
	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/report"
)

func explainCommand() *cobra.Command {
	var flags judging
	var node string
	cmd := &cobra.Command{
		Use:   "explain PATH...",
		Short: "Say what each image's pull policy is and does",
		Long: `explain says for each use of an image which pull policy holds, where that comes
from, and what a start comes to: with the image on the node or not, after its
tag has moved, and while the registry is down; or, with --node, what it comes to
on a node in that state: which images it has, and how they came, its kubelet's
version and verification of credentials, its registry, and the Pod's credentials.`,
		Example: `  pullpolicy explain pod.yaml
  kubectl get deployments -A -o yaml | pullpolicy explain -
  pullpolicy explain --node state.yaml -o json deploy/`,
		Args: somePaths,
		RunE: func(cmd *cobra.Command, paths []string) error {
			var explained *report.Explained
			err := flags.judge(cmd, func(run *report.Run) (err error) {
				if node != "" {
					if run.Node, err = report.ReadNode(node); err != nil {
						return err
					}
				}
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
	cmd.Flags().StringVar(&node, "node", "", "a `file` with the state of a node to start on, YAML or JSON")
	completeYAML(cmd, "node")
	return cmd
}
