"""Write 1T1R cells to target conductances: pulse, read, decide; then show what a cell took."""

import numpy as np

import circuitsim as cs
from circuitsim.programming import RampedReset, write_verify

SPEC = cs.parse_spec(
    {
        "schema": 1,
        "array": {"rows": 1, "cols": 1, "cell": "1t1r"},
        "device": {"model": "rram_stanford_a", "g_min": "1u", "g_max": "100u"},
        "access": {"model": "nmos_130", "w": "2u", "l": "0.13u", "v_gate": 1.8},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.1},
    }
)


def main() -> None:
    targets = np.array([20e-6, 50e-6, 75e-6])
    cells = write_verify(SPEC, targets, tolerance=1e-6, scheme=RampedReset())
    for k, target in enumerate(targets):
        print(
            f"target {target * 1e6:.0f} µS: {cells.g[k] * 1e6:.2f} µS after {cells.pulses[k]} pulses, "
            f"{cells.time_s[k] * 1e6:.2f} µs, {cells.energy_write[k] * 1e12:.0f} pJ {cells.failure[k]}"
        )
    assert cells.reached.all()


if __name__ == "__main__":
    main()
