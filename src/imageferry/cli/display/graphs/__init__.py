"""Graphs of a template: folded, and drawn as text, DOT and Mermaid."""
