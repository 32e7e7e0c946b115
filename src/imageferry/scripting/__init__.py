"""Engine and AsyncEngine: plan, execute, follow and cancel from Python, for those who script."""
