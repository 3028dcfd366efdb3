// Package registry pushes bundles to OCI registries and pulls them, as artifacts that both OPA's bundle downloader and
// conftest pull take.
package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/content/memory"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// The media types of an artifact. OPA takes the first layer of the type BundleType; conftest writes every layer with
// a title to the file of that name.
const (
	ArtifactType = "application/vnd.openpolicyagent.bundle.v1"
	BundleType   = ocispec.MediaTypeImageLayerGzip
	PolicyType   = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego"
	DataType     = "application/vnd.cncf.openpolicyagent.data.layer.v1+json"
)

// MaxManifest is how many bytes an artifact's manifest may have.
const MaxManifest = 4 << 20

// A File is a layer with a title.
type File struct {
	Name, MediaType string
	Content         []byte
}

// An Artifact is a bundle in a registry.
type Artifact struct {
	Bundle []byte
	// Files are the bundle's, for conftest.
	Files []File
	// Annotations are the manifest's; its time of creation is among them, or it is 1970.
	Annotations map[string]string
}

// A Repository is a place in a registry.
type Repository struct {
	remote *remote.Repository
}

var errNotOpen = errors.New("the Repository was not opened by Open")

// Open returns the place that a reference names, as in oci://registry.example.com/policies/pullpolicy:v1 or …@sha256:….
// The credentials are docker's. Plain HTTP is for registries without TLS; those on the loopback are expected to.
func Open(reference string, plainHTTP bool) (*Repository, error) {
	name, ok := strings.CutPrefix(reference, "oci://")
	if !ok {
		return nil, fmt.Errorf("%s: is not a reference to a registry; write oci://HOST/REPOSITORY:TAG", reference)
	}
	repository, err := remote.NewRepository(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", reference, err)
	}
	if repository.Reference.Reference == "" {
		return nil, fmt.Errorf("%s: has neither a tag nor a digest", reference)
	}
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{DetectDefaultNativeStore: true})
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	repository.PlainHTTP = plainHTTP || loopback(repository.Reference.Host())
	repository.Client = &auth.Client{
		Client:     retry.DefaultClient,
		Credential: credentials.Credential(store),
		Cache:      auth.NewCache(),
		Header:     map[string][]string{"User-Agent": {"pullpolicy"}},
	}
	return &Repository{repository}, nil
}

func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// Pinned is the reference to one artifact by its digest, whatever becomes of its tag.
func (r *Repository) Pinned(artifact digest.Digest) string {
	if r.remote == nil {
		return ""
	}
	return fmt.Sprintf("oci://%s/%s@%s", r.remote.Reference.Registry, r.remote.Reference.Repository, artifact)
}

// Push stores an artifact under the reference's tag and returns its digest, which is the same for the same artifact.
func (r *Repository) Push(ctx context.Context, artifact Artifact) (digest.Digest, error) {
	pushed, err := r.push(ctx, artifact)
	if err != nil {
		return "", fmt.Errorf("push bundle: %w", err)
	}
	return pushed, nil
}

func (r *Repository) push(ctx context.Context, artifact Artifact) (digest.Digest, error) {
	if r.remote == nil {
		return "", errNotOpen
	}
	if _, err := r.remote.Reference.Digest(); err == nil {
		return "", errors.New("the reference is a digest; push to a tag")
	}
	store := memory.New()
	layers := make([]ocispec.Descriptor, 0, 1+len(artifact.Files))
	for _, file := range append([]File{{"bundle.tar.gz", BundleType, artifact.Bundle}}, artifact.Files...) {
		layer := content.NewDescriptorFromBytes(file.MediaType, file.Content)
		layer.Annotations = map[string]string{ocispec.AnnotationTitle: file.Name}
		if err := put(ctx, store, layer, file.Content); err != nil {
			return "", fmt.Errorf("%s: %w", file.Name, err)
		}
		layers = append(layers, layer)
	}
	annotations := map[string]string{ocispec.AnnotationCreated: "1970-01-01T00:00:00Z"}
	maps.Copy(annotations, artifact.Annotations)
	manifest, err := oras.PackManifest(ctx, store, oras.PackManifestVersion1_1, ArtifactType, oras.PackManifestOptions{
		Layers:              layers,
		ManifestAnnotations: annotations,
	})
	if err != nil {
		return "", err
	}
	tag := r.remote.Reference.Reference
	if err := store.Tag(ctx, manifest, tag); err != nil {
		return "", err
	}
	if _, err := oras.Copy(ctx, store, tag, r.remote, tag, oras.DefaultCopyOptions); err != nil {
		return "", err
	}
	return manifest.Digest, nil
}

// put stores a layer, unless one with the same content is there.
func put(ctx context.Context, store *memory.Store, layer ocispec.Descriptor, bytes []byte) error {
	there, err := store.Exists(ctx, layer)
	if there || err != nil {
		return err
	}
	return store.Push(ctx, layer, strings.NewReader(string(bytes)))
}

// Pull returns the bundle that the reference names and the digest of its artifact. Both have been compared with what
// was sent. It returns an error for a bundle of more than limit bytes, before any of them are read.
func (r *Repository) Pull(ctx context.Context, limit int64) ([]byte, digest.Digest, error) {
	bundle, artifact, err := r.pull(ctx, limit)
	if err != nil {
		return nil, "", fmt.Errorf("pull bundle: %w", err)
	}
	return bundle, artifact, nil
}

func (r *Repository) pull(ctx context.Context, limit int64) ([]byte, digest.Digest, error) {
	if r.remote == nil {
		return nil, "", errNotOpen
	}
	manifest, text, err := oras.FetchBytes(ctx, r.remote, r.remote.Reference.Reference, oras.FetchBytesOptions{
		FetchOptions: oras.FetchOptions{}, MaxBytes: MaxManifest,
	})
	if err != nil {
		return nil, "", err
	}
	layers, err := content.Successors(ctx, fetched{manifest, text}, manifest)
	if err != nil {
		return nil, "", err
	}
	i := slices.IndexFunc(layers, func(layer ocispec.Descriptor) bool { return layer.MediaType == BundleType })
	if i < 0 {
		return nil, "", fmt.Errorf("the artifact has no layer of the type %s", BundleType)
	}
	if layers[i].Size > limit {
		return nil, "", fmt.Errorf("the bundle has %d bytes, and %d is the limit", layers[i].Size, limit)
	}
	bundle, err := content.FetchAll(ctx, r.remote, layers[i])
	return bundle, manifest.Digest, err
}

// fetched is a manifest that need not be fetched again.
type fetched struct {
	descriptor ocispec.Descriptor
	text       []byte
}

// Fetch implements content.Fetcher.
func (f fetched) Fetch(_ context.Context, target ocispec.Descriptor) (io.ReadCloser, error) {
	if !content.Equal(target, f.descriptor) {
		return nil, fmt.Errorf("%s: %w", target.Digest, errors.ErrUnsupported)
	}
	return io.NopCloser(strings.NewReader(string(f.text))), nil
}
