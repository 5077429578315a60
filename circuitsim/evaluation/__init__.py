"""Evaluate networks on arrays: tile products of each level, SPICE in the loop, energy, and accuracy over a key."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
