"""Published studies: what was claimed, what is computed here, and whether the two agree."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
