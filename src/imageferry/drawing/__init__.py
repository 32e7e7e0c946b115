"""What is drawn: graphs, the map of the regions and timelines as SVG, from values alone."""
