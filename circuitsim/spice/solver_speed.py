"""How long this ngspice takes for an array, with each linear solver that it has."""

from dataclasses import dataclass

import numpy as np

from circuitsim.netlist import crossbar
from circuitsim.spec import checked, parse_spec
from circuitsim.spice.batch import run
from circuitsim.spice.options import TRUTH_OPTIONS
from circuitsim.spice.simulator import KLU_SINCE, Simulator

SIDE = 64
_SEED = 1


@dataclass(frozen=True)
class SolverSpeed:
    """Time of one read of 64 × 64 cells, each a resistor-like device and a BSIM4 transistor, with wires of 2 ohm.

    Attributes:
        sparse_s: With Sparse 1.3 [s].
        klu_s: With KLU [s]; None: this ngspice does not have it.
        difference: Largest difference of an output between both, relative to the largest; None without KLU.
    """

    sparse_s: float
    klu_s: float | None
    difference: float | None

    @property
    def text(self) -> str:
        """What was measured, and what to install."""
        one = f"One read of {SIDE} x {SIDE} cells with transistors took {self.sparse_s:.3g} s with Sparse 1.3"
        if self.klu_s is None or self.difference is None:
            return (
                f"{one}; this ngspice has no KLU. ngspice {KLU_SINCE} or later built with it takes a fifth of the time "
                "here and a fiftieth at 128 x 128: that of Debian 13, 'conda install -c conda-forge ngspice', or a "
                "build of its source with --enable-klu, named in CIRCUITSIM_NGSPICE."
            )
        return f"{one} and {self.klu_s:.3g} s with KLU; outputs differ by {self.difference:.1e} of the largest."


@checked
def measure_solvers(simulator: Simulator) -> SolverSpeed:
    """Read an array with Sparse 1.3 and, where this ngspice has it, with KLU; takes some ten seconds without KLU.

    Raises:
        SimulatorError: A run failed; its folder is kept.
    """
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": SIDE, "cols": SIDE, "cell": "1t1r"},
            "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.2},
        }
    )
    rng = np.random.default_rng(_SEED)
    deck = crossbar(spec, 10 ** rng.uniform(-6, -4, spec.shape), 0.2 * rng.random((1, SIDE)))
    runs = [run(deck, simulator=simulator, options={**TRUTH_OPTIONS, "sparse": ""} if simulator.klu else TRUTH_OPTIONS)]
    if simulator.klu:
        runs.append(run(deck, simulator=simulator))
    out = [np.array([each[name] for name in deck.i_out]) for each in runs]
    seconds = [each.attempts[-1].seconds for each in runs]
    if len(runs) == 1:
        return SolverSpeed(seconds[0], None, None)
    return SolverSpeed(*seconds, difference=float(np.abs(out[1] - out[0]).max() / np.abs(out[0]).max()))
