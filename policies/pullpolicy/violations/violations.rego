# METADATA
# description: what every host reports of the canonical input {"reviews", "parameters"}
package pullpolicy.violations

import data.pullpolicy.judgements
import data.pullpolicy.reviews
import data.pullpolicy.uses

# METADATA
# title: Violations
# description: all violations that no exemption covers
# entrypoint: true
violations contains judgement.violation if {
	some judgement in judgements.found
	count(judgement.reasons) == 0
}

# METADATA
# title: Exempted violations
# description: the violations that an exemption covers, each with its reason
# entrypoint: true
exempted contains object.union(judgement.violation, {"reason": judgement.reasons[0]}) if {
	some judgement in judgements.found
}

# METADATA
# title: What was checked
# description: |
#   how many objects, how many uses of images in them, and of how many of those the image is not known yet, because
#   something is filled in later
# entrypoint: true
judged := {
	"objects": count(reviews.objects),
	"images": count(uses.found),
	"unknown": count([use | some use in uses.found; use.deferred; not use.known]),
}
