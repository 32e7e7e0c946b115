"""Templates rewritten: from YAML to JSON and back, and from one dialect to the other."""
