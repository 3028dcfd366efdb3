// Package pack builds the bundles that OPA loads, signs and verifies them, and unpacks what it has verified.
//
// What Build writes is the same, byte for byte, wherever and whenever it is built from the same sources, unless it
// is signed with an algorithm that is not Deterministic.
package pack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
	_ "github.com/open-policy-agent/opa/v1/features/wasm" // to ask what was built for WebAssembly
	"github.com/open-policy-agent/opa/v1/ir"

	"github.com/pullpolicy/pullpolicy/harness"
)

// Targets returns what a bundle can be built for, the default first: Rego for OPA; WebAssembly, beside the Rego that it
// replaces, for OPA's SDKs; and a plan in OPA's intermediate representation, for other evaluators of it.
func Targets() []string { return []string{compile.TargetRego, compile.TargetWasm, compile.TargetPlan} }

// Options say what Build builds.
type Options struct {
	// Target is one of Targets, "" for the first.
	Target string
	// Revision is stated in the manifest; "" stands for a digest of the sources.
	Revision string
	// Version is the policies'; "" is the one in the manifest of the sources.
	Version string
	// Time is that of the sources, zero where it is not known.
	Time time.Time
	// Parameters are the bundle's own, which the consumer's override at run time; nil for none.
	Parameters any
	// Signer signs the bundle, unless nil.
	Signer *Signer
}

// Build writes the bundle of a policies folder to out: without tests, unoptimised (optimisation strips the METADATA
// that rules are configured by), and only after the bundle has been read again, verified and asked. Others may build and
// compile meanwhile.
func Build(ctx context.Context, policies fs.FS, options Options, out io.Writer) error {
	packed, err := build(ctx, policies, options)
	if err != nil {
		return fmt.Errorf("build bundle: %w", err)
	}
	if err := ask(ctx, packed, options); err != nil {
		return err
	}
	_, err = out.Write(packed)
	return err
}

func build(ctx context.Context, policies fs.FS, options Options) ([]byte, error) {
	source, err := harness.LoadFS(policies)
	if err != nil {
		return nil, err
	}
	if err := describe(source, options); err != nil {
		return nil, err
	}
	// What OPA formats of a source has terms that all modules share, and it writes to them; of a parsed module it formats
	// a deep copy.
	for i := range source.Modules {
		source.Modules[i].Raw = nil
	}
	compiler := compile.New().
		WithBundle(source).
		WithTarget(options.target()).
		WithRegoVersion(ast.RegoV1).
		WithRegoAnnotationEntrypoints(true)
	if err := compiler.Build(ctx); err != nil {
		return nil, err
	}
	built := compiler.Bundle()
	if options.Signer != nil {
		if err := options.Signer.sign(built); err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
	}
	var packed bytes.Buffer
	err = bundle.NewWriter(&packed).Write(*built)
	return packed.Bytes(), err
}

func (o Options) target() string {
	if o.Target == "" {
		return Targets()[0]
	}
	return o.Target
}

// describe puts into the bundle what the options say of it.
func describe(b *bundle.Bundle, options Options) error {
	if options.Parameters != nil {
		if err := ship(b, options.Parameters); err != nil {
			return err
		}
	}
	b.Manifest.Revision = options.Revision
	if options.Revision == "" {
		digest, err := digestOf(b)
		if err != nil {
			return err
		}
		b.Manifest.Revision = "sha256-" + digest
	}

	// What else the sources' manifest holds stays.
	if b.Manifest.Metadata == nil {
		b.Manifest.Metadata = map[string]any{}
	}
	derived := map[string]any{}
	var err error
	if derived["rules"], derived["entrypoints"], err = announced(b); err != nil {
		return err
	}
	if options.Version != "" {
		derived["version"] = options.Version
	}
	switch {
	case !options.Time.IsZero():
		derived["time"] = options.Time.UTC().Format(time.RFC3339)
	case b.Manifest.Metadata["time"] == nil:
		// Not left out: OPA adds the keys of a duplicate metadata, which the signature does not cover, to those of the last.
		derived["time"] = ""
	}
	for key, value := range derived {
		b.Manifest.Metadata[key] = value
	}
	return nil
}

// shippedPath is where the policies look for the bundle's own parameters, below data.
var shippedPath = []string{"pullpolicy", "shipped", "parameters"}

