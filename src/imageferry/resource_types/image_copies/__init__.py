"""One image copy, which the types of both languages share."""
