//go:build cluster

package cluster_test

import "strings"

type object = map[string]any

// A workload is a kind that embeds a pod spec.
type workload struct{ apiVersion, kind string }

var workloads = []workload{
	{"v1", "Pod"},
	{"v1", "PodTemplate"},
	{"v1", "ReplicationController"},
	{"apps/v1", "Deployment"},
	{"apps/v1", "DaemonSet"},
	{"apps/v1", "ReplicaSet"},
	{"apps/v1", "StatefulSet"},
	{"batch/v1", "Job"},
	{"batch/v1", "CronJob"},
}

// path is where the API server serves the workload in a namespace.
func (w workload) path(namespace string) string {
	root := "/apis/"
	if w.apiVersion == "v1" {
		root = "/api/"
	}
	return root + w.apiVersion + "/namespaces/" + namespace + "/" + strings.ToLower(w.kind) + "s"
}

// manifest is an object around a pod spec, with nothing more than the kind demands.
func (w workload) manifest(name string, podSpec object) object {
	labels := object{"app": name}
	template := object{"metadata": object{"labels": labels}, "spec": podSpec}
	manifest := object{"apiVersion": w.apiVersion, "kind": w.kind, "metadata": object{"name": name}}
	switch w.kind {
	case "Pod":
		manifest["spec"] = podSpec
	case "PodTemplate":
		manifest["template"] = template
	case "ReplicationController":
		manifest["spec"] = object{"selector": labels, "template": template}
	case "Job":
		podSpec["restartPolicy"] = "Never"
		manifest["spec"] = object{"template": template}
	case "CronJob":
		podSpec["restartPolicy"] = "Never"
		manifest["spec"] = object{
			"schedule": "@daily", "jobTemplate": object{"spec": object{"template": template}},
		}
	default:
		manifest["spec"] = object{"selector": object{"matchLabels": labels}, "template": template}
	}
	return manifest
}

// A slot is a list of a pod spec whose elements use an image.
type slot struct {
	list   string
	within []string // from an element of the list to the fields
	image  string   // how the two fields are called
	policy string
}

var slots = []slot{
	{"containers", nil, "image", "imagePullPolicy"},
	{"initContainers", nil, "image", "imagePullPolicy"},
	{"volumes", []string{"image"}, "reference", "pullPolicy"},
}

// podSpec uses an image in the slot, and has the one container that a pod needs. Fields that are nil are left out.
func (s slot) podSpec(image, policy any) object {
	fields := object{}
	if image != nil {
		fields[s.image] = image
	}
	if policy != nil {
		fields[s.policy] = policy
	}
	element := fields
	for _, step := range s.within {
		element = object{step: element}
	}
	element["name"] = "app"

	podSpec := object{s.list: []any{element}}
	if s.list != "containers" {
		podSpec["containers"] = []any{object{"name": "main", "image": "registry.example.com/main:1"}}
	}
	return podSpec
}

// fields are those of the use with the name app in a pod spec, nil where there is none.
func (s slot) fields(podSpec object) object {
	list, _ := podSpec[s.list].([]any)
	for _, element := range list {
		fields, _ := element.(object)
		if fields["name"] != "app" {
			continue
		}
		for _, step := range s.within {
			fields, _ = fields[step].(object)
		}
		return fields
	}
	return nil
}

// podSpecOf is the pod spec of a workload's object.
func podSpecOf(manifest object) object {
	for _, step := range []string{"spec", "jobTemplate", "spec", "template", "spec"} {
		if below, ok := manifest[step].(object); ok {
			manifest = below
		}
	}
	return manifest
}
