# METADATA
# title: Never for an image that nothing preloads
# description: |
#   Never is in force for an image that no glob in the parameter preloadedImages matches. On a node without the
#   image the container waits with ErrImageNeverPull; since 1.35 it does so too where the image came with another
#   Pod's credentials.
# custom:
#   severity: {baseline: warning, strict: error, always: "off", airgapped: error, multi-tenant: warning}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.never_not_preloaded

import data.pullpolicy.parameters
import data.pullpolicy.references
import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, result.advice(use), "preload it and list it in preloadedImages") if {
	some use in uses.found
	use.effective == "Never"
	use.reference.valid
	not _preloaded(use.reference)

	message := concat("", [
		result.who(use), " uses ", result.what(use),
		" with Never, which nothing preloads, so a node without it waits (ErrImageNeverPull)",
	])
}

_preloaded(reference) if {
	some pattern in parameters.preloaded_images
	references.matches(pattern, reference)
}
