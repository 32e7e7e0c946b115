"""The console: its pages, deeds, guards and words, seen as a browser sees them."""
