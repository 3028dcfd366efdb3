package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness"
	embedded "github.com/pullpolicy/pullpolicy/policies"
)

func bundleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "Build the bundle that OPA loads",
		Args:  known,
		RunE:  noCommand,
	}
	cmd.AddCommand(bundleBuildCommand())
	return cmd
}

func bundleBuildCommand() *cobra.Command {
	var path, folder, revision string
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Write the policies as a bundle",
		Long: `build writes the policies as a bundle (a gzipped tarball, as opa build writes it):
without their tests, unoptimised, and only after it has been loaded and asked.`,
		Example: "  pullpolicy bundle build -o pullpolicy.tar.gz",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var source fs.FS = embedded.FS
			if folder != "" {
				source = os.DirFS(folder)
			}
			var bundle bytes.Buffer
			if err := harness.Pack(cmd.Context(), source, revision, &bundle); err != nil {
				return err
			}
			return replace(path, bundle.Bytes())
		},
	}
	cmd.Flags().StringVarP(&path, "output", "o", "bundle.tar.gz", "the `file` to write")
	cmd.Flags().StringVar(&folder, "policies", "", "a `folder` of other policies than those that the command brings")
	cmd.Flags().StringVar(&revision, "revision", "", "the `revision` that the bundle's manifest states")
	return cmd
}

// replace writes a file so that nobody reads half of it.
func replace(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".bundle-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // gone already where all went well
	if _, err := file.Write(content); err != nil {
		file.Close()
		return err
	}
	if err := file.Chmod(0o644); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
