"""Read a 4 × 4 array from DAC codes to ADC codes at all three levels: cascodes of transistors, SAR ADCs of 8 bits.

    python docs/examples/cascode_chain.py

Rows are driven above `sense.v_ref`, so the cascode is the one that takes currents into it, `regulated_cascode_p`. Its
output falls as the current grows: a larger product is a smaller code. The first run characterizes the circuits, ten
seconds of one core; later ones take their tables from the cache.
"""

import numpy as np

import circuitsim as cs
from circuitsim.chain import Reading

ARRAY = {
    "schema": 1,
    "array": {"rows": 4, "cols": 4, "cell": "1t1r"},
    "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "50u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 2.8},
    "wire": {"r_row": 2, "r_col": 2},
    "driver": {"v_read": 0.1, "dac_bits": 4, "r_out": 50, "t_read": "400n"},
    "sense": {"model": "regulated_cascode_p", "v_ref": 1.0, "params": {"rl": "60k"}},
    "adc": {"model": "sar", "v_ref": 1.85, "timing": {"t_sample": "400n"}},  # outputs rest at 1.8 V
}


def run() -> dict[str, Reading]:
    """Calibrate the array, and read two vectors of codes at every level."""
    spec = cs.parse_spec(ARRAY)
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), search="structured")
    rng = np.random.default_rng(1)
    g, codes = rng.uniform(2e-6, 5e-5, spec.shape), np.array([[15, 0, 8, 3], [4, 12, 15, 9]])
    found = {level: cs.convert_codes(spec, g, codes, level) for level in ("ngspice", "nodal")}
    found["behavioral"] = cs.convert_codes(spec, g, codes, "behavioral", model=model, certificate=certificate)
    return found


def main() -> None:
    found = run()
    for level, reading in found.items():
        print(f"{level:>10}: codes {reading.codes.astype(int).tolist()}, out of the array {reading.i_out[0] * 1e6} uA")
    truth = found.pop("ngspice")
    for reading in found.values():
        assert abs(reading.codes - truth.codes).max() <= 1  # by a code where an output lies on a threshold


if __name__ == "__main__":
    main()
