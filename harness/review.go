package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A Review is one object to check and, on an update, the object that it replaces (else nil).
type Review struct {
	Object    ast.Value
	OldObject ast.Value
	// Admitted says that an API server asks at admission, which has filled in the defaults of built-in kinds.
	Admitted bool
}

// NewReview converts objects to reviews: anything that encodes to a JSON object, such as a *corev1.Pod, a
// map[string]any or a json.RawMessage. An oldObject that is nil, or encodes to null, means that nothing is replaced.
//
// What is not an object is an error, and so is the text of one, in a string or []byte: package manifest reads that, and
// the Value of each of its documents is a Review's Object.
func NewReview(object, oldObject any) (Review, error) {
	converted, err := objectOf(object)
	if err == nil && converted == nil {
		err = errors.New("it is null, not an object")
	}
	if err != nil {
		return Review{}, fmt.Errorf("convert object: %w", err)
	}
	replaced, err := objectOf(oldObject)
	if err != nil {
		return Review{}, fmt.Errorf("convert old object: %w", err)
	}
	return Review{Object: converted, OldObject: replaced}, nil
}

// objectOf converts what encodes to a JSON object. It returns nil for null.
func objectOf(from any) (ast.Value, error) {
	switch from.(type) {
	case string, []byte:
		return nil, fmt.Errorf("a %T is text, not an object; read it with package manifest, or pass a json.RawMessage", from)
	}
	value, ok := from.(ast.Value)
	if !ok {
		// ast.InterfaceToValue takes NaN for a number, and panics for a pointer that is nil.
		encoded, err := json.Marshal(from)
		if err != nil {
			return nil, err
		}
		if value, err = ast.ValueFromReader(bytes.NewReader(encoded)); err != nil {
			return nil, err
		}
	}
	switch value.(type) {
	case ast.Object:
		return value, nil
	case ast.Null:
		return nil, nil
	}
	return nil, fmt.Errorf("a %T encodes to a JSON %s, not to an object", from, ast.ValueName(value))
}

// Input is what an Engine checks: reviews, under parameters (nil means those of the policies, else the profile
// baseline). Parameters that do not fit the schema are a violation of parameters-invalid, not an error.
type Input struct {
	Reviews    []Review
	Parameters ast.Value
	// Node is the state of a node (see bundle/schemas/node.json) to explain starts on, nil for none in particular.
	Node ast.Value
}

// Parameters are the parameters in Go; see bundle/schemas/parameters.json for what each key means. Their zero value
// is the profile baseline.
type Parameters struct {
	Profile           string            `json:"profile,omitempty"`
	Rules             map[string]string `json:"rules,omitempty"`
	Severities        []string          `json:"severities,omitempty"`
	MutableTags       []string          `json:"mutableTags,omitempty"`
	AllowedPolicies   []string          `json:"allowedPolicies,omitempty"`
	Policies          []PolicyOverride  `json:"policies,omitempty"`
	PreloadedImages   []string          `json:"preloadedImages,omitempty"`
	PodSpecs          []PodSpecKind     `json:"podSpecs,omitempty"`
	Images            []ImageKind       `json:"images,omitempty"`
	Exemptions        []Exemption       `json:"exemptions,omitempty"`
	KubernetesVersion string            `json:"kubernetesVersion,omitempty"`
	PrivateImages     []string          `json:"privateImages,omitempty"`
	// ImagePullCredentialsVerificationPolicy is the kubelets' setting of that name, "" for the version's default.
	ImagePullCredentialsVerificationPolicy string `json:"imagePullCredentialsVerificationPolicy,omitempty"`
}

// A PolicyOverride allows other policies for some images.
type PolicyOverride struct {
	Images []string `json:"images"`
	Allow  []string `json:"allow"`
}

// A PodSpecKind is a further kind with a pod spec at a path.
type PodSpecKind struct {
	Group string `json:"group,omitempty"`
	Kind  string `json:"kind"`
	Path  string `json:"path"`
}

// An ImageKind is a further kind that runs an image which stands by itself, with the place of the image and of the
// policy for it ("" where the kind has none).
type ImageKind struct {
	Group  string `json:"group,omitempty"`
	Kind   string `json:"kind"`
	Image  string `json:"image"`
	Policy string `json:"policy,omitempty"`
}

// An Exemption accepts what all of its globs match, for a reason.
type Exemption struct {
	Rules      []string `json:"rules,omitempty"`
	Namespaces []string `json:"namespaces,omitempty"`
	Images     []string `json:"images,omitempty"`
	Containers []string `json:"containers,omitempty"`
	Reason     string   `json:"reason"`
}

// Value returns the parameters as an Input takes them.
func (p Parameters) Value() ast.Value {
	value, err := ast.InterfaceToValue(p)
	if err != nil {
		panic(fmt.Sprintf("harness: parameters of strings and lists of strings do not convert: %v", err))
	}
	return value
}

var (
	reviewsTerm    = ast.StringTerm("reviews")
	objectTerm     = ast.StringTerm("object")
	oldObjectTerm  = ast.StringTerm("oldObject")
	admittedTerm   = ast.StringTerm("admitted")
	parametersTerm = ast.StringTerm("parameters")
	nodeTerm       = ast.StringTerm("node")
	itemsTerm      = ast.StringTerm("items")
)

// with is the input with other reviews.
func (in Input) with(reviews []Review) Input {
	in.Reviews = reviews
	return in
}

// value is the canonical input.
func (in Input) value() ast.Value {
	reviews := make([]*ast.Term, len(in.Reviews))
	for i, review := range in.Reviews {
		pairs := make([][2]*ast.Term, 0, 3)
		if review.Object != nil {
			pairs = append(pairs, ast.Item(objectTerm, ast.NewTerm(review.Object)))
		}
		if review.OldObject != nil {
			pairs = append(pairs, ast.Item(oldObjectTerm, ast.NewTerm(review.OldObject)))
		}
		if review.Admitted {
			pairs = append(pairs, ast.Item(admittedTerm, ast.BooleanTerm(true)))
		}
		reviews[i] = ast.ObjectTerm(pairs...)
	}
	input := ast.NewObject(ast.Item(reviewsTerm, ast.ArrayTerm(reviews...)))
	if in.Parameters != nil {
		input.Insert(parametersTerm, ast.NewTerm(in.Parameters))
	}
	if in.Node != nil {
		input.Insert(nodeTerm, ast.NewTerm(in.Node))
	}
	return input
}

// MarshalJSON writes the canonical input, as an OPA server takes it.
func (in Input) MarshalJSON() ([]byte, error) {
	decoded, err := ast.JSON(in.value())
	if err != nil {
		return nil, fmt.Errorf("encode input: %w", err)
	}
	return json.Marshal(decoded)
}
