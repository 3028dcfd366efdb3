package vap

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/pullpolicy/pullpolicy/harness"
)

// functions are the pieces of CEL that the policy repeats, because CEL has no functions of its own.
var functions = template.FuncMap{
	"literal":    literal,
	"podSpec":    podSpec,
	"container":  container,
	"use":        use,
	"remedy":     remedy,
	"glob":       glob,
	"normalised": normalised,
	"folded":     folded,
	"tagFlaw":    tagFlaw,
	"digestFlaw": digestFlaw,
	"digests":    func() string { return digests },
}

// literal is a list of texts.
func literal(texts []string) string { return "['" + strings.Join(texts, "', '") + "']" }

// podSpec is the pod spec of a built-in workload.
func podSpec(of string) string {
	const margin = "\n        "
	return of + ".kind == 'Pod' ? dyn(" + of + ").spec" +
		margin + ": " + of + ".kind == 'PodTemplate' ? dyn(" + of + ").template.spec" +
		margin + ": " + of + ".kind == 'CronJob' ? dyn(" + of + ").spec.jobTemplate.spec.template.spec" +
		margin + ": dyn(" + of + ").spec.template.spec"
}

// container is the use that the container c is.
func container(list, noun string) string {
	return `{
          'list': '` + list + `', 'who': '` + noun + ` "' + c.name + '"', 'container': string(c.name),
          'image': string(c.image), 'field': 'imagePullPolicy', 'policy': string(c.imagePullPolicy)
        }`
}

// use hands on what a value says of the use that it is about, and further fields.
func use(of string, further ...string) string {
	var fields []string
	for _, field := range slices.Concat([]string{"list", "who", "container", "image", "field", "policy"}, further) {
		fields = append(fields, "'"+field+"': "+of+"['"+field+"']")
	}
	return strings.Join(fields, ", ")
}

