//go:build hosts

package hosts_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
	"github.com/pullpolicy/pullpolicy/harness/internal/tamper"
	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// How long a server may take for what it does within seconds, and how often it is looked at.
const (
	patience = time.Minute
	tick     = 50 * time.Millisecond
)

// A ledger is what a part of TestFleet has to show.
type ledger struct {
	asked, disagreements            int // fixtures
	requests, activations, failures int // under load
	events                          []event
}

// An event is what happened to a server, what it said of that, and what was active then.
type event struct{ injected, said, active string }

// took notes what a server took, whose revision is active since.
func (l *ledger) took(t *testing.T, opa *fleetServer, injected, revision string) {
	t.Helper()
	opa.activates(t, revision)
	l.note(injected, "", revision)
}

// kept notes what a server did not take, in its words, and the revision that it kept, "" for none.
func (l *ledger) kept(t *testing.T, opa *fleetServer, injected, message, revision string) {
	t.Helper()
	opa.refuses(t, message, revision)
	l.note(injected, message, cmp.Or(revision, "nothing, and no answers"))
}

func (l *ledger) note(injected, said, active string) {
	l.events = append(l.events, event{injected, said, active})
}

// TestFleet runs servers with the configuration that ships through what a fleet lives through.
func TestFleet(t *testing.T) {
	parts := []struct {
		name string
		run  func(*testing.T, *ledger)
	}{
		{"fixtures", fleetAgrees},
		{"load", fleetUnderLoad},
		{"HTTP", fleetOverHTTP},
		{"older bundles", fleetRolledBack},
		{"keys", fleetRotates},
		{"registry", fleetFromRegistry},
		{"parameters", fleetWithParameters},
	}
	ledgers := make([]ledger, len(parts))
	t.Run("parts", func(t *testing.T) {
		for i, part := range parts {
			t.Run(part.name, func(t *testing.T) { part.run(t, &ledgers[i]) })
		}
	})

	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PART\tINJECTED\tOPA SAYS\tACTIVE")
	var sum ledger
	for i, part := range parts {
		sum.asked += ledgers[i].asked
		sum.disagreements += ledgers[i].disagreements
		sum.requests += ledgers[i].requests
		sum.activations += ledgers[i].activations
		sum.failures += ledgers[i].failures
		for _, e := range ledgers[i].events {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", part.name, e.injected, e.said, e.active)
		}
	}
	require.NoError(t, w.Flush())
	assert.Zero(t, sum.disagreements)
	assert.Zero(t, sum.failures)
	t.Logf("%d fixtures asked, %d disagreements; %d requests during %d activations, %d failures\n%s",
		sum.asked, sum.disagreements, sum.requests, sum.activations, sum.failures, &table)
}

// fleetAgrees asks for every fixture, as it is and as an API server sends it.
func fleetAgrees(t *testing.T, l *ledger) {
	key := ours()
	p := publish(t, build(t, "r1", key, nil))
	t.Parallel()

	// Without --authorization, so that the parameters of a fixture can be put into data, where a review's are.
	opa := site{url: p.URL, resource: "bundle.tar.gz", state: t.TempDir(), keys: []keyPair{key}, open: true}.start(t)
	opa.activates(t, "r1")

	host := row{host: "opa run --server, a fleet's", version: versionOf(t, program(t, "PULLPOLICY_OPA"))}
	l.asked, l.disagreements = agree(t, host, time.Now(), func(ctx context.Context, c *fixture.Case) ([]harness.Violation, error) {
		return ask(ctx, opa.url+violationsPath, c.Input)
	})
	l.note("every fixture, as it is", "", "r1")
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	started, reviewed, different := time.Now(), 0, 0
	for _, c := range load(t) {
		opa.put(t, parametersOf(t, c))
		sent, wrapped := reviewOf(t, c)
		verdict, err := engine.Judge(t.Context(), harness.Input{
			Reviews: []harness.Review{wrapped}, Parameters: c.Input.Parameters,
		})
		require.NoError(t, err)
		found, err := opa.violationsOf(t.Context(), sent)
		require.NoError(t, err, c.File)
		got, err := admit(t.Context(), opa.url+reviewPath, sent)
		require.NoError(t, err, c.File)
		atRoot, err := admit(t.Context(), opa.url, sent)
		require.NoError(t, err, c.File)

		agreed := assert.Equal(t, findings(verdict.Violations), findings(found), c.File)
		agreed = assert.Equal(t, admissionOf(sent, verdict.Violations), got, c.File) && agreed
		agreed = assert.Equal(t, got, atRoot, c.File) && agreed
		reviewed++
		if !agreed {
			different++
		}
	}
	l.note("every fixture, as an AdmissionReview", "", "r1")
	enter(row{"opa run --server, a fleet's, AdmissionReviews", host.version, reviewed, different, time.Since(started)})
	l.asked += reviewed
	l.disagreements += different
}

