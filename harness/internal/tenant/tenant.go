// Package tenant writes what a tenant can write, in any size, for the tests of what that costs.
package tenant

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Dimension is one way in which what a tenant writes can grow. What Write returns grows in proportion to n.
type Dimension struct {
	Name string
	// Within is a size whose double is still checked, and Beyond one that may be too large to check, 0 where the object
	// has no such size.
	Within, Beyond int
	// Cluster is a size whose double an API server takes, 0 where it takes none such.
	Cluster int
	// Forbidden says that the profile baseline finds an error in it, in any size.
	Forbidden bool
	Write     func(n int) Request
}

// A Request is an object that is created or, where Old is not nil, replaces another.
type Request struct{ Object, Old Object }

// An Object is a Kubernetes object or a part of one, as it decodes from JSON.
type Object = map[string]any

// The sizes of most dimensions. A scan per container shows beside what a container costs anyway from some 100 of them; from
// 1,000 uses of images on an object may be too large to check.
const (
	within  = 100
	beyond  = 1100
	cluster = 150

	// annotation is how many bytes of last-applied configuration are in reach: an API server takes 256 KiB.
	annotation = 230_000
)

// The images and policies of containers. The first is clean, the policy of the second could be a default but is not that
// of the image, and the last is an error.
const (
	clean  = "registry.example.com/shop/app:1.2.3"
	moving = "nginx:latest"

	always       = "Always"
	ifNotPresent = "IfNotPresent"

	lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
)

// Dimensions returns every way to grow that is known. Its order is that of the tables.
func Dimensions() []Dimension {
	return slices.Concat(pods(), histories(), customResources(), wholes(), words())
}

// pods are those of the lists of a pod spec.
func pods() []Dimension {
	return []Dimension{
		{"containers", within, beyond, cluster, true, func(n int) Request {
			return create(pod(Object{"containers": with(evil(), containers(n, clean, ifNotPresent))}))
		}},
		{"containers, each a violation", within, beyond, cluster, true, func(n int) Request {
			return create(pod(Object{"containers": containers(n, moving, ifNotPresent)}))
		}},
		{"containers of one image with two policies", within, beyond, cluster, true, func(n int) Request {
			both := slices.Concat(containers(n/2, clean, always), renamed("other", containers(n-n/2, clean, ifNotPresent)))
			return create(pod(Object{"containers": with(evil(), both)}))
		}},
		{"images with two policies each", within, beyond, cluster, true, func(n int) Request {
			both := slices.Concat(distinct(containers(n/2, clean, always)),
				renamed("other", distinct(containers(n-n/2, clean, ifNotPresent))))
			return create(pod(Object{"containers": with(evil(), both)}))
		}},
		{"containers without policies", within, beyond, cluster, true, func(n int) Request {
			return create(pod(Object{"containers": with(evil(), distinct(containers(n, clean, "")))}))
		}},
		{"init containers", within, beyond, cluster, true, func(n int) Request {
			return create(pod(Object{"initContainers": containers(n, clean, always), "containers": with(evil(), nil)}))
		}},
		{"ephemeral containers", within, beyond, 0, true, func(n int) Request {
			return create(pod(Object{"ephemeralContainers": containers(n, clean, always), "containers": with(evil(), nil)}))
		}},
		{"image volumes", within, beyond, cluster, true, func(n int) Request {
			volumes := list(n, func(i int) any {
				return Object{"name": name(i), "image": Object{"reference": clean, "pullPolicy": always}}
			})
			return create(pod(Object{"volumes": volumes, "containers": with(evil(), nil)}))
		}},
		{"other volumes", 2 * within, 2 * beyond, 2 * cluster, true, func(n int) Request {
			volumes := list(n, func(i int) any { return Object{"name": name(i), "emptyDir": Object{}} })
			return create(pod(Object{"volumes": volumes, "containers": with(evil(), nil)}))
		}},
		{"pull secrets beside containers", within, beyond, cluster, true, func(n int) Request {
			secrets := list(n, func(i int) any { return Object{"name": name(i)} })
			return create(pod(Object{"imagePullSecrets": secrets, "containers": with(evil(), containers(n, clean, always))}))
		}},
		{"labels beside containers", within, beyond, cluster, true, func(n int) Request {
			made := pod(Object{"containers": with(evil(), containers(n, clean, always))})
			metadata(made)["labels"] = keys(n, "v")
			return create(made)
		}},
		{"environment of one container", within, beyond, 16 * cluster, true, func(n int) Request {
			variables := list(n, func(i int) any { return Object{"name": name(i), "value": "v"} })
			one := evil()
			one["env"] = variables
			return create(pod(Object{"containers": []any{one}}))
		}},
		{"elements that are not containers", within, beyond, 0, true, func(n int) Request {
			return create(pod(Object{"containers": with(evil(), list(n, func(i int) any { return name(i) }))}))
		}},
		{"images that are not texts", within, beyond, 0, true, func(n int) Request {
			return create(pod(Object{"containers": with(evil(), list(n, func(i int) any {
				return Object{"name": Object{"a": i}, "image": []any{i}, "imagePullPolicy": Object{}}
			}))}))
		}},
	}
}

