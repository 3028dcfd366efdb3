package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

const environment = "env://"

// readKey reads a key from a file, or from an environment variable where the source is env://NAME. A key itself is
// rejected: the command line is not a secret. The errors repeat nothing that may be one.
func readKey(source string) ([]byte, error) {
	if strings.Contains(source, "-----BEGIN") || strings.ContainsAny(source, "\n\r") {
		return nil, errors.New("a key on the command line can be read by everyone on the machine; name a file, or env://NAME")
	}
	name, ok := strings.CutPrefix(source, environment)
	if !ok {
		return os.ReadFile(source)
	}
	value := os.Getenv(name)
	if value == "" {
		return nil, fmt.Errorf("the environment variable %s is not set", name)
	}
	return []byte(value), nil
}

// printedKey is what a command prints, without the newline at its end, as a shell would take it.
func printedKey(ctx context.Context, command string) ([]byte, error) {
	process := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	process.Stderr = os.Stderr
	printed, err := process.Output()
	if err != nil {
		return nil, fmt.Errorf("run the command that prints the key: %w", err)
	}
	if printed = bytes.TrimRight(printed, "\r\n"); len(printed) == 0 {
		return nil, errors.New("the command for the key printed nothing")
	}
	return printed, nil
}

// identity is the flags that say which key is meant, as opa's flags of these names do.
type identity struct {
	keyID, scope string
	algorithm    choice
}

func (i *identity) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&i.keyID, "key-id", pack.DefaultKeyID, "the `id` of the key")
	cmd.Flags().StringVar(&i.scope, "scope", pack.DefaultScope, "the `scope` that the signature is for")
	i.algorithm.values = pack.Algorithms()
	i.algorithm.flag(cmd, "signing-alg", "", "the algorithm, where the key does not tell: RS256 for RSA, ES256 and up for ECDSA")
	cmd.Flags().SetNormalizeFunc(asOPA)
}

// asOPA accepts the flags that opa calls otherwise.
func asOPA(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "verification-key-id" {
		name = "key-id"
	}
	return pflag.NormalizedName(name)
}

// signing is the flags that have a bundle signed.
type signing struct {
	identity
	key, command string
}

func (s *signing) flags(cmd *cobra.Command) {
	s.identity.flags(cmd)
	cmd.Flags().StringVar(&s.key, "signing-key", "", "the private key: a `file` in PEM, or env://NAME")
	cmd.Flags().StringVar(&s.command, "signing-key-command", "", "a shell `command` that prints the private key")
	cmd.MarkFlagsMutuallyExclusive("signing-key", "signing-key-command")
}

// signer is nil where nothing is to be signed.
func (s *signing) signer(ctx context.Context) (*pack.Signer, error) {
	var key []byte
	var err error
	switch {
	case s.key != "":
		key, err = readKey(s.key)
	case s.command != "":
		key, err = printedKey(ctx, s.command)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read signing key: %w", err)
	}
	signer, err := pack.NewSigner(key, s.algorithm.value, s.keyID, s.scope)
	if err != nil {
		return nil, fmt.Errorf("use signing key: %w", err)
	}
	return signer, nil
}

// verification is the flags that have a bundle verified.
type verification struct {
	identity
	keys      []string
	freshness pack.Freshness
	skip      bool
}

func (v *verification) flags(cmd *cobra.Command) {
	v.identity.flags(cmd)
	cmd.Flags().StringArrayVar(&v.keys, "verification-key", nil,
		"the public key of a signed bundle: a `file` in PEM, env://NAME, or ID=… of either (repeatable)")
	cmd.Flags().StringVar(&v.freshness.Revision, "require-revision", "", "reject a bundle of any other `revision`")
	cmd.Flags().StringVar(&v.freshness.NotOlderThan, "not-older-than", "",
		"reject a bundle that is older than a `time` (2026-11-24, RFC 3339), version or revision")
}

// skipFlag is the way round a verification, as opa calls it.
func (v *verification) skipFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&v.skip, "skip-verify", false, "use a bundle without verifying it")
	cmd.MarkFlagsMutuallyExclusive("verification-key", "skip-verify")
}

var errNoKey = errors.New("there is no key to verify with; give one with --verification-key")

// verifier is nil where no key is given.
func (v *verification) verifier() (*pack.Verifier, error) {
	if len(v.keys) == 0 {
		if v.freshness != (pack.Freshness{}) {
			return nil, errors.New("--require-revision and --not-older-than go with --verification-key: anyone can write a manifest")
		}
		return nil, nil
	}
	verifier := &pack.Verifier{Keys: map[string]pack.Key{}, Scope: v.scope, Freshness: v.freshness}
	for _, source := range v.keys {
		id, rest, ok := strings.Cut(source, "=")
		if ok {
			source = rest
		} else {
			id = ""
		}
		id = cmp.Or(id, v.keyID)
		if _, ok := verifier.Keys[id]; ok {
			return nil, fmt.Errorf("there are two keys with the id %q; write --verification-key ID=FILE", id)
		}
		content, err := readKey(source)
		if err != nil {
			return nil, fmt.Errorf("read verification key: %w", err)
		}
		if verifier.Keys[id], err = pack.NewKey(content, v.algorithm.value); err != nil {
			return nil, fmt.Errorf("use verification key: %w", err)
		}
	}
	return verifier, nil
}

// accept verifies a bundle that is going to be believed. Without a key it rejects a signed one, and also one that is
// not where a signature is demanded, unless the flags skip the verification. The verifier is nil where nothing has
// been verified.
func (v *verification) accept(archive *pack.Archive, demanded bool) (*pack.Verifier, *pack.Signature, error) {
	verifier, err := v.verifier()
	if err != nil {
		return nil, nil, err
	}
	if verifier == nil {
		if (archive.Signed() || demanded) && !v.skip {
			return nil, nil, fmt.Errorf("%w, or use it unverified with --skip-verify", errNoKey)
		}
		return nil, nil, nil
	}
	signature, err := verifier.Verify(archive)
	return verifier, signature, err
}

// given says whether the flags ask for a verification.
func (v *verification) given() bool { return len(v.keys) > 0 || v.freshness != (pack.Freshness{}) }

// readBundle reads a bundle from a file, or from standard input for -.
func readBundle(cmd *cobra.Command, path string) (*pack.Archive, error) {
	if path == "-" {
		archive, err := pack.Read(cmd.InOrStdin())
		return archive, blame("standard input", err)
	}
	return openBundle(path)
}

func openBundle(path string) (*pack.Archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	archive, err := pack.Read(file)
	return archive, blame(path, err)
}

// blame names in an error the file that it is about.
func blame(path string, err error) error {
	if err == nil || path == "" {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}
