"""Types of installed packages: what they offer, taken or told to be broken, and guarded in what it does."""
