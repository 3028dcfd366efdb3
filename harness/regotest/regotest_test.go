package regotest_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/regotest"
	"github.com/pullpolicy/pullpolicy/policies"
)

// TestPolicies runs the project's Rego tests and fixtures.
func TestPolicies(t *testing.T) {
	t.Parallel()
	regotest.Run(t, policies.FS, os.DirFS("../../fixtures"))
}

// TestSystem runs the tests of what an OPA server in a fleet has beside the policies.
func TestSystem(t *testing.T) {
	t.Parallel()
	regotest.Run(t, os.DirFS("../../bundle/opa/system"), nil)
}

// A plant is policies and fixtures, and what running them prints.
type plant struct {
	policies, fixtures fs.FS
	options            []regotest.Option
	passes             bool
	prints             []string
}

const table = `package a_test

test_table[note] if {
	some note, x in {"one": 1, "two": 2}
	print("x is", x)
	x == %d
}
`

func module(text string) fs.FS {
	return fstest.MapFS{
		"a/a.rego":      {Data: []byte("package a\n\nb := data.c\n")},
		"a/a_test.rego": {Data: []byte(text)},
		"data.json":     {Data: []byte(`{"c": "d"}`)},
	}
}

// ours are the project's policies with one test of all.
func ours() fs.FS {
	one := fstest.MapFS{}
	err := fs.WalkDir(policies.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, "_test.rego") {
			return err
		}
		text, err := fs.ReadFile(policies.FS, name)
		one[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		panic(err)
	}
	one["pullpolicy/a_test.rego"] = &fstest.MapFile{Data: []byte("package pullpolicy.a_test\n\ntest_b if 1 == 1\n")}
	return one
}

const pod = `# A tag that may move.
apiVersion: v1
kind: Pod
spec:
  containers:
    - name: app
      image: nginx:1
      imagePullPolicy: IfNotPresent
`

