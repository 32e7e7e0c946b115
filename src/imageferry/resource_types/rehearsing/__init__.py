"""Plans of whatever is made by one call: that call tried out as a dry run, before anything is done."""
