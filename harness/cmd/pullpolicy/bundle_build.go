package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/pack"
	"github.com/pullpolicy/pullpolicy/harness/report"
	embedded "github.com/pullpolicy/pullpolicy/policies"
)

func bundleBuildCommand() *cobra.Command {
	var path, folder, parameters, public string
	var options pack.Options
	var signing signing
	target := choice{value: pack.Targets()[0], values: pack.Targets()}
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Write the policies as a bundle, signed where a key is given",
		Long: `build writes the policies as a bundle (a gzipped tarball, as opa build writes it),
unoptimised and without their tests. Before it writes the file, it reads the
bundle back, verifies it and queries it.

The same sources always give the same bytes. Signatures of the RS and HS
algorithms are also the same each time; those of ES and PS use random numbers.

The manifest states the revision and the time of the policies, which verify
compares. By default, they are those of the git commit. Outside a checkout there
is no time, unless --time or SOURCE_DATE_EPOCH gives one; build warns when it
signs a bundle without a time.

A wasm bundle answers the entrypoints from WebAssembly, for OPA's SDKs and for an
opa that was built with -tags opa_wasm. A plan is for evaluators of OPA's
intermediate representation; OPA itself evaluates the Rego in such a bundle.`,
		Example: `  pullpolicy bundle build -o pullpolicy.tar.gz
  pullpolicy bundle build --signing-key pullpolicy.key --revision v1.2.0
  pullpolicy bundle build --signing-key-command 'pass show pullpolicy' --parameters parameters.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			options.Target = target.value
			if options.Signer, err = signing.signer(cmd.Context()); err != nil {
				return err
			}
			if public != "" && options.Signer == nil {
				return errors.New("--public-key goes with --signing-key or --signing-key-command")
			}
			from, err := sourceOf(cmd.Context(), folder)
			if err != nil {
				return err
			}
			if options.Time.IsZero() {
				options.Time = from.time
			}
			options.Revision = cmp.Or(options.Revision, from.revision)
			var policies fs.FS = embedded.FS
			if folder != "" {
				policies = os.DirFS(folder)
			}
			if parameters != "" {
				if options.Parameters, err = shipped(cmd.Context(), policies, parameters); err != nil {
					return err
				}
			}
			defer lazily()()
			var bundle bytes.Buffer
			if err := pack.Build(cmd.Context(), policies, options, &bundle); err != nil {
				return err
			}
			if public != "" {
				key, err := options.Signer.Public()
				if err != nil {
					return err
				}
				if err := replace(public, key); err != nil {
					return err
				}
			}
			if err := replace(path, bundle.Bytes()); err != nil {
				return err
			}
			if options.Signer != nil && options.Time.IsZero() {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: states no time, so that --not-older-than TIME rejects it; write --time or set SOURCE_DATE_EPOCH\n",
					path)
			}
			if options.Signer != nil && !pack.Deterministic(options.Signer.Algorithm) {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: signatures of %s differ each time, and so do the bundle's bytes\n",
					path, options.Signer.Algorithm)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&path, "output", "o", "bundle.tar.gz", "the `file` to write")
	target.flag(cmd, "target", "t", "what evaluates the bundle")
	cmd.Flags().StringVar(&folder, "policies", "", "a `folder` of policies to use instead of the built-in ones")
	cmd.Flags().StringVar(&options.Revision, "revision", "",
		"the `revision` that the manifest states (default the git commit of the policies, else a digest of them)")
	cmd.Flags().TimeVar(&options.Time, "time", time.Time{}, []string{time.RFC3339, time.DateOnly},
		"the `time` of the policies that the manifest states, 2026-11-24 or RFC 3339 (default SOURCE_DATE_EPOCH, else the git commit's)")
	cmd.Flags().StringVar(&options.Version, "version", "", "the `version` that the manifest states (default the policies' own)")
	cmd.Flags().StringVar(&parameters, "parameters", "", "a `file` of default parameters, which the consumer can override")
	completeYAML(cmd, "parameters")
	signing.flags(cmd)
	cmd.Flags().StringVar(&public, "public-key", "", "a `file` to write the public key to")
	return cmd
}

// shipped reads parameters for a bundle of the policies, which must accept them.
func shipped(ctx context.Context, policies fs.FS, path string) (any, error) {
	parameters, err := report.ReadParameters(path)
	if err != nil {
		return nil, err
	}
	loaded, err := harness.LoadFS(policies)
	if err != nil {
		return nil, err
	}
	engine, err := harness.New(ctx, harness.WithPolicies(loaded))
	if err != nil {
		return nil, err
	}
	checked, err := (&report.Run{Engine: engine, Parameters: parameters}).Check(ctx, nil)
	if err != nil {
		return nil, err
	}
	if len(checked.Violations) > 0 {
		found := checked.Violations[0]
		return nil, fmt.Errorf("%s:%d: %s", found.File, found.Line, found.Msg)
	}
	return parameters.JSON()
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
