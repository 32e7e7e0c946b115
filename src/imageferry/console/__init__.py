"""The console: pages in a browser, live, for whoever would rather look than read."""
