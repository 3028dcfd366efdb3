package pullpolicy.podspecs

# the fields of a container and of an image volume; what else is there may be a policy that is spelt otherwise
_container_keys := {
	"args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "name", "ports",
	"readinessProbe", "resizePolicy", "resources", "restartPolicy", "restartPolicyRules", "securityContext",
	"startupProbe", "stdin", "stdinOnce", "targetContainerName", "terminationMessagePath", "terminationMessagePolicy",
	"tty", "volumeDevices", "volumeMounts", "workingDir",
}

_volume_keys := {"pullPolicy", "reference"}

# the pull policies under keys that Kubernetes ignores; an operator may read others from a custom resource
_strays(_, _, _, true) := []

_strays(at, holder, known, false) := _under(at, holder, {key |
	some key in (object.keys(holder) - known)
	_policy_like(key)
})

_under(at, holder, keys) := [{"at": array.concat(at, [key]), "key": key, "value": value} |
	some key in keys
	is_string(holder[key])
	value := substring(holder[key], 0, 256) # what many share is short
]

_policy_like(key) if replace(replace(lower(key), "-", ""), "_", "") in {"imagepullpolicy", "pullpolicy"}

# the same in the pod spec itself, and in all that it stands in
_strays_above(entry, path) := [stray |
	some n in numbers.range(0, count(path))
	level := object.get(entry.object, array.slice(path, 0, n), {})
	names := object.keys(level)
	regex.match(_hidden, concat("\n", names))
	keys := {name | some name in names; _policy_like(name)}
	some stray in _under(array.concat(entry.at, array.slice(path, 0, n)), level, keys)
]

# there can be many keys above a container, and to ask each costs more
_hidden := `(?i)(?:^|\n)(?:image[-_]?)?pull[-_]?policy(?:\n|$)`
