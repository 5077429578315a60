"""SPICE-level co-simulation of analog in-memory computing arrays.

A designer's array, from its specification over ngspice to a fast behavioral model with a certificate:

    spec = load_spec("array.toml")
    truth = solve(spec, g, v_in, level="ngspice")
    model, certificate = calibrate(spec, rng=rng)
    i_out = mvm(program(model, g), v_in)
"""

__version__ = "0.1.0"

import lazy_loader

# Loaded on first use: `circuitsim doctor` should not wait for compilers and plotting libraries.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
