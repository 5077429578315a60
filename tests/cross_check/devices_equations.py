"""The stated equation of each memory, written anew from its source, for comparison with what ngspice reads."""

import numpy as np
from scipy.optimize import brentq

Q, K_B = 1.602176634e-19, 1.380649e-23


def ohmic(g, v, v_read):
    return g * v


def sinh(v0):
    return lambda g, v, v_read: g * v_read * np.sinh(v / v0) / np.sinh(v_read / v0)


def stanford(i0, gap0, v0):
    """I = I0 exp(−gap/g0) sinh(V/V0), the gap found by bisection, not by the closed form of the card."""

    def current(g, v, v_read):
        def chord(gap):
            return i0 * np.exp(-gap / gap0) * np.sinh(v_read / v0) / v_read

        gap = brentq(lambda x: np.log(chord(x) / g), -1.0, 5.0, xtol=1e-14)
        return i0 * np.exp(-gap / gap0) * np.sinh(v / v0)

    return current


def tunnel_junction(g, v, v_read):
    r_p, tmr0, v_h = 6000.0, 2.5714286, 0.5
    tmr = tmr0 / (1 + (v / v_h) ** 2)
    return v / r_p if g > 8e-5 else v / (r_p * (1 + tmr))


READS = {
    "rram_ohmic": ohmic,
    "rram_wan": ohmic,
    "rram_milo": ohmic,
    "rram_cmo": ohmic,
    "rram_vteam": ohmic,
    "ecram": ohmic,
    "flash_sonos_40nm": ohmic,
    "rram_sinh": sinh(0.25),
    "pcm_joshi": sinh(0.3),
    "pcm_hermes": sinh(0.3),
    "rram_stanford_a": stanford(61.4e-6, 0.27505, 0.43),
    "rram_stanford_b": stanford(1e-3, 0.25, 0.25),
    "mtj_pma": tunnel_junction,
}


def stanford_rate(gap, v, kelvin, *, vel0, ea_g, ea_r, gamma0, beta, a0, tox):
    """d gap/dt [nm/ns] of the Stanford model at a voltage and temperature."""
    kt = K_B * kelvin / Q
    pull = (gamma0 - beta * gap**3) * a0 * v / tox
    return vel0 * (np.exp(-(ea_r + pull) / kt) - np.exp(-(ea_g - pull) / kt))
