"""Repeat the worst case that a certificate stores: it gives the same currents, or the model is another."""

from dataclasses import dataclass

import numpy as np

from circuitsim import spice, truth
from circuitsim.behavioral import program, tile_outputs
from circuitsim.calibration.outside import check_certificate
from circuitsim.chain import exact_outputs, model_array
from circuitsim.errors import InputError
from circuitsim.results import Certificate, TileModel
from circuitsim.results.error_scale import error_scale, solvers_agree
from circuitsim.spec import checked, with_ideal
from circuitsim.units import format_quantity, percent


@dataclass(frozen=True)
class RepeatedWitness:
    """The stored worst case of a certificate, computed again.

    Attributes:
        holds: Whether every level gives the stored output, see `solvers_agree`.
        tile, nodal: Outputs of the model and of the array solver [unit of the certificate].
        ngspice: Output in ngspice; None: not solved.
        error: |tile − nodal| as a fraction of full scale, or of the current itself, as in the certificate.
        sentence: The verdict in words.
    """

    holds: bool
    tile: float
    nodal: float
    ngspice: float | None
    error: float
    sentence: str


@checked
def repeat_witness(
    model: TileModel,
    certificate: Certificate,
    *,
    in_ngspice: bool = False,
    simulator: spice.Simulator | None = None,
) -> RepeatedWitness | None:
    """Compute the stored worst case of a certificate again and compare it with the stored values.

    Args:
        model: The model.
        certificate: Its certificate.
        in_ngspice: Also solve the case in ngspice, one deck of the whole array, and compare it with the array solver.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.

    Returns:
        The currents and the verdict; None for a certificate without a worst case.

    Raises:
        InputError: The certificate belongs to another model, or it has no worst case that ngspice could solve.
        SimulatorError: ngspice failed.
    """
    check_certificate(model, certificate)
    if certificate.worst is None:
        if in_ngspice:
            raise InputError("in_ngspice = True: the certificate states no worst case, because none was sought")
        return None
    case = certificate.worst.witness.case
    read, column = case.v_in[None], case.column
    tile = float(np.asarray(tile_outputs(program(model, case.g), read))[0, column])
    exact = float(exact_outputs(model_array(model, case.g), read)[0, column])
    true = None
    if in_ngspice:
        whole = truth.prepare(with_ideal(model.spec, "driver", "adc"), case.g)
        true = float(truth.read(whole, read, simulator=simulator).out[0, column])
    error = float(abs(tile - exact) / error_scale(exact, certificate.full_scale, certificate.relative_to))
    changed = _changed(certificate, tile, exact, true)
    if changed:
        what = "; ".join(changed)
        sentence = f"the stored worst case does NOT repeat: {what}; the model, its cell or a solver is another"
    else:
        solved = "" if true is None else ", and ngspice agrees"
        where = f"{certificate.relative_to} in column {column}"
        sentence = f"the stored worst case repeats: {percent(error)} of {where}{solved}"
    return RepeatedWitness(not changed, tile, exact, true, error, sentence)


def _changed(certificate: Certificate, tile: float, exact: float, true: float | None) -> list[str]:
    """Say which level gives another current than the certificate, or than the array solver."""
    assert certificate.worst is not None
    witness = certificate.worst.witness
    pairs = [("the model", tile, witness.tile), ("the array solver", exact, witness.nodal)]
    if true is not None:
        pairs.append(("ngspice", true, witness.nodal if witness.ngspice is None else witness.ngspice))
    unit = certificate.unit
    allowed = solvers_agree(unit) * error_scale(witness.nodal, certificate.full_scale, certificate.relative_to)
    return [
        f"{level} gives {format_quantity(now, unit, 7)}, not {format_quantity(before, unit, 7)}"
        for level, now, before in pairs
        if not abs(now - before) <= allowed
    ]
