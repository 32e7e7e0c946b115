"""Protocol cores: bytes in, values out; no room here opens a connection."""
