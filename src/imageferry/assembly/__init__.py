"""Settings to connected parts: the one place that knows every wing, the clock and chance."""
