# METADATA
# description: finds nothing, and is built and asked in no time
package pullpolicy.violations

import data.pullpolicy.uses

# METADATA
# entrypoint: true
violations contains x if some x in uses.found

# METADATA
# entrypoint: true
exempted contains x if some x in uses.found

# METADATA
# entrypoint: true
judged := {"objects": count(input.reviews), "images": count(uses.found)}
