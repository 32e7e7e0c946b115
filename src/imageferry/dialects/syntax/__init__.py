"""Bytes to nodes: JSON and YAML, every node with its place."""