// histories are those of what tells how a policy came to be.
func histories() []Dimension {
	// every policy in them could be a default and is not, so that its past is looked up
	stale := func(n int) []any { return with(evil(), containers(n, clean, always)) }
	return []Dimension{
		{"init containers beside last-applied", 50, 400, cluster, true, func(n int) Request {
			made := pod(Object{"initContainers": containers(n, clean, always), "containers": with(evil(), nil)})
			names := list(annotation/20, func(i int) any { return Object{"name": name(i)} })
			return create(annotate(made, lastApplied, pod(Object{"initContainers": names})))
		}},
		{"containers, all in last-applied", within, beyond, cluster, true, func(n int) Request {
			return create(annotate(pod(Object{"containers": stale(n)}), lastApplied, pod(Object{"containers": containers(n, clean, "")})))
		}},
		{"containers of one name, all in last-applied", within, beyond, 0, true, func(n int) Request {
			one := func(policy string) []any { return sameName(containers(n, clean, policy)) }
			return create(annotate(pod(Object{"containers": with(evil(), one(always))}), lastApplied, pod(Object{"containers": one("")})))
		}},
		{"bytes of last-applied", 20_000, 4 * annotation, annotation / 2, true, func(n int) Request {
			applied := pad(pod(Object{"containers": containers(5, clean, "")}), n)
			return create(annotate(pod(Object{"containers": stale(5)}), lastApplied, applied))
		}},
		{"last-applied that is not an object, beside containers", within, beyond, cluster, true, func(n int) Request {
			made := pod(Object{"containers": stale(n)})
			metadata(made)["annotations"] = Object{lastApplied: "[" + strings.Repeat("0,", 50*n) + "0]"}
			return create(made)
		}},
		{"another annotation, beside containers", within, beyond, cluster / 2, true, func(n int) Request {
			made := pod(Object{"containers": stale(n)})
			return create(annotate(made, "example.org/data", list(20*n, func(i int) any { return Object{"k": i} })))
		}},
		{"field managers, each of one container", within, beyond, cluster, true, func(n int) Request {
			made := pod(Object{"containers": stale(n)})
			metadata(made)["managedFields"] = list(n, func(i int) any { return manager(i, Object{key(i): owned()}) })
			return create(made)
		}},
		{"fields of one manager", within, beyond, cluster, true, func(n int) Request {
			made, fields := pod(Object{"containers": stale(n)}), Object{}
			for i := range n {
				fields[key(i)] = owned()
			}
			metadata(made)["managedFields"] = []any{manager(0, fields)}
			return create(made)
		}},
		{"containers of one name, each with a field manager", within, beyond, 0, true, func(n int) Request {
			made := pod(Object{"containers": with(evil(), sameName(containers(n, clean, always)))})
			metadata(made)["managedFields"] = list(n, func(i int) any { return manager(i, Object{key(0): owned()}) })
			return create(made)
		}},
		{"an update of the labels of containers", within, beyond, cluster, false, func(n int) Request {
			made := deployment(Object{"containers": stale(n)})
			changed := deployment(Object{"containers": stale(n)})
			metadata(changed)["labels"] = keys(n, "v")
			return Request{changed, made}
		}},
		{"an update of every image, all policies stale", within, beyond, cluster, true, func(n int) Request {
			return Request{deployment(Object{"containers": stale(n)}), deployment(Object{"containers": containers(n, "nginx", always)})}
		}},
		{"an update of containers of one name", within, beyond, 0, true, func(n int) Request {
			return Request{
				deployment(Object{"containers": with(evil(), sameName(containers(n, clean, always)))}),
				deployment(Object{"containers": sameName(distinct(containers(n, "nginx", always)))}),
			}
		}},
		{"an old object of many containers", within, beyond, cluster, true, func(n int) Request {
			return Request{deployment(Object{"containers": with(evil(), nil)}), deployment(Object{"containers": containers(n, clean, always)})}
		}},
	}
}

