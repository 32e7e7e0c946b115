"""Resource types: a schema, rules and a handler each; what image copies share stands beside them."""
