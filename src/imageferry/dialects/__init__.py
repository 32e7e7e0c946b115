"""Template languages: bytes to Template."""
