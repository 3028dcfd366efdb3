package pack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/open-policy-agent/opa/v1/bundle"
)

// Extract writes the files of an archive into a folder, for programs that load no archive and verify no signature,
// such as conftest: what has been verified is what they read. It leaves out .signatures.json, which no signature covers
// and which they would load as data. The folder must not exist, or be empty; it appears with all its files or not at
// all.
func (a *Archive) Extract(folder string) (err error) {
	folder = filepath.Clean(folder)
	if err := demandEmpty(folder); err != nil {
		return fmt.Errorf("extract bundle: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return fmt.Errorf("extract bundle: %w", err)
	}
	staging, err := os.MkdirTemp(filepath.Dir(folder), "."+filepath.Base(folder)+"-*")
	if err != nil {
		return fmt.Errorf("extract bundle: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("extract bundle: %w", errors.Join(err, os.RemoveAll(staging)))
		}
	}()
	if err := os.Chmod(staging, 0o755); err != nil {
		return err
	}
	if err := a.writeInto(staging); err != nil {
		return err
	}
	// An empty folder gives way; one that somebody has written into since does not.
	if err := os.Remove(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(staging, folder)
}

func (a *Archive) writeInto(folder string) (err error) {
	// A root refuses whatever would lead out of the folder, should a name get this far.
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, file := range a.Files {
		if bundle.IsSignaturesFile(file.Name) {
			continue
		}
		name := filepath.FromSlash(file.Name)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(name, file.Content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func demandEmpty(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s: is not empty", folder)
	}
	return nil
}
