package gatekeeper

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/pullpolicy/pullpolicy/harness"
)

// Unreadable says why gator takes a review for no Kubernetes object, and is "" where it takes it. It rejects such a
// file, so nothing passes silently.
func Unreadable(review harness.Review) string {
	kind, ok := text(review.Object, "kind")
	version, _ := text(review.Object, "apiVersion")
	switch {
	case !ok || kind == "":
		return "it has no kind"
	case strings.Count(version, "/") > 1:
		return "its apiVersion has more than two parts"
	case kind != "AdmissionReview":
		return ""
	case find(review.Object, "request") == nil:
		return "it is an AdmissionReview without a request"
	case isNull(find(review.Object, "request", "object")) && isNull(find(review.Object, "request", "oldObject")):
		return "it is an AdmissionReview without an object"
	}
	return ""
}

func find(value ast.Value, path ...string) ast.Value {
	var ref ast.Ref
	for _, key := range path {
		ref = append(ref, ast.StringTerm(key))
	}
	found, err := value.Find(ref)
	if err != nil {
		return nil // there is nothing at the path
	}
	return found
}

func text(value ast.Value, path ...string) (string, bool) {
	found, ok := find(value, path...).(ast.String)
	return string(found), ok
}

func isNull(value ast.Value) bool { return value == nil || value.Compare(ast.NullValue) == 0 }
