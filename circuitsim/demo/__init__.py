"""The demo: from a 1T1R array to the accuracy of a network on handwritten digits, with a report."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