// fleetUnderLoad has revisions of different verdicts replace each other while many ask.
func fleetUnderLoad(t *testing.T, l *ledger) {
	const askers = 4
	key := ours()
	bundles := [][]byte{}
	for i := range 6 {
		bundles = append(bundles, build(t, fmt.Sprintf("r%d", i), key, []any{nil, strict}[i%2]))
	}
	t.Parallel()

	p := publish(t, bundles[0])
	opa := site{url: p.URL, resource: "bundle.tar.gz", state: t.TempDir(), keys: []keyPair{key}}.start(t)
	opa.activates(t, "r0")

	questions := questionsFor(t)
	tally := &tally{answered: map[string]int{}}
	stop := make(chan struct{})
	var group sync.WaitGroup
	for asker := range askers {
		group.Go(func() {
			for i := asker; ; i++ {
				select {
				case <-stop:
					return
				default:
					tally.ask(t.Context(), opa, questions[i%len(questions)])
				}
			}
		})
	}
	halt := sync.OnceFunc(func() {
		close(stop)
		group.Wait()
	})
	defer halt()
	for i, bundle := range bundles[1:] {
		p.set(bundle)
		opa.activates(t, fmt.Sprintf("r%d", i+1))
		l.activations++
	}
	halt()

	l.requests, l.failures = tally.requests, len(tally.failures)
	require.NoError(t, errors.Join(tally.failures[:min(l.failures, 5)]...))
	for i := range bundles {
		require.Positive(t, tally.answered[fmt.Sprintf("r%d", i)], "r%d gave no answer, so nobody asked while it was active", i)
	}
	l.note(fmt.Sprintf("%d revisions, one after the other, while %d ask", l.activations, askers), "", fmt.Sprintf("r%d", l.activations))
}

// fleetOverHTTP has a server given what it must not take, and then nothing.
func fleetOverHTTP(t *testing.T, l *ledger) {
	key, stranger := ours(), others()
	unsigned, first, second := buildWith(t, pack.Options{Revision: "r2"}), build(t, "r1", key, nil), build(t, "r2", key, nil)
	faults := []struct {
		name, message string
		bundle        []byte
	}{
		{"unsigned", "bundle missing .signatures.json file", unsigned},
		{"a module changed", "pullpolicy/uses/uses.rego: digest mismatch", tampered(t, second, "a newline in a module")},
		{"a module more", "file pullpolicy/more.rego not included in bundle signature", tampered(t, second, "a module more")},
		{"a delta", "delta bundles do not support signature verification", tampered(t, second, "a delta in its place")},
		{"signed with another key", "failed to verify JWT signature", build(t, "r2", stranger, nil)},
		{"signed under an id that nobody knows", "verification key corresponding to ID other not found", build(t, "r2", key.as("other"), nil)},
		{"signed for another scope", "scope mismatch", buildFor(t, "other", "r2", key, nil)},
		{"half a bundle", "unexpected EOF", tampered(t, second, "half of it")},
		{"a page in its place", "gzip: invalid header", []byte("<html>Sign in</html>")},
	}
	t.Parallel()

	p := publish(t, unsigned)
	here := site{url: p.URL, resource: "bundle.tar.gz", state: t.TempDir(), keys: []keyPair{key}}
	opa := here.start(t)
	l.kept(t, opa, "unsigned, at the first start", "bundle missing .signatures.json file", "")
	p.set(first)
	l.took(t, opa, "signed", "r1")
	for _, fault := range faults {
		p.set(fault.bundle)
		l.kept(t, opa, fault.name, fault.message, "r1")
	}
	p.set(second)
	l.took(t, opa, "signed again", "r2")

	p.Close()
	l.kept(t, opa, "the publisher dies", "connection refused", "r2")
	opa.kill()
	opa = here.start(t)
	l.kept(t, opa, "a restart without the publisher, from the copy", "connection refused", "r2")
	opa.kill()
	require.NoError(t, os.WriteFile(filepath.Join(here.state, "bundles/pullpolicy/bundle.tar.gz"),
		tampered(t, second, "a newline in a module"), 0o600))
	opa = here.start(t)
	l.kept(t, opa, "a restart without the publisher, and the copy changed", "connection refused", "")
	require.Contains(t, opa.said(t), "Failed to load bundle from disk: pullpolicy/uses/uses.rego: digest mismatch")
}

