"""The stated equation of each memory, written anew from its source, for comparison with what ngspice reads."""

import numpy as np
from scipy.optimize import brentq

Q, K_B = 1.602176634e-19, 1.380649e-23
H, M_0, EPS_0 = 6.62607015e-34, 9.1093837015e-31, 8.8541878128e-12


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


def jart_current(v_set, n, kelvin):
    """Static current [A] of JART VCM v1b at a voltage in the SET direction; n in 1e26/m3.

    Cüppers et al. 2019, Bengel et al. 2020, in SI units: contact, disc, plug, line with its heating, self-heating. The
    edge at v = φ_bn0 − φ_n is smoothed over 2 mV, as the card states.
    """
    area, charges, mobility, density = np.pi * 45e-9**2, 2, 4e-6, n * 1e26
    r_disc = 0.4e-9 / (charges * Q * mobility * area * density)
    r_plug = 2.6e-9 / (charges * Q * mobility * area * 20e26)

    def contact(v, t):
        kt = K_B * t / Q
        w00 = H / (4 * np.pi) * np.sqrt(charges * density / (M_0 * 17 * EPS_0))
        edge = 0.18 - 0.10 - v
        edge = 0.5 * (edge + np.sqrt(edge**2 + 4e-6))
        lowering = (Q**3 * charges * density * edge / (8 * np.pi**2 * (5.5 * EPS_0) ** 3)) ** 0.25
        phi = max(0.18 - lowering, 0.0)
        if v >= 0:
            return area * 6.01e5 * t**2 * np.exp(-phi / kt) * np.expm1(v / kt)
        w0, slope = w00 / np.tanh(w00 / kt), w00 / (w00 / kt - np.tanh(w00 / kt))
        root = np.sqrt(np.pi * w00 * (-v + phi / np.cosh(w00 / kt) ** 2))
        return -area * 6.01e5 * t / (K_B / Q) * root * np.exp(-phi / w0) * np.expm1(-v / slope)

    v = -v_set
    t = kelvin
    while True:

        def loop(x, t=t):
            i = contact(x, t)
            return x + i * (r_disc + r_plug + 650 + 719.2) + 719.2**2 * 3.92e-3 * 90471 * i**3 - v

        x = brentq(loop, min(v, 0.0), max(v, 0.0), xtol=1e-16, rtol=1e-14)
        i = contact(x, t)
        hot = kelvin + abs(i * (x + i * (r_disc + r_plug))) * 15.72e6
        if abs(hot - t) < 1e-9:
            return -i
        t = (t + hot) / 2
