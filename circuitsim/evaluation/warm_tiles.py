"""Tiles at another temperature than that at which they were calibrated: the same cells, characterized again."""

from dataclasses import dataclass, replace

import numpy as np

from circuitsim.calibration.drawn import calibrated_levels, model_cells, stated_statistics
from circuitsim.chain import driven_inputs
from circuitsim.devices import access_card, device_card
from circuitsim.devices.statistics import temperature_factor
from circuitsim.errors import CertificateError, InputError, SpecError
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.nodal.surface import cell_law
from circuitsim.periphery import Periphery
from circuitsim.results import CellSurface, ConverterTable, TileModel
from circuitsim.spec import ArraySpec, checked, same_wires

NO_EFFECT = 1e-7
"""Change of every current, relative to the largest, below which a temperature does nothing: surfaces err by 1e-8."""


@dataclass(frozen=True)
class TilesAt:
    """What reads the tiles of a network at a temperature.

    Attributes:
        product: Reads them.
        tables: Tables of the circuits around them, as the digital side of the calibration sees them; None: all ideal.
        factor: What the temperature makes of every conductance, by the statistics of the device.
        notes: What is not known of this temperature, one sentence each.
    """

    product: BehavioralProduct
    tables: Periphery | None
    factor: float = 1.0
    notes: tuple[str, ...] = ()


@checked
def tiles_at(product: BehavioralProduct, tables: Periphery | None, temperature_c: float | None) -> TilesAt:
    """Return the tiles of a calibrated model at another temperature.

    Conductances are those that were programmed, defined at 27 °C. The cells are characterized at the temperature, as
    the laws of their device and transistor have it, and so are the circuits around the array. The digital side does not
    know the temperature: codes stand for the values that they had at the temperature of the calibration.

    Args:
        product: Reads tiles of a calibrated model.
        tables: Tables of the circuits around them at its temperature; None: all are ideal.
        temperature_c: Temperature [°C]; None: that of the model.

    Raises:
        InputError: No card states what the temperature does, nor do wires, so that it would have no effect.
        SpecError: The cells are capacitors, whose cards state no temperature law.
        OutsideRangeError: The temperature is outside a card's range.
        CertificateError: The product is strict, and no certificate holds at the temperature.
        SimulatorError: As `characterization.cell`.
    """
    then = product.spec.array.temperature_c
    if temperature_c is None or temperature_c == then:
        return TilesAt(product, tables)
    spec = product.spec.replace(array={"temperature_c": float(temperature_c)})
    if spec.array.cell == "1c":
        raise SpecError(
            f"temperature = {temperature_c:g} °C with array.cell = '1c': its card states no law; leave it out"
        )
    if product.strict:
        raise CertificateError(
            f"temperature = {temperature_c:g} °C: the certificate holds at {then:g} °C alone (strict)"
        )
    around = _seen(circuit_tables(spec), tables)
    model = _model_at(product.model, spec, around)
    factor, known = _factor(spec, then)
    still = not known and tables is None and not _moved(product.model, model)
    if still and same_wires(product.spec, spec, at_rest=True):
        raise InputError(f"temperature = {temperature_c:g} °C has no effect: {_laws(spec)}; expected {then:g} °C alone")
    notes = [f"at {temperature_c:g} °C the error of the model is not certified: its certificate is of {then:g} °C"]
    if not known:
        notes.append(f"at {temperature_c:g} °C, {_laws(spec)}; drift and noise are taken as at {then:g} °C")
    warm = replace(product, model=model, certificate=None, max_error=None)
    return TilesAt(warm, around, factor, tuple(notes))


def _model_at(model: TileModel, spec: ArraySpec, around: Periphery | None) -> TileModel:
    """Characterize the cells over the conductances and the voltages of the model."""
    sense = None if around is None else around.sense
    low, high = driven_inputs(spec, around or Periphery())
    v_range = min(low, model.v_range[0]), max(high, model.v_range[1])
    g_range = model.surface.g_range
    on, off = model_cells(spec, sense, g_range=g_range, v_range=v_range)
    between = calibrated_levels(spec, g_range=g_range)
    return replace(model, spec=spec, surface=on, off=off, between=between, sense=sense, v_range=v_range, missed=None)


def _factor(spec: ArraySpec, then: float) -> tuple[float, bool]:
    """Return the factor on conductances, and whether the statistics of the device state one."""
    stats = stated_statistics(spec)
    if stats is None or stats.table.temperature is None:
        return 1.0, False
    return temperature_factor(stats, spec.array.temperature_c) / temperature_factor(stats, then), True


def _moved(model: TileModel, warm: TileModel) -> bool:
    """Tell whether the current of a cell differs between two temperatures."""
    if not (isinstance(model.surface, CellSurface) and isinstance(warm.surface, CellSurface)):
        return True
    spec = model.spec
    g = np.array([spec.device.g_min, spec.device.g_max])
    ends = (g, np.full(2, spec.drive_range[1]), np.full(2, spec.sense.v_ref))
    now, was = cell_law(warm.surface, *ends)[0], cell_law(model.surface, *ends)[0]
    return bool(np.abs(now - was).max() > NO_EFFECT * np.abs(was).max())


def _laws(spec: ArraySpec) -> str:
    """Say what the cards of the cell state of temperature."""
    cards = [device_card(spec), *([] if spec.access is None else [access_card(spec)])]
    return "; ".join(f"the temperature law of {card.name} is {card.temperature.law!r}" for card in cards)


def _seen(warm: Periphery | None, known: Periphery | None) -> Periphery | None:
    """Return the tables at a temperature as a digital side takes them that knows the tables of another one."""
    if warm is None or known is None:
        return warm
    return replace(warm, dac=seen_by(known.dac, warm.dac), adc=seen_by(known.adc, warm.adc))


def seen_by(known: ConverterTable | None, actual: ConverterTable | None) -> ConverterTable | None:
    """Return a converter whose codes stand for the values of another table: the difference is part of its INL.

    Args:
        known: What the digital side takes it for.
        actual: What it is.

    Raises:
        InputError: The tables have other numbers of bits.
    """
    if known is None or actual is None:
        return actual
    if known.bits != actual.bits:
        raise InputError(f"converter {actual.block!r}: {actual.bits} bits at one temperature, {known.bits} at another")
    values = actual.levels if actual.drives else actual.thresholds
    steps = np.arange(len(values)) + (0.0 if actual.drives else 0.5)
    return replace(actual, low=known.low, high=known.high, inl=(values - known.low) / known.lsb - steps)
