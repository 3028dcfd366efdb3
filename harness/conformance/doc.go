// Package conformance runs Kubernetes' own code beside the policies and demands the same answers of both.
//
// It is a module of its own, so that users of the harness do not get Kubernetes' dependencies. Run in its folder,
//
//	go test -count=1
//
// prints a table of what was compared and what disagreed. RESULTS.md holds that table; TestTable keeps it in step, and
//
//	go test -run TestTable -update [-objects 1000000]
//
// writes it. go test -fuzz FuzzReference -fuzzminimizetime 1x searches on from the corpus in testdata; without that flag
// it spends its time on making inputs smaller.
package conformance
