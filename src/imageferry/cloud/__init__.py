"""A client of the real cloud, and of its emulator: signing, sending, retrying, typed actions."""
