"""How each built-in type is connected to an account: one room for each kind of thing."""
