"""A calibrated tile for other simulators."""
