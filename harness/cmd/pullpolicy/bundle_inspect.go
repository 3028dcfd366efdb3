package main

import (
	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/pack"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

func bundleInspectCommand() *cobra.Command {
	var output output
	var verification verification
	cmd := &cobra.Command{
		Use:   "inspect BUNDLE",
		Short: "Show what is in a bundle: its revision, key, rules and files",
		Long: `inspect shows what a bundle says of itself, its rules with their severities, and
its files with their digests. Anyone can have written that: it is verified only
where a key is given.`,
		Example: "  pullpolicy bundle inspect -o json pullpolicy.tar.gz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			archive, err := readBundle(cmd, args[0])
			if err != nil {
				return err
			}
			contents, err := verification.look(archive)
			if err != nil {
				return blame(args[0], err)
			}
			return output.write(cmd, &report.Bundle{File: args[0], Contents: contents})
		},
	}
	output.flags(cmd)
	verification.flags(cmd)
	return cmd
}

// look returns what is in a bundle, verified where there is a key.
func (v *verification) look(archive *pack.Archive) (*pack.Contents, error) {
	verifier, err := v.verifier()
	if err != nil {
		return nil, err
	}
	var signature *pack.Signature
	if verifier != nil {
		if signature, err = verifier.Verify(archive); err != nil {
			return nil, err
		}
	}
	return archive.Contents(signature)
}
