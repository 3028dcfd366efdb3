package pack

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// What an archive may hold at most. This project's bundles stay below a hundredth of it; a decompression bomb does not.
const (
	MaxCompressed = 16 << 20 // bytes of the gzipped tarball
	MaxUnpacked   = 64 << 20 // bytes of the tarball
	MaxFiles      = 10_000
	MaxName       = 255 // bytes of a file's path
)

const (
	manifestName   = ".manifest"
	signaturesName = ".signatures.json"
)

// An Archive is the content of a bundle that has been read within the limits. Nothing in it is trusted until a
// Verifier has accepted it.
type Archive struct {
	// Files are in the order in which they are archived.
	Files []File

	packed []byte
}

// A File is one file of an Archive.
type File struct {
	// Name is slash-separated, relative and clean.
	Name string
	// Content is what a signature covers: the bytes; for data.json and the manifest, the one spelling of their values
	// whose bytes have the signed hash. That of .signatures.json, which none covers, is as it was read.
	Content []byte
}

// Read reads a bundle, a gzipped tarball. It returns an error for what unpacks to more than the limits; for what has no
// place in a bundle: links and devices, paths that lead out of it, a file that is there twice, and anything behind the
// tarball's end; and for structured files with more than one reading.
func Read(in io.Reader) (*Archive, error) {
	packed, err := readAtMost(in, MaxCompressed, "archive")
	if err != nil {
		return nil, fmt.Errorf("read bundle: %w", err)
	}
	archive := &Archive{packed: packed}
	if err := archive.unpack(); err != nil {
		return nil, fmt.Errorf("read bundle: %w", err)
	}
	return archive, nil
}

func readAtMost(in io.Reader, limit int64, what string) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("the %s has more than %d bytes", what, limit)
	}
	return content, nil
}

func (a *Archive) unpack() error {
	unzipped, err := gzip.NewReader(bytes.NewReader(a.packed))
	if err != nil {
		return err
	}
	// All of it, so that gzip's checksum has been compared before anything is believed.
	tarball, err := readAtMost(unzipped, MaxUnpacked, "unpacked archive")
	if err != nil {
		return err
	}

	rest := bytes.NewReader(tarball)
	entries := tar.NewReader(rest)
	seen := map[string]bool{}
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if header.Typeflag == tar.TypeDir {
			continue
		}
		name, err := nameOf(header)
		if err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("%s: is in the archive twice", name)
		}
		seen[name] = true
		if len(seen) > MaxFiles {
			return fmt.Errorf("the archive has more than %d files", MaxFiles)
		}
		if header.Size > int64(rest.Len()) {
			return fmt.Errorf("%s: %w", name, io.ErrUnexpectedEOF)
		}
		content := make([]byte, header.Size)
		if _, err := io.ReadFull(entries, content); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		file := File{name, content}
		if file.Content, err = file.read(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		a.Files = append(a.Files, file)
	}

	behind, err := io.ReadAll(rest)
	if err != nil {
		return err
	}
	if len(bytes.Trim(behind, "\x00")) > 0 {
		return errors.New("there is something behind the tarball's end")
	}
	if len(a.Files) == 0 {
		return errors.New("the archive has no files")
	}
	return nil
}

// nameOf is an entry's path. OPA writes absolute ones.
func nameOf(header *tar.Header) (string, error) {
	name := strings.TrimPrefix(header.Name, "/")
	switch {
	case header.Typeflag != tar.TypeReg:
		return "", fmt.Errorf("%q: is no regular file (type %q)", header.Name, header.Typeflag)
	case len(name) > MaxName:
		return "", fmt.Errorf("%q: the path has more than %d bytes", name[:MaxName], MaxName)
	case name == "" || name != path.Clean(name) || name == ".." || strings.HasPrefix(name, "../") ||
		strings.HasPrefix(name, "/") || strings.ContainsAny(name, "\\:\x00"):
		return "", fmt.Errorf("%q: is no clean path inside the bundle", header.Name)
	}
	return name, nil
}

// file returns the content of a file.
func (a *Archive) file(name string) ([]byte, bool) {
	i := slices.IndexFunc(a.Files, func(f File) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return a.Files[i].Content, true
}

// Bytes are the archive as it was read. They must not be changed.
func (a *Archive) Bytes() []byte { return a.packed }

// Signed says whether the archive has a signature, whoever made it.
func (a *Archive) Signed() bool {
	_, ok := a.file(signaturesName)
	return ok
}