var plants = map[string]plant{
	"a test that passes": {
		policies: module("package a_test\n\nimport data.a\n\ntest_b if a.b == \"d\"\n"),
		passes:   true,
		prints:   []string{`--- PASS: Run/rego/a_test/test_b `},
	},
	"two tests of one name": {
		policies: module("package a_test\n\ntest_b if 1 == 1\n\ntest_b if 1 == 2\n"),
		prints:   []string{`--- PASS: Run/rego/a_test/test_b `, `--- FAIL: Run/rego/a_test/test_b#01 `},
	},
	"a test that fails": {
		policies: module("package a_test\n\ntest_b if {\n\tprint(\"hello\")\n\t1 == 2\n}\n\ntest_c if 1 == 1\n"),
		prints: []string{
			`--- FAIL: Run/rego/a_test/test_b `, `a/a_test.rego:3: test_b fails`, `hello`, `--- PASS: Run/rego/a_test/test_c `,
		},
	},
	"a test that is false": {
		policies: module("package a_test\n\ntest_b := false\n"),
		prints:   []string{`a/a_test.rego:3: test_b fails`},
	},
	"a test that is a map": {
		policies: module("package a_test\n\ntest_b := {\"c\": true}\n"),
		prints:   []string{`a/a_test.rego:3: test_b fails`},
	},
	"a test that is a set": {
		policies: module("package a_test\n\ntest_b contains true\n"),
		prints:   []string{`a/a_test.rego:3: test_b fails`},
	},
	"a test with two values": {
		policies: module("package a_test\n\ntest_b if input == 1\n\ntest_c := x if some x in [true, false]\n"),
		prints:   []string{`a/a_test.rego:5: .*eval_conflict_error`},
	},
	"a case that fails": {
		policies: module(fmt.Sprintf(table, 2)),
		prints: []string{
			`--- FAIL: Run/rego/a_test/test_table/one `, `a/a_test.rego:3: test_table fails for "one"`, `x is 1`,
			`--- PASS: Run/rego/a_test/test_table/two `,
		},
	},
	"every case fails": {
		policies: module(fmt.Sprintf(table, 3)),
		prints:   []string{`--- FAIL: Run/rego/a_test/test_table/one `, `--- FAIL: Run/rego/a_test/test_table/two `},
	},
	"a table without cases": {
		policies: module("package a_test\n\ntest_table[note] if {\n\tsome note in []\n}\n"),
		prints:   []string{`a/a_test.rego:3: test_table tries no case`},
	},
	"a case of a case that fails": {
		policies: module("package a_test\n\ntest_table[x][y] if {\n\tsome x in [\"p\"]\n\tsome y in [\"q\", \"r\"]\n\ty == \"r\"\n}\n"),
		prints:   []string{`--- FAIL: Run/rego/a_test/test_table/p/q `, `--- PASS: Run/rego/a_test/test_table/p/r `},
	},
	"a test that does not end in time": {
		policies: module("package a_test\n\ntest_b if {\n\tcount([x | some x in numbers.range(1, 100000)]) == 100000\n}\n"),
		options:  []regotest.Option{regotest.Timeout(time.Nanosecond)},
		prints:   []string{`--- FAIL: Run/rego/a_test/test_b `, `a/a_test.rego:3: has not ended after 1ns`},
	},
	"a test that divides by zero": {
		policies: module("package a_test\n\ntest_b if {\n\t1 / 0 == 1\n}\n"),
		prints:   []string{`a/a_test.rego:3: test_b fails`},
	},
	"a test to be written": {
		policies: module("package a_test\n\ntodo_test_b if 1 == 2\n"),
		passes:   true,
		prints:   []string{`--- SKIP: Run/rego/a_test/todo_test_b `},
	},
	"no test": {
		policies: module("package a_test\n\nhelper := 1\n"),
		prints:   []string{`there is no Rego test`},
	},
	"no Rego": {
		policies: fstest.MapFS{},
		prints:   []string{`there is no Rego test`},
	},
	"a syntax error": {
		policies: module("package a_test\n\ntest_b if {\n"),
		prints:   []string{`a/a_test.rego:\d+: rego_parse_error`},
	},
	"a reference to nothing": {
		policies: module("package a_test\n\ntest_b if c\n"),
		prints:   []string{`a/a_test.rego:3: rego_unsafe_var_error`},
	},
	"a fixture that passes": {
		policies: ours(),
		fixtures: fstest.MapFS{"pod.yaml": {Data: []byte(pod)}},
		passes:   true,
		prints:   []string{`--- PASS: Run/fixtures/pod.yaml `},
	},
	"a fixture that fails": {
		policies: ours(),
		fixtures: fstest.MapFS{"bad/pod.yaml": {Data: []byte(pod + "  hostNetwork: true # want tag-mutable\n")}},
		prints:   []string{`bad/pod.yaml:9: wanted and not found: tag-mutable`},
	},
	"a fixture that cannot be read": {
		policies: ours(),
		fixtures: fstest.MapFS{"a.yaml": {Data: []byte(pod)}, "b.yaml": {Data: []byte(pod + "  hostNetwork: true # wants x\n")}},
		prints:   []string{`b.yaml:9: `, `--- PASS: Run/fixtures/a.yaml `},
	},
	"no fixture": {
		policies: ours(),
		fixtures: fstest.MapFS{},
		prints:   []string{`there is no fixture`},
	},
}

// planted names the plant that the process runs in place of the tests.
const planted = "REGOTEST_PLANT"

func TestMain(m *testing.M) {
	name, ok := os.LookupEnv(planted)
	if !ok {
		os.Exit(m.Run())
	}
	p := plants[name]
	run := testing.InternalTest{Name: "Run", F: func(t *testing.T) { regotest.Run(t, p.policies, p.fixtures, p.options...) }}
	testing.Main(regexp.MatchString, []testing.InternalTest{run}, nil, nil)
}

// TestRunFails runs each plant in a process of its own, for a test that fails cannot be taken back.
func TestRunFails(t *testing.T) {
	t.Parallel()
	for name, p := range plants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v")
			cmd.Env = append(os.Environ(), planted+"="+name)
			out, err := cmd.CombinedOutput()
			if p.passes {
				require.NoError(t, err, "%s", out)
			} else {
				var exited *exec.ExitError
				require.ErrorAs(t, err, &exited, "%s", out)
			}
			for _, want := range p.prints {
				assert.Regexp(t, want, string(out))
			}
		})
	}
}
