"""The picture of a pulse response: trains of up and down pulses, and the steps over the conductance."""

from pathlib import Path

import numpy as np

from circuitsim.report.device_figures import Curve, Panel, save_device_figure
from circuitsim.results import PulseResponse

_MOST = 2000  # pulses of a train that is drawn


def save_pulse_response(title: str, response: PulseResponse, file: Path) -> tuple[Path, Path]:
    """Draw a mean train of up and of down pulses from bound to bound, and both steps; write .png and .svg.

    Raises:
        InputError: The folder cannot be written.
    """
    span = np.ptp(response.g)
    pulses = int(np.clip(span / max(response.step, span / _MOST), 20, _MOST))
    up, down = _train(response, response.g[0], 1, pulses), _train(response, response.g[-1], -1, pulses)
    moving = np.flatnonzero(np.maximum(np.abs(np.diff(up)), np.abs(np.diff(down))) > 1e-3 * span / pulses)
    shown = slice(0, min(int(moving[-1]) + 3, pulses + 1))  # one pulse more shows that both trains have ended
    count = np.arange(pulses + 1.0)[shown]
    trains = (Curve(count, up[shown], "up"), Curve(count, down[shown], "down"))
    steps = (Curve(response.g, response.up, "up"), Curve(response.g, -response.down, "down"))
    panels = (
        Panel("Trains of equal pulses", "pulse", "", "conductance", "S", trains),
        Panel("Size of a step", "conductance", "S", "step", "S", steps, from_zero=True),
    )
    return save_device_figure(title, panels, file)


def _train(response: PulseResponse, g: float, sign: int, pulses: int) -> np.ndarray:
    """Conductances (pulses + 1,) [S] of a train that begins at g."""
    steps, passed = response.up if sign > 0 else response.down, [float(g)]
    for _ in range(pulses):
        moved = passed[-1] + float(np.interp(passed[-1], response.g, steps))
        passed.append(float(np.clip(moved, response.g[0], response.g[-1])))
    return np.array(passed)
