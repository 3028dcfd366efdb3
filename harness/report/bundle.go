package report

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// A Bundle is what there is to know of a bundle.
type Bundle struct {
	File string `json:"file"`
	*pack.Contents
	// Reference is the bundle's place in a registry, by its digest; "" where it is in none.
	Reference string `json:"reference,omitempty"`
}

// WriteJSON writes all that is known, for programs.
func (b *Bundle) WriteJSON(w io.Writer) error {
	if b.Contents == nil {
		return errNoContents
	}
	return writeJSON(w, b)
}

var errNoContents = errors.New("write bundle: it has no Contents")

// WriteTable writes what the bundle is and who signed it, its rules, and its files, for people.
func (b *Bundle) WriteTable(w io.Writer, style Style) error {
	if err := b.WriteSummary(w, style); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	rules := &Rules{Rules: b.Rules, Profiles: harness.Profiles()}
	if err := rules.WriteTable(w, style); err != nil {
		return err
	}
	rows := []row{{cells: []cell{{}}}, {cells: []cell{{text: "file", paint: faint}, {text: "bytes", paint: faint, right: true}, {text: "digest", paint: faint}}}}
	for _, file := range b.Files {
		rows = append(rows, row{cells: []cell{
			{text: file.Name, paint: cyan}, {text: strconv.Itoa(file.Size), right: true}, {text: file.Digest},
		}})
	}
	l := newLayout(w, style, []entry{{rows: rows}})
	for _, row := range rows {
		l.row("", row)
	}
	return l.Flush()
}

// WriteSummary writes what the bundle is and who signed it, for people.
func (b *Bundle) WriteSummary(w io.Writer, style Style) error {
	if b.Contents == nil {
		return errNoContents
	}
	var rows []row
	for _, fact := range b.facts() {
		rows = append(rows, row{cells: []cell{{text: fact[0], paint: faint}}, text: cell{text: fact[1]}})
	}
	l := newLayout(w, style, []entry{{rows: rows}})
	l.line(l.paint(Printable(b.File), bold))
	for _, row := range rows {
		l.row(gap, row)
	}
	return l.Flush()
}

// facts are labels and what they say.
func (b *Bundle) facts() [][2]string {
	facts := [][2]string{
		{"signature", b.signature()},
		{"revision", b.Manifest.Revision},
		{"version", strings.TrimSpace(b.Manifest.Name + " " + b.Manifest.Version)},
	}
	if b.Manifest.Time != "" {
		facts = append(facts, [2]string{"sources of", b.Manifest.Time})
	}
	facts = append(facts,
		[2]string{"digest", b.Digest},
		[2]string{"size", fmt.Sprintf("%s, %s", count(b.Size, "byte"), count(len(b.Files), "file"))},
	)
	if b.Reference != "" {
		facts = append(facts, [2]string{"reference", b.Reference})
	}
	if opa := b.Manifest.OPA; opa.Minimum != "" {
		facts = append(facts, [2]string{"OPA", fmt.Sprintf("%s and later, tested with %s", opa.Minimum, opa.Tested)})
	}
	if kubernetes := b.Manifest.Kubernetes; kubernetes.Tested != "" {
		facts = append(facts, [2]string{"Kubernetes", "tested with " + kubernetes.Tested})
	}
	return append(facts,
		[2]string{"owns", "data." + strings.Join(b.Manifest.Roots, ", data.")},
		[2]string{"asked at", strings.Join(b.Manifest.Entrypoints, ", ")},
	)
}

func (b *Bundle) signature() string {
	if b.Contents.Signature == nil {
		return "none"
	}
	s := *b.Contents.Signature
	verified := "not verified"
	if s.Verified {
		verified = "verified"
	}
	return fmt.Sprintf("%s: %s with the key %q for the scope %q", verified, s.Algorithm, s.KeyID, s.Scope)
}
