"""Resource types: a schema, rules and a handler each; what their handlers share stands beside them."""
