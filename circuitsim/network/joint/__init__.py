"""Reads of a whole layer, compiled: the form of a tile, the layer laid out of forms, the kernels."""
