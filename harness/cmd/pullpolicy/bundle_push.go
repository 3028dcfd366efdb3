package main

import (
	"fmt"
	"path"
	"runtime/debug"
	"slices"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/cobra"

	"github.com/pullpolicy/pullpolicy/harness/pack"
	"github.com/pullpolicy/pullpolicy/harness/registry"
)

func bundlePushCommand() *cobra.Command {
	var verification verification
	var plainHTTP bool
	cmd := &cobra.Command{
		Use:   "push BUNDLE oci://HOST/REPOSITORY:TAG",
		Short: "Push a bundle to a registry, for OPA and conftest",
		Long: `push stores a bundle in a registry and prints its reference by digest, so that
consumers can pin it. OPA's bundle downloader and conftest pull both take the
artifact. conftest does not verify the signature: pin it to the digest.

It uses docker's credentials. The same bundle always has the same digest.`,
		Example: `  pullpolicy bundle push pullpolicy.tar.gz oci://registry.example.com/policies/pullpolicy:v1`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			repository, err := registry.Open(args[1], plainHTTP)
			if err != nil {
				return err
			}
			archive, err := readBundle(cmd, args[0])
			if err != nil {
				return err
			}
			contents, err := verification.look(archive)
			if err != nil {
				return blame(args[0], err)
			}
			digest, err := repository.Push(cmd.Context(), artifactOf(archive, contents))
			if err != nil {
				return blame(args[1], err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), repository.Pinned(digest))
			return err
		},
	}
	verification.flags(cmd)
	plainHTTPFlag(cmd, &plainHTTP)
	return cmd
}

func plainHTTPFlag(cmd *cobra.Command, plainHTTP *bool) {
	cmd.Flags().BoolVar(plainHTTP, "plain-http", false, "use HTTP without TLS; registries on the loopback need no flag for it")
}

// builderAnnotation says which version of the command pushed a bundle.
const builderAnnotation = "io.github.pullpolicy.builder.version"

func artifactOf(archive *pack.Archive, contents *pack.Contents) registry.Artifact {
	artifact := registry.Artifact{
		Bundle: archive.Bytes(),
		Annotations: map[string]string{
			ocispec.AnnotationTitle:    contents.Manifest.Name,
			ocispec.AnnotationVersion:  contents.Manifest.Version,
			ocispec.AnnotationRevision: contents.Manifest.Revision,
			builderAnnotation:          commandVersion(),
		},
	}
	if contents.Manifest.Time != "" {
		artifact.Annotations[ocispec.AnnotationCreated] = contents.Manifest.Time
	}
	// conftest would check with what a wasm bundle has left in Rego.
	if slices.ContainsFunc(archive.Files, func(f pack.File) bool { return path.Ext(f.Name) == ".wasm" }) {
		return artifact
	}
	for _, file := range archive.Files {
		switch {
		case path.Ext(file.Name) == ".rego":
			artifact.Files = append(artifact.Files, registry.File{Name: file.Name, MediaType: registry.PolicyType, Content: file.Content})
		case path.Base(file.Name) == "data.json":
			artifact.Files = append(artifact.Files, registry.File{Name: file.Name, MediaType: registry.DataType, Content: file.Content})
		}
	}
	return artifact
}

// commandVersion is what go build stamped the command with.
func commandVersion() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		return build.Main.Version
	}
	return "unknown"
}
