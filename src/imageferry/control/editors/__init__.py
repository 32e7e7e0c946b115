"""What editors complete and check templates by: one JSON Schema."""
