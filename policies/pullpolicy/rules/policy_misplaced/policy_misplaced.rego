# METADATA
# title: Pull policy where Kubernetes ignores it
# description: |
#   A pull policy is where Kubernetes does not read it: on the pod spec or above it, under another spelling, or
#   under the wrong one of two names (containers have imagePullPolicy, image volumes have pullPolicy). The container
#   gets the default instead.
# custom:
#   message: "Kubernetes ignores {place}: {value}"
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   applies: {ci: "yes", admission: custom resources, audit: custom resources}
package pullpolicy.rules.policy_misplaced

import data.pullpolicy.advice
import data.pullpolicy.podspecs
import data.pullpolicy.result
import data.pullpolicy.texts
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains finding if {
	some use in uses.found
	some stray in use.strays
	finding := result.stray(use, stray.at, _message(stray), _remedy(use, advice.policy(use)), advice.policy(use) != "")
}

findings contains finding if {
	some pod in podspecs.found
	not pod.former
	some stray in pod.strays
	finding := result.stray(
		pod,
		stray.at,
		_message(stray),
		"write imagePullPolicy in each container",
		object.get(_unanswered, [pod.id], false) == false,
	)
}

_message(stray) := strings.replace_n({"{place}": texts.path(stray.at), "{value}": texts.shown(stray.value)}, template)

_remedy(use, advised) := concat("", ["write ", use.policy_field, ": ", advised]) if {
	not advised in ["", use.declared]
} else := "remove it"

# the pod specs in which some image needs another answer than a policy
_unanswered := {use.pod: true |
	some use in uses.found
	advice.policy(use) == ""
}
