"""Expressions to values: scopes, the table of functions, partial evaluation, folding, conformance."""
