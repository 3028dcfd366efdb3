package harness

import (
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A Review is one object under judgement and, on an update, the object that it replaces (else nil).
type Review struct {
	Object    ast.Value
	OldObject ast.Value
	// Admitted says that an API server asks at admission, which has filled in the defaults of built-in kinds.
	Admitted bool
}

// NewReview converts objects to reviews: anything that encodes to JSON, such as a *corev1.Pod or a
// map[string]any. A nil oldObject means that nothing is replaced.
func NewReview(object, oldObject any) (Review, error) {
	var review Review
	var err error
	if review.Object, err = ast.InterfaceToValue(object); err != nil {
		return Review{}, fmt.Errorf("convert object: %w", err)
	}
	if oldObject == nil {
		return review, nil
	}
	if review.OldObject, err = ast.InterfaceToValue(oldObject); err != nil {
		return Review{}, fmt.Errorf("convert old object: %w", err)
	}
	return review, nil
}

// Input is what an Engine judges: reviews, under parameters (nil means those of the policies, else the profile
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
)

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
