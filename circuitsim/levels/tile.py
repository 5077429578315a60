"""The behavioral level: a programmed tile whose use is checked against the certificate of its model."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import behavioral, calibration
from circuitsim.behavioral import AnyTile
from circuitsim.calibration.allowed_error import check_worst
from circuitsim.calibration.outside import say_outside, uses_outside
from circuitsim.characterization import check_sense_contents
from circuitsim.errors import InputError, SpecError
from circuitsim.netlist import cell_text
from circuitsim.periphery import check_sense_range
from circuitsim.results import Certificate, Provenance, Solution, TileError, TileModel, column_load, content_digest
from circuitsim.spec import ArraySpec, by_value, check_inputs, with_ideal

OWN_ERROR = 1e-2
"""Of the table of a sense amplifier: how far beyond its ends the model's own error may take a current."""


@by_value
@dataclass(frozen=True)
class CertifiedTile:
    """An array at the behavioral level: a programmed tile with the certificate of its model.

    Attributes:
        spec: The array.
        g: (rows, cols) programmed conductances [S], or capacitances of 1c cells [F].
        tile: The programmed matrices.
        model: The model with the size and temperature of this array, from which the tile was programmed.
        calibrated: The model as calibrated, to which the certificate belongs.
        certificate: Certificate of the model; None: only the range of the inputs is checked.
        strict: Use outside the certificate raises an error instead of a warning.
    """

    spec: ArraySpec
    g: np.ndarray
    tile: AnyTile
    model: TileModel
    calibrated: TileModel
    certificate: Certificate | None
    strict: bool

    @property
    def load(self) -> float:
        """Largest column's mean conductance over the g_max of the model, from 0 to 1; above g_max it counts as 1."""
        return min(column_load(self.g, self.model.spec.device.g_max), 1.0)

    @property
    def tile_error(self) -> TileError | None:
        """What the certificate states of this tile, for inputs inside the certificate; None without a certificate."""
        return None if self.certificate is None else self.certificate.tile_error(self.load)

    @cached_property
    def provenance(self) -> Provenance:
        """Origin of every read: it names the calibrated model, whose digest its certificate and its file state."""
        cell = self.model.surface.provenance
        return Provenance(
            level="behavioral",
            spec_digest=self.spec.digest,
            files_digest=cell.files_digest,
            deck_digest=cell.deck_digest,
            ngspice=cell.ngspice,
            options={"model": self.calibrated.digest, "grade": str(self.model.grade)},
            given={"g": content_digest(self.g)},
        )


def prepare_tile(
    spec: ArraySpec,
    g: ArrayLike,
    model: TileModel,
    certificate: Certificate | None,
    *,
    strict: bool,
    max_error: float | None = None,
    drawn: bool = False,
) -> CertifiedTile:
    """Program a tile with a model that was calibrated for this array.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S].
        model: The calibrated model.
        certificate: Its certificate, or None.
        strict: Use outside the certificate raises an error.
        max_error: Largest error allowed among those found for matrices of this load, as a fraction of full scale.
        drawn: As in `behavioral.program`.

    Raises:
        InputError: The model belongs to another array, the certificate to another model, or the array's SPICE files or
            the circuit of its sense amplifiers have changed since the calibration. What drives the rows and converts
            the outputs may differ.
        OutsideRangeError: A conductance is outside the device's range; or the tile is strict, and the model misses its
            target, or the worst error found for its column load is above `max_error`.

    Warns:
        MissedTargetWarning: The model misses its target.
        WorstCaseWarning: As `check_worst`.
    """
    model = calibration.judged_model(model, certificate, strict=strict)
    resized = _for_array(model, certificate, spec)
    tile = behavioral.program(resized, g, drawn=drawn)
    array = CertifiedTile(spec, np.array(g, dtype=float), tile, resized, model, certificate, strict)
    if certificate is not None:
        check_worst(certificate, array.load, max_error=max_error, strict=strict)
    return array


def read_tile(array: CertifiedTile, x: ArrayLike) -> Solution:
    """Read a tile once per input vector (batch, rows); warn about use outside its certificate.

    Raises:
        OutsideRangeError: The tile is strict and the use is outside its certificate, or a current lies outside the
            table of the sense amplifiers.
    """
    x = check_inputs(array.spec, x)
    behavioral.tell_missed(array.model)
    tile_error = None
    if array.certificate is None:
        behavioral.check_input_range(array.tile, x)
    else:
        phrases = uses_outside(array.certificate, array.g, x, array.spec.array.temperature_c)
        say_outside(phrases, strict=array.strict)
        tile_error = None if phrases else array.tile_error
    sense, current = array.model.sense, np.asarray(behavioral.mvm(array.tile, x))
    out, charges = current, isinstance(array.tile, behavioral.ChargeTile)
    if sense is not None:
        check_sense_range(sense, current, slack=OWN_ERROR)
        out = np.asarray(behavioral.reported_outputs(sense, current))
    return Solution(
        out=out,
        quantity="charge" if charges else "current" if sense is None else "voltage",
        unit="C" if charges else "A" if sense is None else sense.unit,
        i_sense=None if sense is None else current,
        power=np.asarray(behavioral.power(array.tile, x)),
        provenance=array.provenance,
        tile_error=tile_error,
    )


def _for_array(model: TileModel, certificate: Certificate | None, spec: ArraySpec) -> TileModel:
    """Return the model for this array; with a certificate, it may come from another size or temperature."""
    resized = _same_specification(model, certificate, spec)
    contents, calibrated_with = cell_text(spec).digest, model.surface.provenance.files_digest
    if calibrated_with is not None and contents != calibrated_with:
        raise InputError(
            f"the SPICE files or device folders of this array differ from those that the model was calibrated with "
            f"(contents {contents[:12]}, not {calibrated_with[:12]}): calibrate the array again"
        )
    check_sense_contents(spec, model.sense)
    return resized


def _same_specification(model: TileModel, certificate: Certificate | None, spec: ArraySpec) -> TileModel:
    own, asked = (with_ideal(each, "driver", "adc") for each in (model.spec, spec))
    if own.digest == asked.digest:
        return replace(model, spec=asked)
    array = spec.array
    conditions = {"rows": array.rows, "cols": array.cols, "temperature_c": array.temperature_c}
    if certificate is not None:
        try:
            same = own.replace(array=conditions).digest == asked.digest
        except SpecError:  # wires given per segment belong to one size
            same = False
        if same:
            return replace(model, spec=asked)
    raise InputError(
        f"the model was calibrated for another array ({model.spec.array.rows}x{model.spec.array.cols}, "
        f"specification {model.spec.digest[:12]}, not {spec.digest[:12]}): calibrate this one"
    )
