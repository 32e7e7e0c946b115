"""What each page shows and each deed does, a room a page."""
