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
into DIR, which must not exist or be empty. conftest and opa eval verify nothing
and conftest loads no archive: let them read the folder.

The bytes that it writes are those that the signature covers: JSON in the one
spelling that was hashed, and no .signatures.json.`,
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