func ship(b *bundle.Bundle, parameters any) error {
	if b.Data == nil {
		b.Data = map[string]any{}
	}
	at := b.Data
	for _, key := range shippedPath[:len(shippedPath)-1] {
		below, ok := at[key].(map[string]any)
		if !ok && at[key] != nil {
			return fmt.Errorf("data.%s: the policies have data there that is no object", strings.Join(shippedPath, "."))
		}
		if below == nil {
			below = map[string]any{}
			at[key] = below
		}
		at = below
	}
	at[shippedPath[len(shippedPath)-1]] = parameters
	return nil
}

// digestOf is a digest of the modules and the data.
func digestOf(b *bundle.Bundle) (string, error) {
	hash := sha256.New()
	encoder := json.NewEncoder(hash)
	modules := slices.SortedFunc(slices.Values(b.Modules), func(a, b bundle.ModuleFile) int {
		return strings.Compare(a.Path, b.Path)
	})
	for _, module := range modules {
		if err := encoder.Encode([]string{module.Path, string(module.Raw)}); err != nil {
			return "", err
		}
	}
	if err := encoder.Encode(b.Data); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// announced returns the ids of the rules and the paths of the entrypoints.
func announced(b *bundle.Bundle) (rules, entrypoints []string, err error) {
	rules, entrypoints = []string{}, []string{}
	for _, rule := range harness.Rules(b) {
		rules = append(rules, rule.ID)
	}
	var modules []*ast.Module
	for _, file := range b.Modules {
		modules = append(modules, file.Parsed)
	}
	annotations, errs := ast.BuildAnnotationSet(modules)
	if len(errs) > 0 {
		return nil, nil, errs
	}
	for _, ref := range annotations.Flatten() {
		if !ref.Annotations.Entrypoint {
			continue
		}
		path, err := ref.Path.Ptr()
		if err != nil {
			return nil, nil, err
		}
		entrypoints = append(entrypoints, path)
	}
	slices.Sort(entrypoints)
	return rules, slices.Compact(entrypoints), nil
}

// ask reads what was built as its users will, and demands an answer of it.
func ask(ctx context.Context, packed []byte, options Options) error {
	archive, err := Read(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	switch options.target() {
	case compile.TargetPlan:
		err = archive.checkPlan()
	case compile.TargetWasm:
		err = archive.checkWasm(ctx)
	}
	if err != nil {
		return fmt.Errorf("load bundle: %w", err)
	}
	if options.Signer == nil {
		return archive.Ask(ctx, nil)
	}
	verifier, err := options.Signer.verifier()
	if err != nil {
		return fmt.Errorf("verify bundle: %w", err)
	}
	if _, err := verifier.Verify(archive); err != nil {
		return err
	}
	return archive.Ask(ctx, verifier)
}

// checkPlan demands a plan for each entrypoint. Nothing here evaluates one.
func (a *Archive) checkPlan() error {
	content, ok := a.file(bundle.PlanFile)
	if !ok {
		return fmt.Errorf("%s: is missing", bundle.PlanFile)
	}
	var policy ir.Policy
	if err := json.Unmarshal(content, &policy); err != nil {
		return fmt.Errorf("%s: %w", bundle.PlanFile, err)
	}
	statement, err := a.Statement()
	if err != nil {
		return err
	}
	for _, entrypoint := range statement.Entrypoints {
		if !slices.ContainsFunc(policy.Plans.Plans, func(p *ir.Plan) bool { return p.Name == entrypoint }) {
			return fmt.Errorf("%s: has no plan for %s", bundle.PlanFile, entrypoint)
		}
	}
	return nil
}

// Load returns the policies in the archive as OPA loads them. The verifier, unless nil, has OPA verify them.
func (a *Archive) Load(verifier *Verifier) (*bundle.Bundle, error) {
	if verifier == nil {
		return harness.LoadBundle(bytes.NewReader(a.packed))
	}
	signature, _, err := a.signature()
	if err != nil {
		return nil, err
	}
	return harness.LoadSignedBundle(bytes.NewReader(a.packed), verifier.config(signature.KeyID))
}

// Ask loads the policies in the archive and demands an answer of them. The verifier is Load's.
func (a *Archive) Ask(ctx context.Context, verifier *Verifier) error {
	loaded, err := a.Load(verifier)
	if err != nil {
		return err
	}
	engine, err := harness.New(ctx, harness.WithPolicies(loaded))
	if err != nil {
		return fmt.Errorf("load bundle: %w", err)
	}
	verdict, err := engine.Judge(ctx, harness.Input{})
	if err != nil {
		return fmt.Errorf("query bundle: %w", err)
	}
	// With nothing to judge, only the bundle's own parameters can be to blame.
	if len(verdict.Violations) > 0 {
		return fmt.Errorf("query bundle: %s", verdict.Violations[0].Msg)
	}
	return nil
}
