"""One circuit, three levels: ngspice, the exact array solver, matrix products; each proved against the one before."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from circuitsim import behavioral, calibration, characterization, nodal, truth
from circuitsim.devices import device_card, programmable_range
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.results import CellSurface, Certificate, Provenance, Solution, TileModel
from circuitsim.spec import ArraySpec
from circuitsim.spec.arrays import check_arrays

Level = Literal["ngspice", "nodal", "behavioral"]


def solve(
    spec: ArraySpec,
    g: np.ndarray,
    x: np.ndarray,
    level: Level = "nodal",
    *,
    model: TileModel | None = None,
    certificate: Certificate | None = None,
    strict: bool = False,
    nodes: bool = False,
    folder: Path | None = None,
) -> Solution:
    """Read an array once per input vector.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S], chord at v_read across the device alone.
        x: Inputs (batch, rows) [V], after the DAC.
        level: "ngspice" (the truth, seconds), "nodal" (the same circuit on the characterized cell, milliseconds) or
            "behavioral" (matrix products; needs `model`).
        model: A calibrated model of the same array, for the behavioral level.
        certificate: The statement about the model; a use outside it warns. With it, the array may also differ from the
            model's in size and temperature.
        strict: A use outside the certificate raises.
        nodes: Also return the voltages at every cell (ngspice and nodal).
        folder: Keeps the run folder of ngspice.

    Returns:
        Column currents (batch, cols) [A], positive into the sense amplifiers, before the ADC; see `Solution`.

    Raises:
        InputError: Shapes or values cannot be used, the level is unknown, or the behavioral level has no model.
        OutsideRangeError: A conductance is outside the device's range, or `strict` and something is outside the
            certificate.
        SimulatorError: ngspice failed; its folder is kept.
        NotConvergedError: The array solver did not reach its tolerance.

    Warns:
        OutsideCertificateWarning: Something is outside the certificate or, without one, an input outside the range
            that the model was built for.
    """
    if level == "ngspice":
        return truth.read_array(spec, g, x, nodes=nodes, folder=folder)
    if level == "nodal" and spec.array.input_line != "bl":
        return _solve_gated(spec, g, x, nodes)
    g, x = check_arrays(spec, g, x, g_range=programmable_range(spec))
    if level == "nodal":
        v_range = (float(min(x.min(initial=0.0), 0.0)), float(max(x.max(initial=0.0), spec.driver.v_read)))
        return nodal.read(prepare(spec, g, v_range=v_range), x, nodes=nodes)
    if level == "behavioral":
        if model is None:
            raise InputError("level = 'behavioral' needs a model: calibrate the array first, or name a model file")
        model = _for_array(model, certificate, spec, g, x, strict)
        tile = behavioral.program(model, g)
        if certificate is None:
            behavioral.check_inputs(tile, x)
        i_out = behavioral.mvm(tile, x)
        return Solution(np.asarray(i_out), _behavioral_provenance(model))
    raise InputError(f"level = {level!r}: expected 'ngspice', 'nodal' or 'behavioral'")


def _solve_gated(spec: ArraySpec, g: np.ndarray, x: np.ndarray, nodes: bool) -> Solution:
    """The array solver for inputs on the gates: one surface of the cell for each gate voltage."""
    part = "device" if spec.access is None else "access"
    try:
        selected = characterization.cell(spec)
        resting = characterization.cell(spec.replace(**{part: {"v_gate": 0.0}}))
    except OutsideRangeError as error:
        raise OutsideRangeError(
            f"level = 'nodal' cannot describe the cells of input_line = {spec.array.input_line!r} here, use level = "
            f"'ngspice' or a narrower range of conductances: {error}"
        ) from None
    # In a string the transistor lies beside the device: gate on is the bypass of input 0.
    on, off = (selected, resting) if spec.array.input_line == "wl" else (resting, selected)
    return nodal.read_gated(nodal.prepare_gated(spec, g, on, off), x, nodes=nodes)


def _behavioral_provenance(model: TileModel) -> Provenance:
    """Where a model's answer comes from: the model, and the ngspice run that characterized its cell."""
    cell = model.surface.provenance
    return Provenance(
        level="behavioral",
        spec_digest=model.spec.digest,
        deck_digest=cell.deck_digest,
        ngspice=cell.ngspice,
        options={"model": model.digest, "grade": str(model.grade)},
    )


def _for_array(
    model: TileModel, certificate: Certificate | None, spec: ArraySpec, g: np.ndarray, x: np.ndarray, strict: bool
) -> TileModel:
    """The model for this array: the same, or with a certificate to warn by also one of another size or temperature."""
    if strict and certificate is None:
        raise InputError("strict = True needs the certificate of the model")
    if certificate is not None:
        calibration.check_use(model, certificate, g, x, spec=spec, strict=strict)
        array = spec.array
        resized = {"rows": array.rows, "cols": array.cols, "temperature_c": array.temperature_c}
        if model.spec.digest != spec.digest and model.spec.replace(array=resized).digest == spec.digest:
            return replace(model, spec=spec)
    if model.spec.digest != spec.digest:
        raise InputError(
            f"the model was calibrated for another array ({model.spec.array.rows}x{model.spec.array.cols}, "
            f"specification {model.spec.digest[:12]}, not {spec.digest[:12]}): calibrate this one"
        )
    return model


def prepare(spec: ArraySpec, g: np.ndarray, *, v_range: tuple[float, float] | None = None) -> nodal.PreparedArray:
    """Program the exact array solver once, for many reads with `read`.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S].
        v_range: Voltages that inputs may take [V]; None: 0 to v_read.

    Raises:
        OutsideRangeError: A conductance is neither 0 nor within the range of the specification.
        SimulatorError: The characterization of the cell failed in ngspice.
    """
    return nodal.prepare(spec, g, surface_of(spec, v_range=v_range), g_range=programmable_range(spec))


def surface_of(spec: ArraySpec, *, v_range: tuple[float, float] | None = None) -> CellSurface | None:
    """Characterize the cell; None for an ohmic device without a transistor: a linear network needs no surface."""
    if spec.array.cell == "1r" and device_card(spec).ohmic:
        return None
    return characterization.cell(spec, v_range=v_range)


def calibrate(
    spec: ArraySpec, *, rng: np.random.Generator, max_rms: float = 2e-4, folder: Path | None = None
) -> tuple[TileModel, Certificate]:
    """Calibrate the behavioral model of an array and certify it against ngspice; see `calibration.calibrate`."""
    result = calibration.calibrate(spec, rng=rng, max_rms=max_rms, folder=folder)
    return result.model, result.certificate
