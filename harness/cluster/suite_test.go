//go:build cluster

package cluster_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

// shared is the cluster that every test uses, each in namespaces of its own.
var shared *cluster

func TestMain(m *testing.M) {
	os.Exit(withCluster(m.Run))
}

func withCluster(test func() int) (code int) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "cluster:", err)
			code = 1
		}
	}
	programs, err := findPrograms()
	if err != nil {
		fail(err)
		return
	}
	dir, err := os.MkdirTemp("", "pullpolicy-cluster-")
	if err != nil {
		fail(err)
		return
	}
	defer func() { fail(os.RemoveAll(dir)) }()

	started := time.Now()
	shared, err = start(context.Background(), programs, dir)
	if shared != nil {
		defer func() { fail(shared.stop()) }()
	}
	if err != nil {
		fail(err)
		return
	}
	results = append(results, result{"start of etcd and kube-apiserver", tally{cases: 1}, time.Since(started)})

	code = test()
	printTable()
	return
}

// A tally counts what was compared, and keeps the first disagreements.
type tally struct {
	cases, disagreements int
	first                []string
	note                 string // what else the table says of it
}

func (t *tally) disagree(format string, args ...any) {
	t.disagreements++
	if len(t.first) < 5 {
		t.first = append(t.first, fmt.Sprintf(format, args...)+"\n")
	}
}

// A result is a row of the table.
type result struct {
	what string
	tally
	took time.Duration
}

var results []result

// compare runs a comparison, puts it into the table, and fails where it found a disagreement or compared nothing.
func compare(t *testing.T, what string, run func(*tally)) {
	t.Helper()
	started := time.Now()
	var compared tally
	run(&compared)
	results = append(results, result{what, compared, time.Since(started)})
	require.Positive(t, compared.cases, what)
	require.Zero(t, compared.disagreements, "%s; the first ones:\n%s", what, compared.first)
}

func printTable() {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "what\tcases\tdisagreements\tseconds\t\n")
	for _, r := range results {
		fmt.Fprintf(table, "%s\t%d\t%d\t%.1f\t%s\n", r.what, r.cases, r.disagreements, r.took.Seconds(), r.note)
	}
	_ = table.Flush() // os.Stdout
}

// inParallel runs each of the items, so many at once.
func inParallel[T any](workers int, items []T, run func(T)) {
	queue := make(chan T)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for item := range queue {
				run(item)
			}
		})
	}
	for _, item := range items {
		queue <- item
	}
	close(queue)
	running.Wait()
}

func newEngine(t *testing.T) *harness.Engine {
	t.Helper()
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	return engine
}

func newNamespace(t *testing.T, name string) {
	t.Helper()
	status, answer, err := shared.do(t.Context(), "POST", "/api/v1/namespaces", map[string]any{
		"metadata": map[string]any{"name": name},
	})
	require.NoError(t, err)
	require.Equal(t, 201, status, string(answer))
}
