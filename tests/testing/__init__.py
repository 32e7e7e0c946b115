"""The contract suite itself: that it passes what keeps the contract, and finds what breaks it."""
