# METADATA
# title: A rule
# custom: {severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}}
package pullpolicy.rules.mutable_tag_cached

findings := set()
