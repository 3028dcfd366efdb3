# METADATA
# description: the rules, a package each
package pullpolicy.rules
