"""Compare run times and errors with other programs and models, on the same arrays in one run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
