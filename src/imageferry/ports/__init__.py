"""The sockets: what the core needs from outside, one room for each kind."""
