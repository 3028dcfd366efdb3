package conformance_test

import (
	"fmt"
	"runtime/debug"
	"testing"

	_ "github.com/distribution/reference"
	_ "github.com/pullpolicy/pullpolicy/harness"
	_ "github.com/stretchr/testify/require"
	_ "k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	_ "k8s.io/apiserver/pkg/admission"
	_ "k8s.io/client-go/kubernetes/scheme"
	_ "k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/api/testing"
	_ "k8s.io/kubernetes/pkg/apis/apiserverinternal/install"
	_ "k8s.io/kubernetes/pkg/apis/storagemigration/install"
	_ "k8s.io/kubernetes/pkg/apis/core/validation"
	_ "k8s.io/kubernetes/pkg/util/parsers"
	_ "k8s.io/kubernetes/plugin/pkg/admission/alwayspullimages"
	_ "sigs.k8s.io/randfill"
)

func TestInfo(t *testing.T) {
	i, ok := debug.ReadBuildInfo()
	fmt.Println(i, ok)
}
