package main

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

func bundleKeygenCommand() *cobra.Command {
	var prefix string
	algorithm := choice{value: pack.Algorithms()[0]}
	for _, name := range pack.Algorithms() {
		if !pack.Symmetric(name) {
			algorithm.values = append(algorithm.values, name)
		}
	}
	cmd := &cobra.Command{
		Use:   "keygen",
		Short: "Make a key pair for development",
		Long: `keygen makes a key pair: PREFIX.key, the private key that signs (only you can read
the file), and PREFIX.pub, the public key that verifies. It does not overwrite
files. For a key that a fleet trusts, use a key store instead and fetch the key
with bundle build --signing-key-command.`,
		Example: "  pullpolicy bundle keygen -o pullpolicy",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			private, public, err := pack.Keygen(algorithm.value)
			if err != nil {
				return err
			}
			if err := create(prefix+".key", private, 0o600); err != nil {
				return err
			}
			if err := create(prefix+".pub", public, 0o644); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s.key\n%s.pub\n", prefix, prefix)
			return err
		},
	}
	cmd.Flags().StringVarP(&prefix, "output", "o", "pullpolicy", "the `prefix` of the two files")
	algorithm.flag(cmd, "signing-alg", "", "the algorithm that the keys are for")
	return cmd
}

// create writes a file that must not be there.
func create(path string, content []byte, mode fs.FileMode) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
