package pack_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

func TestReadRefuses(t *testing.T) {
	link := func(typeflag byte, name, target string) entry {
		return entry{Header: tar.Header{Name: name, Linkname: target, Typeflag: typeflag}}
	}
	for name, test := range map[string]struct {
		entries []entry
		want    string
	}{
		"nothing":                   {nil, "the archive has no files"},
		"a path above":              {[]entry{file("../a.rego", "")}, `"../a.rego": is no clean path`},
		"a path above further down": {[]entry{file("/a/../../b.rego", "")}, `is no clean path`},
		"two dots":                  {[]entry{file("..", "")}, `is no clean path`},
		"a path that is not clean":  {[]entry{file("./data.json", "{}")}, `"./data.json": is no clean path`},
		"a path of a host":          {[]entry{file("//host/a.rego", "")}, `is no clean path`},
		"a path of a drive":         {[]entry{file("c:/a.rego", "")}, `is no clean path`},
		"a backslash":               {[]entry{file(`..\a.rego`, "")}, `is no clean path`},
		"a long path":               {[]entry{file(strings.Repeat("a", 256), "")}, "more than 255 bytes"},
		"a file twice":              {[]entry{file("a.rego", "b"), file("/a.rego", "c")}, "a.rego: is in the archive twice"},
		"a symbolic link":           {[]entry{link(tar.TypeSymlink, "a.rego", "/etc/passwd")}, `"a.rego": is no regular file (type '2')`},
		"a hard link":               {[]entry{file("b", ""), link(tar.TypeLink, "a.rego", "b")}, `"a.rego": is no regular file (type '1')`},
		"a device":                  {[]entry{link(tar.TypeBlock, "a.rego", "")}, `"a.rego": is no regular file (type '4')`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pack.Read(bytes.NewReader(repack(t, test.entries)))
			require.Error(t, err)
			assert.True(t, strings.HasPrefix(err.Error(), "read bundle: "), err)
			assert.ErrorContains(t, err, test.want)
		})
	}

	t.Run("no archive", func(t *testing.T) {
		_, err := pack.Read(strings.NewReader("this is no bundle"))
		require.ErrorIs(t, err, gzip.ErrHeader)
	})
	t.Run("half an archive", func(t *testing.T) {
		packed := repack(t, []entry{file("a.rego", "package a")})
		_, err := pack.Read(bytes.NewReader(packed[:len(packed)-9]))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	})
	t.Run("something behind the end", func(t *testing.T) {
		tarball := append(gunzip(t, repack(t, []entry{file("a.rego", "package a")})), "package b"...)
		_, err := pack.Read(bytes.NewReader(zip(t, tarball)))
		require.ErrorContains(t, err, "behind the tarball's end")
	})
	t.Run("many files", func(t *testing.T) {
		var entries []entry
		for i := range pack.MaxFiles + 1 {
			entries = append(entries, file(fmt.Sprint(i), ""))
		}
		_, err := pack.Read(bytes.NewReader(repack(t, entries)))
		require.ErrorContains(t, err, "more than 10000 files")
	})
}

func TestReadSkipsFolders(t *testing.T) {
	folder := entry{Header: tar.Header{Name: "a/", Typeflag: tar.TypeDir, Mode: 0o755}}
	archive := read(t, repack(t, []entry{folder, file("a/b.rego", "package b")}))
	assert.Equal(t, []pack.File{{Name: "a/b.rego", Content: []byte("package b")}}, archive.Files)
}

// TestReadIsBounded gives it more than it takes and looks at the memory that this costs.
func TestReadIsBounded(t *testing.T) {
	zeros := func(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }
	var bomb bytes.Buffer
	writer, err := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	require.NoError(t, err)
	_, err = io.Copy(writer, zeros(2*pack.MaxUnpacked))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	claim := func(size int64) io.Reader {
		var header bytes.Buffer
		require.NoError(t, tar.NewWriter(&header).WriteHeader(&tar.Header{Name: "a.rego", Size: size, Typeflag: tar.TypeReg}))
		return bytes.NewReader(zip(t, header.Bytes()))
	}

	for name, test := range map[string]struct {
		in   io.Reader
		want string
	}{
		"a bomb":            {bytes.NewReader(bomb.Bytes()), fmt.Sprintf("the unpacked archive has more than %d bytes", pack.MaxUnpacked)},
		"a header of 4 GiB": {claim(4 << 30), "a.rego: unexpected EOF"},
		"a header of 4 EiB": {claim(4 << 60), "a.rego: unexpected EOF"}, // OPA's own reader panics
		"an endless stream": {zeroReader{}, fmt.Sprintf("the archive has more than %d bytes", pack.MaxCompressed)},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := pack.Read(test.in)
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, test.want)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*pack.MaxUnpacked))
		})
	}
}

type zeroReader struct{}

func (zeroReader) Read(into []byte) (int, error) {
	clear(into)
	return len(into), nil
}
