"""What the engine talks about, as frozen values: the words that every floor above shares."""
