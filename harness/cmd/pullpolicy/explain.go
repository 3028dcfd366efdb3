package main

import (
	"errors"
	"slices"

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
from, what to write where another is better, and what a start comes to: with the
image on the node or not, pulled there with other credentials than the Pod's,
after its tag has moved, and while the registry is down.

Of an object in a cluster it says who wrote the policy, or that the API server
stored its default, as far as the object tells: by the last applied
configuration, and by its managedFields, which kubectl get prints with
--show-managed-fields.

With --node it says what a start comes to on one node, and why. The file holds
the state of the node: which images it has and how they came, its kubelet's
version and verification of credentials, its registry, and the Pod's
credentials (bundle/schemas/node.json describes each). Or it holds a Node, as
kubectl get node NAME -o yaml prints it. A Node names the 50 largest of its
images, five names of each, and does not say with whose credentials they came:
where a start depends on that, it says that it is not known. For a Pod without
pull secrets an image on such a node counts as public.

The parameters kubernetesVersion and imagePullCredentialsVerificationPolicy say
whether kubelets verify credentials. They do from 1.35 on, and at 1.33 and 1.34
with the feature gate KubeletEnsureSecretPulledImages. Image volumes are off
before 1.35.`,
		Example: `  pullpolicy explain pod.yaml
  kubectl get deployments -A -o yaml --show-managed-fields | pullpolicy explain -
  kubectl get node worker-1 -o yaml | pullpolicy explain --node - deploy/
  pullpolicy explain --node state.yaml -o json deploy/`,
		Args: somePaths,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if node == "-" && slices.Contains(paths, "-") {
				return errors.New("--node and PATH are both -, and there is one standard input")
			}
			var explained *report.Explained
			err := flags.judge(cmd, func(run *report.Run) (err error) {
				if node != "" {
					if run.Node, err = report.ReadNode(node, cmd.InOrStdin()); err != nil {
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
	cmd.Flags().StringVar(&node, "node", "", "a `file` with the state of a node to start on, or a Node; - is standard input")
	completeYAML(cmd, "node")
	return cmd
}
