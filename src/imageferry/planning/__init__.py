"""From what is wanted and what exists to a change set."""
