package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/pack"
	"github.com/pullpolicy/pullpolicy/harness/registry"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

func bundlePullCommand() *cobra.Command {
	var path string
	var verification verification
	var plainHTTP bool
	cmd := &cobra.Command{
		Use:   "pull oci://HOST/REPOSITORY:TAG",
		Short: "Pull a bundle from a registry, and verify it",
		Long: `pull downloads a bundle from a registry, verifies it as bundle verify does, writes
it to a file, and prints its revision and its reference by digest.`,
		Example: `  pullpolicy bundle pull --verification-key pullpolicy.pub -o pullpolicy.tar.gz \
    oci://registry.example.com/policies/pullpolicy:v1`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			repository, err := registry.Open(args[0], plainHTTP)
			if err != nil {
				return err
			}
			bundle, digest, err := repository.Pull(cmd.Context(), pack.MaxCompressed)
			if err != nil {
				return blame(args[0], err)
			}
			archive, err := pack.Read(bytes.NewReader(bundle))
			if err != nil {
				return blame(args[0], err)
			}
			verifier, signature, err := verification.accept(archive, true)
			if err != nil {
				return blame(args[0], err)
			}
			if err := archive.Ask(cmd.Context(), verifier); err != nil {
				return blame(args[0], err)
			}
			contents, err := archive.Contents(signature)
			if err != nil {
				return blame(args[0], err)
			}
			if err := replace(path, bundle); err != nil {
				return err
			}
			pulled := &report.Bundle{File: path, Contents: contents, Reference: repository.Pinned(digest)}
			w := cmd.OutOrStdout()
			return pulled.WriteSummary(w, styleOf(w))
		},
	}
	cmd.Flags().StringVarP(&path, "output", "o", "bundle.tar.gz", "the `file` to write")
	verification.flags(cmd)
	verification.skipFlag(cmd)
	plainHTTPFlag(cmd, &plainHTTP)
	return cmd
}
