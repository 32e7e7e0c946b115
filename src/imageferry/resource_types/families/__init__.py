"""Image families: which images are in one in a region, and which of them launches from it."""
