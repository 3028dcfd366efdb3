package registry_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/registry"
)

func TestOpen(t *testing.T) {
	for reference, want := range map[string]string{
		"registry.example.com/a:1":                                       "is not a reference to a registry",
		"oci://registry.example.com/a":                                   "has neither a tag nor a digest",
		"oci://registry.example.com":                                     "invalid reference",
		"oci://registry.example.com/A:1":                                 "invalid reference",
		"oci://registry.example.com/a:1":                                 "",
		"oci://127.0.0.1:5000/a/b:latest":                                "",
		"oci://registry.example.com/a@sha256:" + strings.Repeat("0", 64): "",
	} {
		_, err := registry.Open(reference, false)
		if want == "" {
			require.NoError(t, err, reference)
		} else {
			require.ErrorContains(t, err, want, reference)
		}
	}
}

// TestPullFromAnImpostor pulls from a registry that sends what it should not. What a real one does with the same calls,
// the tests of the hosts say.
func TestPullFromAnImpostor(t *testing.T) {
	const bundle = "a bundle"
	manifest := func(layers ...ocispec.Descriptor) []byte {
		text, err := json.Marshal(ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest, Layers: layers})
		require.NoError(t, err)
		return text
	}
	layer := ocispec.Descriptor{MediaType: registry.BundleType, Digest: digest.FromString(bundle), Size: int64(len(bundle))}
	huge, other := layer, layer
	huge.Size = 1 << 40
	other.MediaType = "application/octet-stream"

	for name, test := range map[string]struct {
		manifest  []byte
		reference string // "" for one by tag
		sent      string
		want      string
	}{
		"the bundle":             {manifest(layer), "", bundle, ""},
		"other bytes":            {manifest(layer), "", "A bundle", "mismatch"},
		"more bytes":             {manifest(layer), "", bundle + "!", "mismatch"},
		"a bundle without end":   {manifest(huge), "", bundle, "has 1099511627776 bytes, and 100 is the limit"},
		"no bundle":              {manifest(other), "", bundle, "no layer of the type " + registry.BundleType},
		"no manifest":            {[]byte("hello"), "", bundle, "invalid character"},
		"a manifest without end": {[]byte(strings.Repeat(" ", registry.MaxManifest+1)), "", bundle, "size exceeds limit"},
		"another artifact":       {manifest(layer), "@sha256:" + strings.Repeat("0", 64), bundle, "mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			impostor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "/manifests/") {
					w.Header().Set("Content-Type", ocispec.MediaTypeImageManifest)
					w.Header().Set("Content-Length", strconv.Itoa(len(test.manifest)))
					_, _ = w.Write(test.manifest) // the puller has hung up
					return
				}
				_, _ = w.Write([]byte(test.sent))
			}))
			defer impostor.Close()
			reference := test.reference
			if reference == "" {
				reference = ":v1"
			}
			repository, err := registry.Open(strings.Replace(impostor.URL, "http", "oci", 1)+"/a"+reference, false)
			require.NoError(t, err)
			pulled, artifact, err := repository.Pull(t.Context(), 100)
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, bundle, string(pulled))
			assert.Equal(t, digest.FromBytes(test.manifest), artifact)
		})
	}
}