// customResources are those of kinds that nobody knows.
func customResources() []Dimension {
	return []Dimension{
		{"steps and their template", within, beyond, cluster, true, func(n int) Request {
			template := Object{"env": list(n, func(i int) any { return Object{"name": name(i), "value": "v"} })}
			return create(task(template, with(evil(), containers(n, clean, ""))))
		}},
		{"steps that take their image from the template", within, beyond, cluster, true, func(n int) Request {
			steps := list(n, func(i int) any { return Object{"name": name(i)} })
			template := Object{"image": moving, "imagePullPolicy": ifNotPresent, "env": steps}
			return create(task(template, with(evil(), steps)))
		}},
		{"containers in a custom resource", within, beyond, cluster, true, func(n int) Request {
			return create(thing(Object{"template": Object{"spec": Object{"containers": with(evil(), containers(n, clean, always))}}}))
		}},
		{"pod specs in a custom resource", within, beyond, cluster, true, func(n int) Request {
			spec := Object{"evil": Object{"spec": Object{"containers": with(evil(), nil)}}}
			for i := range n {
				spec[name(i)] = Object{"spec": Object{"containers": containers(1, clean, always), "imagePullSecrets": []any{}}}
			}
			return create(thing(spec))
		}},
		{"pod specs that the parameters name", within, beyond, 0, true, func(n int) Request {
			spec := Object{"evil": Object{"spec": Object{"containers": with(evil(), nil)}}}
			for i := range n {
				spec[name(i)] = Object{"spec": Object{"containers": containers(1, clean, always)}}
			}
			made := thing(Object{"jobs": spec})
			made["kind"] = "Named"
			return create(made)
		}},
		{"images beside policies", within, beyond, cluster, true, func(n int) Request {
			spec := Object{"evil": evil()}
			for i := range n {
				spec[name(i)] = Object{"image": clean, "imagePullPolicy": always}
			}
			return create(thing(spec))
		}},
		{"keys called image that are none", 5 * within, 5 * beyond, 10 * cluster, false, func(n int) Request {
			return create(thing(Object{"artifacts": list(n, func(i int) any { return Object{"image": name(i), "size": i} })}))
		}},
		{"small maps", 10 * within, 8 * beyond, 6000, false, func(n int) Request {
			return create(thing(Object{"points": smallMaps(n)}))
		}},
		{"small maps beside a container", 10 * within, 8 * beyond, 800, true, func(n int) Request {
			return create(thing(Object{"points": smallMaps(n), "template": Object{"spec": Object{"containers": with(evil(), nil)}}}))
		}},
		{"findings of a scanner", within, beyond, 1000, false, func(n int) Request {
			return create(Object{
				"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "VulnerabilityReport", "metadata": Object{"name": "app"},
				"report": Object{
					"artifact": Object{"repository": "shop/app", "tag": "1.2.3"},
					"vulnerabilities": list(n, func(i int) any {
						return Object{
							"vulnerabilityID": fmt.Sprint("CVE-2026-", i), "resource": name(i), "installedVersion": "1.2.3", "severity": "HIGH",
							"title": strings.Repeat("x", 100), "primaryLink": "https://avd.example.com/", "links": []any{}, "score": 7.5,
							"fixedVersion": "1.2.4", "target": "", "publishedDate": "2026-01-01T00:00:00Z", "lastModifiedDate": "2026-01-01T00:00:00Z",
						}
					}),
				},
			})
		}},
		{"depth", 100, 1100, 1100, false, func(n int) Request {
			return create(thing(Object{"a": nested(n, Object{"b": "c"})}))
		}},
		{"depth above one container", 100, 1100, 1100, true, func(n int) Request {
			return create(thing(Object{"a": nested(n, Object{"containers": with(evil(), nil)})}))
		}},
		{"depth above many containers", within, beyond, cluster, true, func(n int) Request {
			return create(thing(Object{"a": nested(n, Object{"containers": containers(n, moving, ifNotPresent)})}))
		}},
		{"a container at each depth", 100, 1100, cluster, true, func(n int) Request {
			below := Object{}
			for range n {
				below = Object{"a": below, "containers": with(evil(), nil)}
			}
			return create(thing(below))
		}},
		{"lists in lists", 100, 1100, 1100, false, func(n int) Request {
			var below any = "c"
			for range n {
				below = []any{below}
			}
			return create(thing(Object{"a": below}))
		}},
	}
}

