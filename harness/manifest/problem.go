package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// Problem is one thing that could not be read.
type Problem struct {
	File string
	Line int // 1-based; 0 where there is none
	Err  error
}

// Error is "file:line: cause", without what is not known.
func (p *Problem) Error() string {
	switch {
	case p.File == "":
		return p.cause()
	case p.Line == 0:
		return fmt.Sprintf("%s: %s", p.File, p.cause())
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.cause())
}

func (p *Problem) cause() string {
	if p.Err == nil {
		return "no cause given"
	}
	return p.Err.Error()
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// MarshalJSON writes file, line (0 where there is none) and message.
func (p *Problem) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Message string `json:"message"`
	}{p.File, p.Line, p.cause()})
}

// pathCause drops the path that a Problem names anyway.
func pathCause(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}
