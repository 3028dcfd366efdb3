package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/pack"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

func bundleVerifyCommand() *cobra.Command {
	var output output
	var verification verification
	cmd := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: "Verify the signature, files and age of a bundle",
		Long: `verify checks that the signature was made with the key, with its id and for the
scope; that every file has the signed digest, and that no file is missing or
unsigned; that the manifest satisfies --require-revision and --not-older-than;
and that OPA can load and query the bundle. Without a key it verifies nothing and
fails.

OPA itself accepts every bundle that was ever signed, including old ones.

A bundle may have at most 16 MiB, and 64 MiB and 10,000 files unpacked. verify
rejects links, paths that lead out of the bundle, and ambiguous JSON: duplicate
keys, and keys in .signatures.json that OPA does not know.`,
		Example: `  pullpolicy bundle verify --verification-key pullpolicy.pub pullpolicy.tar.gz
  pullpolicy bundle verify --verification-key old=old.pub --verification-key new=new.pub \
    --not-older-than 2026-11-24 pullpolicy.tar.gz`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			archive, err := readBundle(cmd, args[0])
			if err != nil {
				return err
			}
			contents, err := verification.demand(cmd, archive)
			if err != nil {
				return blame(args[0], err)
			}
			return output.write(cmd, summary{&report.Bundle{File: args[0], Contents: contents}})
		},
	}
	output.flags(cmd)
	verification.flags(cmd)
	return cmd
}

// demand verifies a bundle, and has it asked.
func (v *verification) demand(cmd *cobra.Command, archive *pack.Archive) (*pack.Contents, error) {
	verifier, err := v.verifier()
	if err != nil {
		return nil, err
	}
	if verifier == nil {
		return nil, errNoKey
	}
	signature, err := verifier.Verify(archive)
	if err != nil {
		return nil, err
	}
	if err := archive.Ask(cmd.Context(), verifier); err != nil {
		return nil, err
	}
	return archive.Contents(signature)
}

// A summary is a bundle whose table tells the gist.
type summary struct{ *report.Bundle }

func (s summary) WriteTable(w io.Writer, style report.Style) error { return s.WriteSummary(w, style) }
