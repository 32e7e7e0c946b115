"""Whole pages that stand alone in a file: everything they need is in them, and nothing runs."""
