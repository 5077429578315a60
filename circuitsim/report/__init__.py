"""Figures, tables and one self-contained page; draws what it is given and computes nothing.

Names are loaded on first use: saying a certificate in words does not wait for the plotting library.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
