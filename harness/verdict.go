package harness

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/rego"
)

// The severities of a violation.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// A Verdict is what the policies say of an Input. Its lists are sorted by review, path and rule.
type Verdict struct {
	Violations []Violation `json:"violations"`
	// Exempted are the violations that an exemption covers, with its reason. They count for nothing.
	Exempted []Violation `json:"exempted"`
	// Objects and Images count what was judged: objects, and uses of images in them.
	Objects int `json:"objects"`
	Images  int `json:"images"`
}

// A Violation is one thing that a rule found.
type Violation struct {
	// Review is the index in Input.Reviews, nil where the parameters are to blame.
	Review   *int   `json:"review,omitempty"`
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Msg      string `json:"msg"`
	// Path is the field to blame, as Kubernetes prints field paths: spec.containers[0].image.
	Path      string `json:"path"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Container string `json:"container"`
	// List is the list (or, in a custom resource, the key) that the container stands in.
	List  string `json:"list"`
	Image string `json:"image"`
	// Declared is the policy in the manifest, "" where there is none.
	Declared string `json:"declared"`
	// Effective is the policy that holds, "" where the API server refuses the declared one.
	Effective string `json:"effective"`
	// Default is what the API server stores where no policy is declared.
	Default string `json:"default"`
	Remedy  string `json:"remedy"`
	// Patch mends the violation, where writing one field does.
	Patch *Patch `json:"patch,omitempty"`
	// Reason is why the violation is exempted.
	Reason string `json:"reason,omitempty"`
}

// A Patch is a JSON Patch operation (RFC 6902).
type Patch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// An Explanation is one use of an image: its policy, where that comes from, and what the kubelet makes of it.
type Explanation struct {
	Review    int    `json:"review"`
	Path      string `json:"path"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	List      string `json:"list"`
	Container string `json:"container"`
	Image     string `json:"image"`
	// Reference holds the image's parts.
	Reference Reference `json:"reference"`
	Declared  string    `json:"declared"`
	Default   string    `json:"default"`
	Effective string    `json:"effective"`
	// Origin is "declared" or "defaulted", and Why says it in words.
	Origin string `json:"origin"`
	Why    string `json:"why"`
	// Outcomes are what a start comes to: "pulled" (the registry is asked), "cached" (the node's copy runs),
	// "rejected" (the API server refuses the policy), or the reason for which the container waits.
	Outcomes Outcomes `json:"outcomes"`
	// Start is what a start comes to on the input's node, nil where there is none.
	Start *Start `json:"start,omitempty"`
}

// A Reference is an image reference, normalised; Tag and Digest are "" where they are not written.
type Reference struct {
	Valid  bool   `json:"valid"`
	Domain string `json:"domain"`
	Path   string `json:"path"`
	Name   string `json:"name"`
	Tag    string `json:"tag"`
	Digest string `json:"digest"`
}

// Outcomes are the outcomes of a start in four situations. In the last three the node has the image.
type Outcomes struct {
	Absent       string `json:"absent"`
	Cached       string `json:"cached"`
	Moved        string `json:"moved"`
	RegistryDown string `json:"registryDown"`
}

// A Start is what a start comes to on one node.
type Start struct {
	// Pull says whether the registry is asked.
	Pull bool `json:"pull"`
	// Outcome is one as in Outcomes, or "unknown" where it depends on what is filled in later.
	Outcome string `json:"outcome"`
	// Retry is what the next attempt waits with while the kubelet backs off, after a pull that failed.
	Retry string `json:"retry,omitempty"`
}

// A NodeError is what in an Input's node does not fit its schema.
type NodeError struct {
	// Path is the field to blame, node.images[0].name; node is all of it.
	Path    string `json:"path"`
	Message string `json:"message"`
}

func (e *NodeError) Error() string { return e.Path + ": " + e.Message }

func verdictOf(answer rego.Vars) (*Verdict, error) {
	var verdict struct {
		Violations []Violation `json:"violations"`
		Exempted   []Violation `json:"exempted"`
		Judged     struct {
			Objects int `json:"objects"`
			Images  int `json:"images"`
		} `json:"judged"`
	}
	if err := decode(answer, &verdict); err != nil {
		return nil, fmt.Errorf("read verdict: %w", err)
	}
	slices.SortFunc(verdict.Violations, compare)
	slices.SortFunc(verdict.Exempted, compare)
	return &Verdict{verdict.Violations, verdict.Exempted, verdict.Judged.Objects, verdict.Judged.Images}, nil
}

func explanationsOf(answer rego.Vars) ([]Explanation, error) {
	var explained struct {
		Explanations []Explanation `json:"explanations"`
		Problems     []*NodeError  `json:"problems"`
	}
	if err := decode(answer, &explained); err != nil {
		return nil, fmt.Errorf("read explanations: %w", err)
	}
	if len(explained.Problems) > 0 {
		return nil, slices.MinFunc(explained.Problems, func(a, b *NodeError) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
		})
	}
	slices.SortFunc(explained.Explanations, func(a, b Explanation) int {
		return cmp.Or(cmp.Compare(a.Review, b.Review), cmp.Compare(a.Path, b.Path))
	})
	return explained.Explanations, nil
}

func compare(a, b Violation) int {
	return cmp.Or(
		cmp.Compare(a.review(), b.review()),
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Msg, b.Msg),
	)
}

func (v Violation) review() int {
	if v.Review == nil {
		return -1
	}
	return *v.Review
}

func decode(answer rego.Vars, into any) error {
	encoded, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, into)
}