// wholes are those of objects without a pod spec, and of objects that hold others.
func wholes() []Dimension {
	return []Dimension{
		{"bytes in one key of a ConfigMap", 50_000, 800_000, 400_000, false, func(n int) Request {
			return create(Object{
				"apiVersion": "v1", "kind": "ConfigMap", "metadata": Object{"name": "app"}, "data": Object{"a": strings.Repeat("x", n)},
			})
		}},
		{"keys of a ConfigMap", 10 * within, 4 * beyond, 8_000, false, func(n int) Request {
			return create(Object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": Object{"name": "app"}, "data": keys(n, "v")})
		}},
		{"keys of a Secret", 10 * within, 4 * beyond, 8_000, false, func(n int) Request {
			return create(Object{"apiVersion": "v1", "kind": "Secret", "metadata": Object{"name": "app"}, "data": keys(n, "dg==")})
		}},
		{"properties of a CustomResourceDefinition", within, beyond, 2 * cluster, false, func(n int) Request {
			return create(Definition("example.net", "Part", properties(n)))
		}},
		{"labels of a Lease", within, beyond, 10 * cluster, false, func(n int) Request {
			return create(Object{
				"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": Object{"name": "app", "labels": keys(n, "v")},
				"spec": Object{"holderIdentity": "a"},
			})
		}},
		{"items of a List", within, 2 * within, 0, true, func(n int) Request {
			return create(listOf("List", list(n, func(i int) any { return pod(Object{"containers": with(evil(), nil)}) })))
		}},
		{"items of a DeploymentList", within, 2 * within, 0, true, func(n int) Request {
			return create(listOf("DeploymentList", list(n, func(int) any { return deployment(Object{"containers": with(evil(), nil)}) })))
		}},
		{"items of a List that hold nothing", within, beyond, 0, false, func(n int) Request {
			return create(listOf("List", list(n, func(i int) any {
				return Object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": Object{"name": name(i)}}
			})))
		}},
		{"items of a List that are not objects", within, beyond, 0, true, func(n int) Request {
			return create(listOf("List", list(n, func(i int) any { return name(i) })))
		}},
		{"Lists in a List", within, 2 * within, 0, true, func(n int) Request {
			return create(listOf("List", list(n, func(int) any {
				return listOf("List", []any{pod(Object{"containers": with(evil(), nil)})})
			})))
		}},
		{"depth of Lists in Lists", 100, 1100, 0, true, func(n int) Request {
			below := pod(Object{"containers": with(evil(), nil)})
			for range n {
				below = listOf("List", []any{below})
			}
			return create(below)
		}},
		{"a large item of a List in a List", within, beyond, 0, true, func(n int) Request {
			return create(listOf("List", []any{listOf("List", []any{pod(Object{"containers": with(evil(), containers(n, clean, always))})})}))
		}},
		{"containers in an AdmissionReview", within, beyond, 0, true, func(n int) Request {
			made := pod(Object{"containers": with(evil(), containers(n, clean, always))})
			return create(Review(Request{made, pod(Object{"containers": containers(n, clean, always)})}))
		}},
		{"containers of a CronJob", within, beyond, cluster, true, func(n int) Request {
			spec := Object{"containers": with(evil(), containers(n, clean, always)), "restartPolicy": "Never"}
			return create(Object{
				"apiVersion": "batch/v1", "kind": "CronJob", "metadata": Object{"name": "app"}, "spec": Object{
					"schedule": "@daily", "jobTemplate": Object{"spec": Object{"template": Object{"spec": spec}}},
				},
			})
		}},
	}
}

// words are those of single texts.
func words() []Dimension {
	long := func(n int) string { return strings.Repeat("x", n) }
	return []Dimension{
		{"a long image", 20_000, 1_000_000, 200_000, true, func(n int) Request {
			return create(pod(Object{"containers": with(evil(), containers(1, "registry.example.com/"+long(n), always))}))
		}},
		{"a long image of slashes", 20_000, 1_000_000, 200_000, true, func(n int) Request {
			return create(pod(Object{"containers": with(evil(), containers(1, strings.Repeat("a/", n/2)+"b:latest", ifNotPresent))}))
		}},
		{"a long image of placeholders", 20_000, 1_000_000, 500_000, true, func(n int) Request {
			return create(thing(Object{"containers": with(evil(), containers(1, strings.Repeat("$(a)", n/4), ifNotPresent))}))
		}},
		{"a long policy", 20_000, 300_000, 500_000, true, func(n int) Request {
			return create(thing(Object{"containers": with(evil(), containers(1, clean, long(n)))}))
		}},
		{"a long policy above containers", within, beyond, 0, true, func(n int) Request {
			return create(pod(Object{"imagePullPolicy": long(100 * n), "containers": with(evil(), containers(n, clean, ifNotPresent))}))
		}},
		{"policies in the wrong place", within, beyond, 0, true, func(n int) Request {
			misplaced := containers(n, clean, ifNotPresent)
			for _, container := range misplaced {
				container.(Object)["pullPolicy"] = always
			}
			return create(pod(Object{"containers": with(evil(), misplaced)}))
		}},
		{"ServiceAccounts with pull secrets", within, beyond, 0, false, func(n int) Request {
			return create(Object{"apiVersion": "v1", "kind": "List", "items": list(n, func(i int) any {
				return Object{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": Object{"name": fmt.Sprint("a", i)}, "imagePullSecrets": []any{Object{"name": "r"}}}
			})})
		}},
		{"a long name of a container", 20_000, 1_000_000, 0, true, func(n int) Request {
			return create(pod(Object{"containers": with(evil(), renamed(long(n), containers(1, moving, ifNotPresent)))}))
		}},
		{"a long name above containers", within, beyond, 0, true, func(n int) Request {
			made := pod(Object{"containers": containers(n, moving, ifNotPresent)})
			metadata(made)["name"] = long(100 * n)
			return create(made)
		}},
		{"a long name of the first in a conflict", within, beyond, 0, true, func(n int) Request {
			others := containers(n, clean, ifNotPresent)
			return create(pod(Object{"containers": slices.Concat(renamed(long(100*n), containers(1, clean, always)), others, []any{evil()})}))
		}},
		{"a long key", 20_000, 1_000_000, 400_000, true, func(n int) Request {
			return create(thing(Object{long(n): Object{"containers": with(evil(), nil)}}))
		}},
		{"a long key above containers", within, beyond, cluster, true, func(n int) Request {
			return create(thing(Object{long(100 * n): Object{"containers": containers(n, moving, ifNotPresent)}}))
		}},
		{"a long key above small maps", 5 * within, 2 * beyond, 2500, false, func(n int) Request {
			return create(thing(Object{long(100 * n): smallMaps(n)}))
		}},
		{"a long image in a template of steps", within, beyond, cluster, true, func(n int) Request {
			steps := list(n, func(i int) any { return Object{"name": name(i)} })
			return create(task(Object{"image": long(100*n) + ":latest", "imagePullPolicy": ifNotPresent}, with(evil(), steps)))
		}},
	}
}

// Parameters are those of the law: the profile baseline, and a kind whose pod specs are at a path with a star.
func Parameters() Object {
	return Object{"podSpecs": []any{Object{"group": "example.org", "kind": "Named", "path": "spec.jobs.*.spec"}}}
}

// Review returns the request as an API server sends it to a webhook.
func Review(request Request) Object {
	operation := "CREATE"
	if request.Old != nil {
		operation = "UPDATE"
	}
	inner := Object{"uid": "1", "operation": operation, "object": request.Object}
	if request.Old != nil {
		inner["oldObject"] = request.Old
	}
	return Object{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": inner}
}

// Definition returns the CustomResourceDefinition of a kind, whose fields below the schema's are all kept.
func Definition(group, kind string, schema Object) Object {
	plural := strings.ToLower(kind) + "s"
	return Object{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": Object{"name": plural + "." + group},
		"spec": Object{
			"group": group, "scope": "Namespaced", "names": Object{"plural": plural, "singular": strings.ToLower(kind), "kind": kind, "listKind": kind + "List"},
			"versions": []any{
				Object{"name": "v1", "served": true, "storage": true, "schema": Object{"openAPIV3Schema": schema}},
			},
		},
	}
}

// Anything is the schema of a Definition that takes everything.
func Anything() Object {
	return Object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
}

func create(made Object) Request { return Request{Object: made} }

func pod(spec Object) Object {
	return Object{"apiVersion": "v1", "kind": "Pod", "metadata": Object{"name": "app"}, "spec": spec}
}

func deployment(spec Object) Object {
	labels := Object{"app": "app"}
	return Object{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": Object{"name": "app"}, "spec": Object{
			"selector": Object{"matchLabels": labels}, "template": Object{"metadata": Object{"labels": labels}, "spec": spec},
		},
	}
}

func thing(spec Object) Object {
	return Object{"apiVersion": "example.org/v1", "kind": "Thing", "metadata": Object{"name": "app"}, "spec": spec}
}

func task(template Object, steps []any) Object {
	return Object{
		"apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": Object{"name": "app"},
		"spec": Object{"stepTemplate": template, "steps": steps},
	}
}

func listOf(kind string, items []any) Object {
	return Object{"apiVersion": "v1", "kind": kind, "items": items}
}

func metadata(made Object) Object { return made["metadata"].(Object) }

// annotate writes a value into an annotation, in JSON.
func annotate(made Object, key string, value any) Object {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("tenant: encode an annotation of maps, lists and texts: %v", err))
	}
	metadata(made)["annotations"] = Object{key: string(text)}
	return made
}

