"""Sharing images with other accounts, and publishing them: one handler for both languages."""
