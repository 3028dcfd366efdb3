package pullpolicy.explanations

explanations := set()

problems := set()
