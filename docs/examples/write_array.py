"""Write a 1T1R array to target conductances, and read all of it back at the end."""

import numpy as np

import circuitsim as cs
from circuitsim.programming import write_array

SPEC = cs.parse_spec(
    {
        "schema": 1,
        "array": {"rows": 2, "cols": 2, "cell": "1t1r"},
        "device": {"model": "rram_stanford_a", "g_min": "1u", "g_max": "100u"},
        "access": {"model": "nmos_130", "w": "2u", "l": "0.13u", "v_gate": 1.8},
        "wire": {"r_row": 5.0, "r_col": 5.0},
        "driver": {"v_read": 0.1},
    }
)


def main() -> None:
    targets = np.array([[60e-6, 60e-6], [80e-6, 50e-6]])
    array = write_array(SPEC, targets, tolerance=2e-6)
    for row, col in np.ndindex(targets.shape):
        print(
            f"cell {row}, {col}: target {targets[row, col] * 1e6:.0f} µS, {array.g_end[row, col] * 1e6:.2f} µS, "
            f"{array.pulses[row, col]} pulses, moved by others {array.moved[row, col] * 100:.4f} %"
        )
    energy = (array.energy_bl + array.energy_sl) * 1e12
    print(f"{array.time_s * 1e6:.2f} µs, {energy:.0f} pJ of write pulses")
    assert array.reached.all()


if __name__ == "__main__":
    main()