// Finding begins a map that says what a rule has to say of the use f: its sentence, with CEL for each placeholder.
func (f *facts) Finding(id string, values ...string) (string, error) {
	i := slices.IndexFunc(f.Rules, func(rule harness.Rule) bool { return rule.ID == id })
	if i < 0 || len(values)%2 != 0 {
		return "", fmt.Errorf("no finding of %s with %q", id, values)
	}
	given := map[string]string{}
	for pair := range slices.Chunk(values, 2) {
		given[pair[0]] = pair[1]
	}
	message, err := sentence(f.Rules[i].Message, given)
	if err != nil {
		return "", fmt.Errorf("the message of %s: %w", id, err)
	}
	return `{
          'rule': '` + id + `', 'container': f.container, 'globs': f.globs,
          'message': ` + message, nil
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// sentence is the CEL that fills in a rule's sentence: CEL for each {placeholder}, of which there are no others.
func sentence(message string, values map[string]string) (string, error) {
	if message == "" {
		return "", errors.New("there is none")
	}
	var terms []string
	quoted := func(text string) {
		if text != "" {
			terms = append(terms, "'"+strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`).Replace(text)+"'")
		}
	}
	filled, end := map[string]bool{}, 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(message, -1) {
		name := message[at[2]:at[3]]
		value, ok := values[name]
		if !ok {
			return "", fmt.Errorf("nothing is known for {%s}", name)
		}
		filled[name] = true
		quoted(message[end:at[0]])
		terms = append(terms, value)
		end = at[1]
	}
	quoted(message[end:])
	for name := range values {
		if !filled[name] {
			return "", fmt.Errorf("it has no {%s}", name)
		}
	}
	return strings.Join(terms, " + "), nil
}

// remedy ends a message with what to do about the policy: what is right for every rule, or else what this one says.
func remedy(otherwise string) string {
	return "'; ' + (f.remedy == '' ? " + otherwise + " : f.remedy)"
}

const digests = "sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}"

// Parses is whether an image parses, but for the length of its repository.
func (f *facts) Parses(image string) string {
	return image + ".matches(r'" + f.Grammar + "')\n" +
		"            && " + image + ".find('@.*').matches('^(?:@(?:" + digests + "))?$')\n" +
		"            && !" + image + ".matches('^[a-f0-9]{64}$')"
}

// tagFlaw is what is wrong with a tag, which begins with a colon, and what to do.
func tagFlaw(indent int) string {
	return choice(indent, [][2]string{
		{"tag == ':'", "'has an empty tag; write a tag behind the colon, or drop the colon'"},
		{"tag.substring(1).contains(':')", "'has two colons in the tag; keep one tag'"},
		{"tag.contains('/')", "'has a / in the tag; write - in place of /'"},
		{
			`tag.matches(r'^:[0-9.]+e\+[0-9]+$')`,
			"'has a + in the tag, as of an unquoted number in values.yaml; quote the number'",
		},
		{"tag.contains('+')", "'has a + in the tag, which is not allowed; write _ or - in place of +'"},
		{"tag.size() > 129", "'has a tag of more than 128 characters; shorten the tag'"},
		{"tag.matches('^:[.-]')", "'has a tag that begins with . or -; begin it with a letter or digit'"},
	}, "'has characters that are not allowed; write [registry/]repository[:tag][@digest]'")
}

// digestFlaw is what is wrong with the digest of the image of f, and what to do.
func digestFlaw(indent int) string {
	const digits = "f.image.find('[^:]*$').size()"
	margin := strings.Repeat(" ", indent+2)
	return choice(indent, [][2]string{
		{"f.image.split('@').size() > 2", "'has two @; keep one digest'"},
		{
			"f.image.find('@.*').lowerAscii().matches('^@(?:" + digests + ")$')",
			"'has a digest with upper-case letters; lower-case the digest'",
		},
		{
			"f.image.matches('@(?:sha256|sha384|sha512):[^:]*$') && " + digits +
				" != int(f.image.find('@sha...').replace('@sha', '')) / 4",
			"'has a digest of ' + string(" + digits + ") + ' digits; write all '\n" +
				margin + "+ string(int(f.image.find('@sha...').replace('@sha', '')) / 4) + ' digits'",
		},
		{
			"f.image.matches('@(?:sha256|sha384|sha512):')",
			"'has a digest that is not valid; write sha256: and 64 hexadecimal digits'",
		},
	}, "'has a digest that is not sha256, sha384 or sha512; write sha256: and its 64 digits'")
}

// choice is the value of the first condition that holds, in parentheses.
func choice(indent int, cases [][2]string, otherwise string) string {
	margin := "\n" + strings.Repeat(" ", indent)
	var text strings.Builder
	text.WriteString("(")
	for _, c := range cases {
		text.WriteString(c[0] + " ? " + c[1] + margin + ": ")
	}
	return text.String() + otherwise + ")"
}

// glob is the regular expression of a glob in which * stands for anything.
func glob(of string) string {
	return `r'^\Q' + ` + of + `.replace('*', r'\E.*\Q') + r'\E$'`
}

// normalised is the normalised form of p, the name in a reference or a glob.
func normalised(indent int) string {
	margin := "\n" + strings.Repeat(" ", indent)
	return "p.matches('^[^/]*[*][*]') ? p" +
		margin + ": !p.contains('/') ? 'docker.io/library/' + p" +
		margin + ": p.matches('^(?:index[.])?docker[.]io/')" +
		margin + "? 'docker.io/' + (p.matches('/.*(?:/|[*][*])') ? '' : 'library/') + p.substring(p.indexOf('/') + 1)" +
		margin + ": p.matches('^(?:[^/]*[.:A-Z]|localhost/)') ? p : 'docker.io/' + p"
}

// folded is p, a normalised name, with its host as references.matches compares it: in lower case, without the port that
// goes without saying.
func folded(indent int) string {
	margin := "\n" + strings.Repeat(" ", indent)
	return "!p.contains('/') ? p : [p.find('^[^/]*').lowerAscii()].map(h, [h.find(':[0-9]+$')].map(port," +
		margin + "[port.find('[1-9][0-9]*$')].map(n, h.substring(0, h.size() - port.size()) + (n in ['', '443'] ? '' : ':' + n))[0])[0])" +
		margin + ".map(h, h in ['docker.io', 'index.docker.io', 'registry-1.docker.io']" +
		margin + "? 'docker.io/' + (p.matches('/.*(?:/|[*][*])') ? '' : 'library/') + p.substring(p.indexOf('/') + 1)" +
		margin + ": h + p.substring(p.indexOf('/')))[0]"
}
