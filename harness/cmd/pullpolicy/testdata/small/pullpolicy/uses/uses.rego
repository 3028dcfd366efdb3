package pullpolicy.uses

found := set()
