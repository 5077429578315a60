"""Arrays whose worst cases are measured: on those of `FRESH` no model or search was developed."""

from dataclasses import dataclass

import numpy as np

from circuitsim import characterization
from circuitsim.calibration import full_scale_of_box
from circuitsim.results import TileModel
from circuitsim.spec import ArraySpec, parse_spec


@dataclass(frozen=True)
class Declared:
    """An array and the inputs that are declared for it [V]."""

    spec: ArraySpec
    v_range: tuple[float, float]

    def model(self, grade: int) -> tuple[TileModel, float]:
        """Return the model of a grade, and the full scale of its box [A]."""
        surface = characterization.cell(self.spec, v_range=self.v_range)
        model = TileModel(self.spec, surface, grade, self.v_range)
        return model, full_scale_of_box(self.spec, surface, v_range=self.v_range)[0]

    def reads(self, share: np.ndarray) -> np.ndarray:
        """Turn shares of a full-scale input (batch, rows), 0 to 1 or −1 to 1, into inputs [V]."""
        v_ref, (low, high) = self.spec.sense.v_ref, self.v_range
        return v_ref + np.where(share < 0, share * (v_ref - low), share * (high - v_ref))


def array(
    rows: int, cols: int, r_wire: float, v_read: float = 0.2, *, cell: str = "1t1r", device: str = "rram_sinh",
    g_max: float = 1e-4, v_gate: float = 1.8, temperature_c: float = 27, signed: bool = False, wire: dict | None = None,
    sense: dict | None = None,
) -> Declared:  # fmt: skip
    """Return an array with a BSIM4 transistor in every cell (none in 1R) and 50 ohm at the drivers."""
    data = {
        "schema": 1,
        "array": {"rows": rows, "cols": cols, "cell": cell, "temperature_c": temperature_c},
        "device": {"model": device, "g_min": 1e-6, "g_max": g_max},
        "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": v_gate},
        "wire": {"r_row": r_wire, "r_col": r_wire} | (wire or {}),
        "driver": {"v_read": v_read, "r_out": 50},
        "sense": sense or {},
    }
    if cell == "1r":
        del data["access"]
    spec = parse_spec(data)
    low, high = spec.drive_range
    return Declared(spec, (low - v_read if signed else low, high))


FRESH = {
    "16x16, 2 ohm": array(16, 16, 2),
    "16x16, 20 ohm, 0.1 V": array(16, 16, 20, 0.1),
    "1R 32x32": array(32, 32, 10, cell="1r"),
    "weak gate 32x32": array(32, 32, 10, v_gate=1.0),
    "85 C, 0.3 V, 40x40": array(40, 40, 5, 0.3, temperature_c=85),
    "pairs 16x32": array(16, 32, 10, cell="2t2r"),
    "reference 24x40": array(24, 40, 10, sense={"v_ref": 0.1, "r_in": 50}),
    "signed inputs 32x32": array(32, 32, 10, signed=True),
    "both ends and top 40x30": array(40, 30, 10, wire={"row_drive": "both", "col_sense": "top"}),
    "0.4 V 32x48": array(32, 48, 2, 0.4),
    "48x96, 5 ohm": array(48, 96, 5),
    "64x64, 10 ohm": array(64, 64, 10),
    "64x64, 10 ohm, 200 uS": array(64, 64, 10, g_max=2e-4),
    "ohmic 64x64, 10 ohm": array(64, 64, 10, device="rram_ohmic"),
    "128x128, 1 ohm": array(128, 128, 1),
}

STATED = {
    "sinh 0.2 V, 2 ohm": (array(64, 64, 2), 2.5e-4),
    "sinh 0.2 V, 10 ohm": (array(64, 64, 10), 1e-3),
    "sinh 0.4 V, 2 ohm": (array(64, 64, 2, 0.4), 1.2e-3),
    "sinh 0.4 V, 10 ohm": (array(64, 64, 10, 0.4), 3e-3),
    "ohmic 0.2 V, 10 ohm": (array(64, 64, 10, device="rram_ohmic"), 4e-5),
    "sinh 0.2 V, 2 ohm, 128x128": (array(128, 128, 2), 7e-4),
    "v_ref 0.1 V, 10 ohm": (array(64, 64, 10, sense={"v_ref": 0.1}), 1e-3),
    "2t2r, 10 ohm": (array(64, 64, 10, cell="2t2r"), 1e-3),
    "rows driven at both ends, 10 ohm": (array(64, 64, 10, wire={"row_drive": "both"}), 1e-3),
    "signed inputs, 10 ohm": (array(64, 64, 10, signed=True), 3e-3),
}
"""Arrays, and the largest error that the best grade should have there, as a fraction of full scale."""
