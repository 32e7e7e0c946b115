"""What is done with nodes before they are read: transforms, loops, locals."""
