"""The Dispatcher socket: who runs an operation, and the lock that says so."""
