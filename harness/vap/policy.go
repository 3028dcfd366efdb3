package vap

import (
	"strings"
	"text/template"
)

// functions are the pieces of CEL that the policy repeats, because CEL has no functions of its own.
var functions = template.FuncMap{
	"literal":    literal,
	"podSpec":    podSpec,
	"container":  container,
	"use":        use,
	"finding":    finding,
	"remedy":     remedy,
	"glob":       glob,
	"normalised": normalised,
	"folded":     folded,
	"digests":    func() string { return "sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}" },
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
func container(noun string) string {
	return `{
          'who': '` + noun + ` "' + c.name + '"', 'container': string(c.name), 'image': string(c.image),
          'field': 'imagePullPolicy', 'policy': string(c.imagePullPolicy)
        }`
}

// use hands on what a value says of the use that it is about.
func use(of string) string {
	var fields []string
	for _, field := range []string{"who", "container", "image", "field", "policy"} {
		fields = append(fields, "'"+field+"': "+of+"."+field)
	}
	return strings.Join(fields, ", ")
}

// finding begins a map that says what a rule has to say of the use f.
func finding(rule string) string {
	return `{
          'rule': '` + rule + `', 'container': f.container, 'globs': f.globs,
          'message': f.who`
}

// remedy ends a message with the policy to write and, where that one is not allowed, with what to do otherwise.
func remedy(policy, otherwise string) string {
	return "('" + policy + "' in f.allowed.split(' or ')" +
		" ? '; write ' + f.field + ': " + policy + "' : '; " + otherwise + "')"
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
