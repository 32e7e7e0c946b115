"""Doing a change set, durably."""
