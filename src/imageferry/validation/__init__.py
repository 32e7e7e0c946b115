"""What can be known to be wrong beforehand: names, cycles, parameters, counts, properties."""
