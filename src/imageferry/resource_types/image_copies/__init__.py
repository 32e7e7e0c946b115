"""One image of an account, copied, made or imported: what the types of both languages share."""
