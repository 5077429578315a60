"""SPICE-level co-simulation of analog in-memory computing arrays."""

__version__ = "0.1.0"
