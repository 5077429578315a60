"""Codes to codes: converters and sense amplifiers around an array."""

from circuitsim.chain.reading import Reading, read

__all__ = ["Reading", "read"]
