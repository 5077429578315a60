"""Codes to codes: converters and sense amplifiers around an array."""
