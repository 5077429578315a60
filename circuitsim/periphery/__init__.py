"""Stages at the edge of an array: converters and sense amplifiers as functions of arrays."""
