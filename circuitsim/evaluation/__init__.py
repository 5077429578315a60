"""A network on arrays: products of each level, SPICE in the loop, energy, accuracy against a key."""
