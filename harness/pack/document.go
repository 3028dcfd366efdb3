package pack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/util"
)

// read returns the content of a file as it is to be used. OPA hashes the value of a structured file and not its bytes,
// so that one signature covers many spellings. Of those that every reader takes for the same value, read returns the
// one whose bytes have the hash of the value; the others, such as one with a duplicate key, it rejects.
func (f File) read() ([]byte, error) {
	switch base := path.Base(f.Name); {
	case f.Name == signaturesName:
		_, err := signaturesOf(f.Content)
		return f.Content, err
	case !bundle.IsStructuredDoc(f.Name):
		return f.Content, nil
	case bundle.IsYAMLDataFile(f.Name):
		return nil, errors.New("YAML has more than one reading; write the data as data.json, as opa build does")
	default:
		value, err := valueOf(f.Content)
		if err != nil {
			return nil, err
		}
		if base == manifestName {
			if err := demandDistinct(value); err != nil {
				return nil, err
			}
		}
		return canonical(value)
	}
}

// valueOf returns the value of a JSON text. It returns an error for what two readers may take for different values: a
// duplicate key, text that is not Unicode, and anything behind the value.
func valueOf(text []byte) (any, error) {
	decoder := jsontext.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.ReadValue(); err != nil {
		if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok && errors.Is(err, jsontext.ErrDuplicateName) {
			return nil, fmt.Errorf("duplicate key %q", syntax.JSONPointer.LastToken())
		}
		return nil, err
	}
	switch _, err := decoder.ReadToken(); {
	case err == nil:
		return nil, errors.New("there is something behind the JSON value")
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	var value any
	err := util.UnmarshalJSON(text, &value) // which keeps numbers as they are written
	return value, err
}

// canonical returns the JSON text whose bytes have the hash that OPA computes for the value.
func canonical(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// demandDistinct returns an error where two keys of an object differ in case alone: OPA reads its own files with
// encoding/json, to which they are the same key.
func demandDistinct(value any) error {
	switch value := value.(type) {
	case map[string]any:
		seen := map[string]string{}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if before, ok := seen[folded(key)]; ok {
				return fmt.Errorf("duplicate key %q: it differs from %q in case alone", key, before)
			}
			seen[folded(key)] = key
			if err := demandDistinct(value[key]); err != nil {
				return err
			}
		}
	case []any:
		for _, element := range value {
			if err := demandDistinct(element); err != nil {
				return err
			}
		}
	}
	return nil
}

// folded is the same for keys that are equal under Unicode's simple folding.
func folded(key string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, key)
}

// signaturesOf reads .signatures.json, which no signature covers. It returns an error for every key but those that OPA
// knows, in the case that OPA writes them in.
func signaturesOf(content []byte) (bundle.SignaturesConfig, error) {
	var config bundle.SignaturesConfig
	value, err := valueOf(content)
	if err != nil {
		return config, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return config, errors.New("is not an object")
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if key != "signatures" && key != "plugin" {
			return config, fmt.Errorf("holds %q, which no signature covers; it may hold only signatures and plugin", key)
		}
	}
	err = json.Unmarshal(content, &config)
	return config, err
}
