"""What the handlers of all types have in common: notes, faults, lineages, reading properties."""