// fleetRolledBack offers a bundle that the fleet has long replaced.
func fleetRolledBack(t *testing.T, l *ledger) {
	key := ours()
	signer, err := pack.NewSigner(key.private, "", key.id, pack.DefaultScope)
	require.NoError(t, err)
	then := time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)
	older := buildWith(t, pack.Options{Revision: "r1", Time: then.Add(-time.Second), Signer: signer})
	newer := buildWith(t, pack.Options{Revision: "r2", Time: then, Signer: signer})
	timeless := buildWith(t, pack.Options{Revision: "r3", Signer: signer})
	t.Parallel()

	p := publish(t, older)
	here := site{url: p.URL, resource: "bundle.tar.gz", state: t.TempDir(), keys: []keyPair{key}}
	opa := here.start(t)
	opa.activates(t, "r1")
	p.set(newer)
	opa.activates(t, "r2")

	before := p.answers(http.StatusOK)
	p.set(older)
	opa.keeps(t, "r2")
	l.note("older, and the publisher heeds If-None-Match", "", "r2")
	require.Equal(t, before, p.answers(http.StatusOK), "the older bundle was sent")
	p.ignoreETags()
	l.took(t, opa, "older, and it does not: OPA has nothing against it", "r1")

	here.state = t.TempDir()
	here.more = []string{write(t, "oldest.yaml", `pullpolicy_not_older_than: "`+then.Format(time.RFC3339)+`"`)}
	p.set(newer)
	opa = here.start(t)
	l.took(t, opa, "signed, on a server with pullpolicy_not_older_than", "r2")
	for _, stale := range []struct {
		injected, revision string
		bundle             []byte
	}{
		{"older, on that server", "r1", older},
		{"without a time, on that server", "r3", timeless},
		{"without a time and with a forged one, on that server", "r3", tampered(t, timeless, "a forged time")},
	} {
		p.set(newer)
		opa.activates(t, "r2")
		p.set(stale.bundle)
		require.Eventually(t, func() bool { return opa.status(t).ActiveRevision == stale.revision }, patience, tick)
		for path, body := range map[string]string{violationsPath: `{"input": {"reviews": []}}`, reviewPath: `{}`, "/": `{}`} {
			assert.Equal(t, http.StatusUnauthorized, opa.send(t, http.MethodPost, path, body), "%s: %s", stale.injected, path)
		}
		l.note(stale.injected, "401 to every question", stale.revision+", and no answers")
	}
	p.set(newer)
	l.took(t, opa, "signed again, on that server", "r2")
}

// fleetRotates replaces a key.
func fleetRotates(t *testing.T, l *ledger) {
	old, replacement := ours().as("old"), others().as("new")
	first, second := build(t, "r1", old, nil), build(t, "r2", replacement, nil)
	third, fourth := build(t, "r3", old, nil), build(t, "r4", replacement, nil)
	t.Parallel()

	p := publish(t, first)
	here := site{url: p.URL, resource: "bundle.tar.gz", state: t.TempDir(), keys: []keyPair{old}}
	opa := here.start(t)
	l.took(t, opa, "the old key trusted, signed with it", "r1")
	p.set(second)
	l.kept(t, opa, "the old key trusted, signed with the new one", "verification key corresponding to ID new not found", "r1")
	opa.kill()

	here.keys = []keyPair{old, replacement}
	pinned := here
	pinned.more = []string{"--set=bundles.pullpolicy.signing.keyid=old"}
	opa = pinned.start(t)
	l.kept(t, opa, "both trusted, but a keyid configured, signed with the new one", "failed to verify JWT signature", "r1")
	opa.kill()

	opa = here.start(t)
	l.took(t, opa, "both trusted, signed with the new one", "r2")
	p.set(third)
	l.took(t, opa, "both trusted, signed with the old one", "r3")
	p.set(fourth)
	opa.activates(t, "r4")
	opa.kill()

	here.keys = []keyPair{replacement}
	opa = here.start(t)
	l.took(t, opa, "the new key trusted, signed with it", "r4")
	p.set(third)
	l.kept(t, opa, "the new key trusted, signed with the old one", "verification key corresponding to ID old not found", "r4")
}

func tampered(t *testing.T, bundle []byte, name string) []byte {
	t.Helper()
	for _, tampering := range tamper.All() {
		if tampering.Name == name {
			changed, err := tampering.Apply(bundle)
			require.NoError(t, err)
			return changed
		}
	}
	require.FailNow(t, "there is no such tampering", name)
	return nil
}
