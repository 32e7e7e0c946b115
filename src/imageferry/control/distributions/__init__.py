"""Distributing golden images: which version is to be in which region, what goes, and the template."""
