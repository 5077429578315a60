"""Device cards: what a folder of `device_models/`, or a user's own file, says about a memory or a transistor."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
