"""Measure an array at many points: Monte Carlo samples, values of a key, or a whole campaign whose results are kept.

Names are loaded on first use: looking at a store does not wait for the compiler of the array solver.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
