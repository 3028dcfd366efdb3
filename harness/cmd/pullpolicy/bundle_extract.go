package main

import (
	"github.com/spf13/cobra"
)

func bundleExtractCommand() *cobra.Command {
	var verification verification
	cmd := &cobra.Command{
		Use:   "extract BUNDLE DIR",
		Short: "Verify a bundle and write its files into a folder, for conftest",
		Long: `extract verifies a bundle as bundle verify does, and only then writes its files
into DIR, which must be empty or not exist. Use it for conftest, which does not
verify bundles or load archives, and for opa eval, which does not verify.

It writes exactly the bytes that the signature covers: JSON as it was hashed, and
no .signatures.json.`,
		Example: `  pullpolicy bundle extract --verification-key pullpolicy.pub pullpolicy.tar.gz policy
  conftest test -p policy -d policy -n pullpolicy.conftest deploy/`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			archive, err := readBundle(cmd, args[0])
			if err != nil {
				return err
			}
			verifier, _, err := verification.accept(archive, true)
			if err != nil {
				return blame(args[0], err)
			}
			if err := archive.Ask(cmd.Context(), verifier); err != nil {
				return blame(args[0], err)
			}
			return archive.Extract(args[1])
		},
	}
	verification.flags(cmd)
	verification.skipFlag(cmd)
	return cmd
}
