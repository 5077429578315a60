"""Solve the witness of a worst case in ngspice, the level that counts as the truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from circuitsim import spice, truth
from circuitsim.chain import model_array, read_exact
from circuitsim.errors import SimulatorError
from circuitsim.results import TileModel, WorstFound
from circuitsim.results.error_scale import error_scale, errors_relative_to, solvers_agree
from circuitsim.spec import Tolerance, checked, with_ideal


@checked
def witness_in_ngspice(
    model: TileModel,
    worst: WorstFound,
    full_scale: Tolerance,
    *,
    folder: str | Path | None = None,
    simulator: spice.Simulator | None = None,
) -> WorstFound:
    """Solve the witness in ngspice, one deck of the whole array, and return it with that output.

    Args:
        model: The behavioral model.
        worst: What a search found for it.
        full_scale: What differences are divided by, in the unit of the outputs.
        folder: Where to keep the run folder; None removes it after success.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.

    Raises:
        SimulatorError: ngspice failed, or its output differs from the array solver's by more than `solvers_agree` of
            full scale and by more than the bound of the cell allows: the search then looked at another circuit.
    """
    spec, case = with_ideal(model.spec, "driver", "adc"), worst.witness.case
    read = case.v_in[None]
    solution = truth.read(truth.prepare(spec, case.g), read, folder=folder, simulator=simulator)
    current = float(solution.out[0, case.column])
    exact = read_exact(model_array(model, case.g), read)
    assert exact.cell_error is not None
    of = errors_relative_to(spec)
    scale = float(error_scale(worst.witness.nodal, full_scale, of))
    by_cell = float(exact.cell_error[0] * np.abs(exact.out).max()) / scale
    off = abs(current - worst.witness.nodal) / scale
    allowed = max(solvers_agree(solution.unit), by_cell)
    if not off <= allowed:
        raise SimulatorError(
            f"the worst case found ({case.family}; column {case.column}) gives {current:.6e} {solution.unit} in "
            f"ngspice and {worst.witness.nodal:.6e} {solution.unit} in the array solver, {off:.1e} of {of} apart, "
            f"expected at most {allowed:.1e}: no certificate is issued, because the search was of another circuit; "
            "look for currents that leave the cells through bulk or gate, or narrow driver.v_read",
            Path(folder) if folder is not None else None,
        )
    return replace(worst, witness=replace(worst.witness, ngspice=current))