// pad adds an environment of so many bytes.
func pad(made Object, bytes int) Object {
	first := made["spec"].(Object)["containers"].([]any)[0].(Object)
	first["env"] = list(bytes/40, func(i int) any { return Object{"name": name(i), "value": "0123456789"} })
	return made
}

func list(n int, element func(i int) any) []any {
	made := make([]any, n)
	for i := range made {
		made[i] = element(i)
	}
	return made
}

func keys(n int, value string) Object {
	made := Object{}
	for i := range n {
		made[name(i)] = value
	}
	return made
}

func smallMaps(n int) []any {
	return list(n, func(i int) any { return Object{"x": i, "y": i, "label": name(i)} })
}

func nested(depth int, below Object) Object {
	for range depth {
		below = Object{"a": below}
	}
	return below
}

func properties(n int) Object {
	made := Object{}
	for i := range n {
		made[name(i)] = Object{"type": "object", "properties": Object{"image": Object{"type": "string"}, "imagePullPolicy": Object{"type": "string"}}}
	}
	return Object{"type": "object", "properties": Object{"spec": Object{"type": "object", "properties": made}}}
}

func name(i int) string { return fmt.Sprintf("app-%d", i) }

// containers have one image and one policy, "" for none.
func containers(n int, image, policy string) []any {
	return list(n, func(i int) any {
		made := Object{"name": name(i), "image": image}
		if policy != "" {
			made["imagePullPolicy"] = policy
		}
		return made
	})
}

