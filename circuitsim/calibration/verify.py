"""Check on new solutions whether a certificate still holds and whether the circuit is still the same.

First, the error of the model on the new solutions is compared with the certified error. This misses small changes: an
array whose wires differ by 1 % may stay within twice the error of a simple model. Second, the same reads are therefore
also solved by the array solver with the model's cell and wires. It agrees with ngspice to parts in a million, so a
larger difference means another circuit. The difference is then fitted by the changes of output that each part of the
circuit would cause, which identifies the part.

The worst case that the certificate stores is computed anew as well: it repeats, or the model is another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuitsim.calibration.certify import circuit_error, errors_against
from circuitsim.calibration.hold_out import check_truths
from circuitsim.calibration.outside import check_certificate
from circuitsim.calibration.repeat_witness import RepeatedWitness, repeat_witness
from circuitsim.calibration.series_resistance import series_resistance, with_series
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.chain import exact_array, read_exact
from circuitsim.results import (
    AnyCell,
    CapacitorCell,
    CellSurface,
    Certificate,
    ErrorStatistics,
    Experiment,
    SenseTable,
    Solution,
    TileModel,
)
from circuitsim.results.error_scale import IN_TIME, error_scale, errors_relative_to, solvers_agree
from circuitsim.spec import ArraySpec, WireGrid, checked, has_bypass, with_ideal
from circuitsim.units import percent

# The error depends on the sampled hold-out: over seeds 0 to 15 of `calibrate(SPEC, truth="nodal")` on the 24 x 16 array
# of tests/cross_check/test_calibration_verify.py the largest rms is 1.42 times the smallest, the largest maximum 1.90.
MARGIN = 2.0
STEP = 0.01  # relative change of a part with which its derivative is computed
NOTHING = 1e-9  # of the largest output: what a part changes by less, of charges that have settled, is rounding
ENOUGH = 0.02  # fraction of a difference that may stay unexplained: derivatives are of first order


@dataclass(frozen=True)
class Suspect:
    """A part of the circuit, and its relative change that best explains a difference.

    Attributes:
        part: "row wires" or "bit lines", "column wires", "cell currents", "transistor resistance" or in strings
            "bypass resistance", "driver resistance", "sense resistance", or "drop" or "output of the sense amplifiers"
            where these are circuits; of 1c cells "cell capacitances" and "capacitance of the row" or "column wires".
        change: Relative change; +0.01 is 1 % more.
    """

    part: str
    change: float


@dataclass(frozen=True)
class Verdict:
    """Whether a certificate holds on new solutions.

    Attributes:
        holds: True if the rms error is within `MARGIN` times the typical one, the largest within `MARGIN` times the
            largest of the hold-out or within the worst found, the circuit is the same, and the stored worst case
            repeats. Errors of charges below those of ngspice, `IN_TIME`, count as nothing.
        error: Errors of the model on the new solutions, as fractions as in the certificate.
        sentence: The verdict in words.
        circuit: Errors of the array solver on the model's circuit, as the same fractions; None for a
            certificate after drift, for which no exact circuit exists.
        suspects: Changed parts that explain the difference, the best explanation first; empty if the circuit is the
            same.
        unexplained: rms of the difference that the suspects do not explain, as a fraction of the difference.
        witness: The stored worst case computed anew; None for a certificate without one.
    """

    holds: bool
    error: ErrorStatistics
    sentence: str
    circuit: ErrorStatistics | None = None
    suspects: tuple[Suspect, ...] = ()
    unexplained: float = 0.0
    witness: RepeatedWitness | None = None


@checked
def verify(
    model: TileModel,
    certificate: Certificate,
    experiments: Sequence[Experiment],
    truths: Sequence[Solution],
    *,
    in_ngspice: bool = False,
) -> Verdict:
    """Compare a model with new solutions and tell whether its certificate still holds.

    This detects wires, transistors or cells that differ from those the model was built for.

    Args:
        model: The model.
        certificate: Its certificate.
        experiments: Intended conductances and inputs.
        truths: Solutions of the model's specification by ngspice, or measurements, in the same order. A measurement
            states the specification that the array was built from as `Provenance.spec_digest`.
        in_ngspice: Also solve the stored worst case in ngspice.

    Raises:
        InputError: The certificate belongs to another model, or the truths are not those of these experiments, or
            `in_ngspice` is True for a certificate without a worst case.
        SimulatorError: ngspice failed.
    """
    check_certificate(model, certificate)
    check_truths(with_ideal(model.spec, "driver", "adc"), experiments, truths, same_array=certificate.time_s is None)
    error = errors_against(model, experiments, truths, certificate.full_scale)
    largest = max(MARGIN * certificate.typical.max, 0.0 if certificate.worst is None else certificate.worst.error)
    floor = IN_TIME if certificate.unit == "C" else 0.0
    holds = error.rms <= max(MARGIN * certificate.typical.rms, floor) and error.max <= max(largest, floor)
    sentence = (
        f"rms {percent(error.rms)}, largest of {error.samples} {percent(error.max)} of {certificate.relative_to} "
        f"against {percent(certificate.typical.rms)} and {percent(certificate.typical.max)} typically"
    )
    witness = repeat_witness(model, certificate, in_ngspice=in_ngspice)
    if witness is not None:
        holds, sentence = holds and witness.holds, f"{sentence}; {witness.sentence}"
    if certificate.time_s is not None:
        return Verdict(holds, error, _verdict(holds) + sentence, witness=witness)
    cells = {"off": model.off, "between": model.between, "sense": model.sense}
    exact = solve_in_nodal(model.spec, model.surface, experiments, **cells)
    circuit = circuit_error(model.spec, exact, truths, certificate.full_scale)
    limit = max(solvers_agree(certificate.unit), MARGIN * (certificate.circuit.rms if certificate.circuit else 0.0))
    if circuit.rms <= limit:
        same = f"; the circuit is the same to {percent(circuit.rms)}"
        return Verdict(holds, error, _verdict(holds) + sentence + same, circuit, witness=witness)
    suspects, unexplained = find_suspects(model.spec, model.surface, experiments, exact, truths, **cells)
    words = ", ".join(f"{suspect.part} {100 * suspect.change:+.2f} %" for suspect in suspects)
    other = (
        f"; the array is another circuit: it differs by {percent(circuit.rms)} rms, the same one by at most "
        f"{percent(limit)}; best explained by {words} ({percent(unexplained)} unexplained)"
    )
    return Verdict(False, error, _verdict(False) + sentence + other, circuit, suspects, unexplained, witness)


def find_suspects(
    spec: ArraySpec,
    surface: AnyCell,
    experiments: Sequence[Experiment],
    exact: Sequence[Solution],
    truths: Sequence[Solution],
    *,
    sense: SenseTable | None = None,
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
) -> tuple[tuple[Suspect, ...], float]:
    """Explain the difference between truth and circuit by small changes of as few parts as possible.

    Parts are added one at a time, each time the one that leaves the smallest remainder. The search stops when a part
    no longer halves the remainder.

    Returns:
        The changes, the best explanation first, and the rms of the remainder as a fraction of the difference.
    """
    scales = [error_scale(t.out, 1.0, errors_relative_to(spec)) for t in truths]

    def moved(outs: Iterable[np.ndarray]) -> np.ndarray:
        """Return how far outputs are from those of the model's circuit, each on the scale of its error."""
        return np.concatenate([((o - e.out) / s).ravel() for o, e, s in zip(outs, exact, scales, strict=True)])

    miss = moved(t.out for t in truths)
    names, columns, largest = [], [], max(float(np.abs(e.out).max()) for e in exact)
    for name, wires, cell, second, curve in _changed(spec, surface, off, sense):
        cells = {"off": second, "between": _levels_with(name, between)}
        arrays = (
            exact_array(spec, e.g, cell, **cells, sense=curve, wires=wires, g_range=cell.g_range) for e in experiments
        )
        column = moved(read_exact(array, e.v_in).out for array, e in zip(arrays, experiments, strict=True)) / STEP
        if np.abs(column).max() > NOTHING * largest:
            names.append(name)
            columns.append(column)
    if not columns:
        return (), 1.0
    basis = np.stack(columns, axis=1)
    chosen: list[int] = []
    changes, remainder = np.zeros(0), 1.0
    while len(chosen) < len(names) and remainder > ENOUGH:
        rest = [index for index in range(len(names)) if index not in chosen]
        fits = {index: _fit(basis[:, [*chosen, index]], miss) for index in rest}
        best = min(rest, key=lambda index: fits[index][1])
        if chosen and fits[best][1] > remainder / 2:
            break  # one more part would be a guess
        chosen.append(best)
        changes, remainder = fits[best]
    return tuple(Suspect(names[i], float(c)) for i, c in zip(chosen, changes, strict=True)), remainder


