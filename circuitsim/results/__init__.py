"""Frozen values that travel between the rooms of the house; save and load, no work."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
