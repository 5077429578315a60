"""Codes to codes: converters and sense amplifiers around an array."""

from circuitsim.chain.stages import Reading, read_codes, read_stages

__all__ = ["Reading", "read_codes", "read_stages"]
