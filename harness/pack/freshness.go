package pack

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// Freshness is what a bundle's manifest must state. OPA itself accepts every bundle that was ever signed, so that an
// old one can be played back.
type Freshness struct {
	// Revision is the one that is accepted, "" for any.
	Revision string
	// NotOlderThan is the time of the sources (RFC 3339, or a date in UTC), the semantic version, or the revision of
	// the oldest bundle that is accepted; "" for any. Revisions are compared where they differ in numbers only, as
	// r9 and r10 do.
	NotOlderThan string
}

// check returns an error unless the statement is fresh. What cannot be compared is not.
func (f Freshness) check(statement Statement) error {
	if f.Revision != "" && statement.Revision != f.Revision {
		return fmt.Errorf("the revision is %q, and %q is required", statement.Revision, f.Revision)
	}
	if f.NotOlderThan == "" {
		return nil
	}
	if oldest, ok := parseTime(f.NotOlderThan); ok {
		return statement.notBefore(oldest)
	}
	own := statement.Revision
	if isVersion(f.NotOlderThan) && !isVersion(own) {
		own = statement.Version
	}
	order, err := compareRevisions(own, f.NotOlderThan)
	if err != nil {
		return err
	}
	if order < 0 {
		return fmt.Errorf("%s is older than %s", own, f.NotOlderThan)
	}
	return nil
}

func (s Statement) notBefore(oldest time.Time) error {
	if s.Time == "" {
		return errors.New("the manifest states no time")
	}
	own, err := time.Parse(time.RFC3339, s.Time)
	if err != nil {
		return fmt.Errorf("the manifest's time: %w", err)
	}
	if own.Before(oldest) {
		return fmt.Errorf("the sources are of %s, which is before %s", s.Time, oldest.Format(time.RFC3339))
	}
	return nil
}

func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if parsed, err := time.Parse(layout, text); err == nil {
			return parsed, true
		}
	}
	return time.Time{}, false
}

var (
	// A version of git describe is younger than the tag in it, and a semantic version of that shape is older.
	described = regexp.MustCompile(`-[0-9]+-g[0-9a-f]{4,}`)
	commit    = regexp.MustCompile(`^[0-9a-f]{12,}(-dirty)?$`)
	digits    = regexp.MustCompile(`[0-9]+`)
)

func version(text string) string { return "v" + strings.TrimPrefix(text, "v") }

func isVersion(text string) bool {
	return strings.Count(text, ".") >= 2 && semver.IsValid(version(text)) && !described.MatchString(text)
}

// compareRevisions orders two revisions, or says that they have no order.
func compareRevisions(a, b string) (int, error) {
	switch {
	case a == b:
		return 0, nil
	case isVersion(a) && isVersion(b):
		return semver.Compare(version(a), version(b)), nil
	case a == "", commit.MatchString(a), commit.MatchString(b), described.MatchString(a), described.MatchString(b),
		digits.ReplaceAllString(a, "0") != digits.ReplaceAllString(b, "0"):
		return 0, fmt.Errorf("the revisions %q and %q have no order; compare by time", a, b)
	}
	as, bs := digits.FindAllString(a, -1), digits.FindAllString(b, -1)
	for i := range as {
		if order := compareNumbers(as[i], bs[i]); order != 0 {
			return order, nil
		}
	}
	return 0, nil
}

// compareNumbers compares numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
