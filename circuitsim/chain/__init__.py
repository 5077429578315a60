"""Codes to codes: converters and sense amplifiers around an array."""

from circuitsim.chain.reading import Reading, read, read_codes

__all__ = ["Reading", "read", "read_codes"]
