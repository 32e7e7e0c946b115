"""What plans of image copies ask the cloud beforehand; loaded once something is asked."""