def _fit(basis: np.ndarray, miss: np.ndarray) -> tuple[np.ndarray, float]:
    """Fit `miss` by least squares on normalized columns; return the coefficients and the unexplained fraction."""
    size = np.sqrt((basis**2).sum(axis=0))
    changes = np.linalg.lstsq(basis / size, miss, rcond=None)[0] / size
    return changes, float(np.sqrt(((miss - basis @ changes) ** 2).sum() / (miss**2).sum()))


def _changed(
    spec: ArraySpec, surface: AnyCell, off: CellSurface | None, sense: SenseTable | None
) -> list[tuple[str, WireGrid, AnyCell, CellSurface | None, SenseTable | None]]:
    """Change one part of the circuit at a time by the fraction `STEP`.

    Returns:
        For each part its name, the wires, the surfaces of the cell for input 1 and input 0, and the table of the sense
        amplifiers.
    """
    wires, more, charges = spec.wires, 1 + STEP, isinstance(surface, CapacitorCell)
    rest = surface, off, sense
    parts: list[tuple[str, WireGrid, AnyCell, CellSurface | None, SenseTable | None]] = [
        (*_across(wires, more), *rest),
        ("column wires", replace(wires, r_col=wires.r_col * more), *rest),
        ("cell capacitances" if charges else "cell currents", wires, surface.times(more), off, sense),
    ]
    if isinstance(surface, CapacitorCell):
        parts += [(name, changed, *rest) for name, changed in _loads(wires, more)]
    elif has_bypass(spec):
        assert off is not None  # the array solver takes no string without it
        parts.append(("bypass resistance", wires, surface, off.times(1.0 / more), sense))
    elif spec.access is not None:
        slower = with_series(surface, STEP * series_resistance(surface))
        parts.append(("transistor resistance", wires, slower, off, sense))
    if spec.driver.r_out > 0:
        parts.append(("driver resistance", replace(wires, r_driver=wires.r_driver * more), *rest))
    if spec.sense.r_in > 0:
        parts.append(("sense resistance", replace(wires, r_sense=wires.r_sense * more), *rest))
    if sense is not None and sense.drop is not None and sense.reported is not None:
        dropped, put_out = replace(sense, drop=sense.drop * more), replace(sense, reported=sense.reported * more)
        parts += [("drop of the sense amplifiers", wires, surface, off, dropped)]
        parts += [("output of the sense amplifiers", wires, surface, off, put_out)]
    return parts


