package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/document"
)

func generateCommand() *cobra.Command {
	var fixtures string
	cmd := &cobra.Command{
		Use:   "generate [DIR]",
		Short: "Write the generated files: schemas, the rules' manual, Gatekeeper's template",
		Long: `generate writes into DIR (by default, bundle) the files that are derived from the
policies and the fixtures. The tests fail if the committed files differ.`,
		Example: "  pullpolicy generate",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder := "bundle"
			if len(args) == 1 {
				folder = args[0]
			}
			engine, err := (&policies{}).engine(cmd.Context())
			if err != nil {
				return err
			}
			files, err := document.Files(cmd.Context(), engine, os.DirFS(fixtures))
			if err != nil {
				return err
			}
			for _, name := range slices.Sorted(maps.Keys(files)) {
				path := filepath.Join(folder, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					return err
				}
				if err := os.WriteFile(path, files[name], 0o644); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), path)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&fixtures, "fixtures", "fixtures", "the `folder` of the fixtures that serve as examples")
	return cmd
}
