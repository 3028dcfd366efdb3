package tamper

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

// An Entry is one of a tarball.
type Entry struct {
	tar.Header
	Content []byte
}

// File is the entry of a regular file.
func File(name, content string) Entry {
	return Entry{tar.Header{Name: name, Mode: 0o600, Typeflag: tar.TypeReg}, []byte(content)}
}

// Unpack returns the entries of a bundle.
func Unpack(bundle []byte) ([]Entry, error) {
	tarball, err := Gunzip(bundle)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	reader := tar.NewReader(bytes.NewReader(tarball))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{*header, content})
	}
}

// Pack makes a bundle of entries.
func Pack(entries []Entry) ([]byte, error) {
	var tarball bytes.Buffer
	writer := tar.NewWriter(&tarball)
	for _, entry := range entries {
		header := entry.Header
		if header.Typeflag == tar.TypeReg {
			header.Size = int64(len(entry.Content))
		}
		if err := writer.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(entry.Content); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return Gzip(tarball.Bytes())
}

// Gunzip returns the tarball in a bundle.
func Gunzip(bundle []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(bundle))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}

// Gzip makes a bundle of a tarball. It compresses nothing, which is fast.
func Gzip(tarball []byte) ([]byte, error) { return GzipWith(gzip.Header{}, tarball) }

// GzipWith is Gzip with a header.
func GzipWith(header gzip.Header, tarball []byte) ([]byte, error) {
	var zipped bytes.Buffer
	writer, err := gzip.NewWriterLevel(&zipped, gzip.NoCompression)
	if err != nil {
		return nil, err
	}
	writer.Header = header
	if _, err := writer.Write(tarball); err != nil {
		return nil, err
	}
	err = writer.Close()
	return zipped.Bytes(), err
}
