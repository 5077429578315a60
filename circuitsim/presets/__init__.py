"""Chips of the field as specifications: every key with its source, or said to be assumed or unknown."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