def _levels_with(part: str, between: tuple[CellSurface, ...]) -> tuple[CellSurface, ...]:
    """Return the cells of gates between off and on where a part of the cell changes as `_changed` has it."""
    if part == "cell currents":
        return tuple(law.times(1 + STEP) for law in between)
    if part == "transistor resistance":
        return tuple(with_series(law, STEP * series_resistance(law)) for law in between)
    return between


def _across(wires: WireGrid, more: float) -> tuple[str, WireGrid]:
    """Change the wires that feed the cells: rows, or the bit lines along the columns where inputs switch gates."""
    if wires.r_bl is None:
        return "row wires", replace(wires, r_row=wires.r_row * more)
    return "bit lines", replace(wires, r_bl=wires.r_bl * more)


def _loads(wires: WireGrid, more: float) -> list[tuple[str, WireGrid]]:
    """Change the capacitances of the wires to ground."""
    found = []
    if wires.c_row is not None:
        found.append(("capacitance of the row wires", replace(wires, c_row=wires.c_row * more)))
    if wires.c_col is not None:
        found.append(("capacitance of the column wires", replace(wires, c_col=wires.c_col * more)))
    return found


def _verdict(holds: bool) -> str:
    return f"the certificate {'holds' if holds else 'does NOT hold'}: "