// evil is what the profile baseline forbids.
func evil() Object {
	return Object{"name": "evil", "image": moving, "imagePullPolicy": ifNotPresent}
}

func with(last Object, first []any) []any { return append(slices.Clone(first), last) }

func each(containers []any, change func(i int, container Object)) []any {
	for i, container := range containers {
		change(i, container.(Object))
	}
	return containers
}

func renamed(prefix string, containers []any) []any {
	return each(containers, func(i int, container Object) { container["name"] = fmt.Sprintf("%s-%d", prefix, i) })
}

func sameName(containers []any) []any {
	return each(containers, func(_ int, container Object) { container["name"] = name(0) })
}

func distinct(containers []any) []any {
	return each(containers, func(i int, container Object) {
		repository, tag, _ := strings.Cut(container["image"].(string), ":")
		container["image"] = strings.TrimSuffix(fmt.Sprintf("%s-%d:%s", repository, i, tag), ":")
	})
}

// manager owns fields of containers. Of those who update, the API server keeps ten, and of those who apply all.
func manager(i int, containers Object) Object {
	return Object{
		"manager": name(i), "operation": "Apply", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
		"fieldsV1": Object{"f:spec": Object{"f:containers": containers}},
	}
}

func key(i int) string { return fmt.Sprintf(`k:{"name":%q}`, name(i)) }

func owned() Object { return Object{".": Object{}, "f:image": Object{}, "f:name": Object{}} }
