"""Snapshots of disks: made, changed in place, removed."""
