"""Fit a read current to a measured I–V of one state or of two, and judge the fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from circuitsim.devices.current_forms import Fit, search_parameters
from circuitsim.devices.many_states import search_states
from circuitsim.devices.measurement import Measurement
from circuitsim.devices.misfit import explain_misfit
from circuitsim.devices.voltage_sweeps import split_states
from circuitsim.errors import InputError
from circuitsim.spec import checked

LARGEST_RESIDUAL = 0.1  # rms of the relative residual above which a fit is refused
NOTED_RESIDUAL = 0.01  # above it, what the data show is noted


@dataclass(frozen=True)
class TwoStateFit:
    """One form fitted to the state of low and to that of high conductance of one device.

    Attributes:
        low, high: The fit of each state.
    """

    low: Fit
    high: Fit


@checked
def fit_current(measurement: Measurement, form: str = "auto", *, v_read: float = 0.2) -> Fit:
    """Fit a form to a measured current by least squares of the relative residual.

    Args:
        measurement: From `read_measurement`.
        form: "sinh", "cubic", "gap", "states" (a `StatesFit`), or "auto": states where the measurement tells states
            apart by a column `state`, else the better of sinh and cubic.
        v_read: Voltage at which g shall be the chord conductance [V].

    Raises:
        InputError: The form is unknown, the gap form has no two gaps or the states form no two states, v_read lies
            outside the measured voltages, or the fit leaves more than 10 % rms of the current; names the likely cause.
    """
    if form == "auto" and measurement.state is not None:
        form = "states"
    fits = [
        search_states(measurement, v_read) if each == "states" else search_parameters(measurement, each, v_read)
        for each in _forms(form)
    ]
    return _judged(min(fits, key=lambda fit: fit.rms), str(measurement.file))


@checked
def fit_two_states(measurement: Measurement, form: str = "auto", *, v_read: float = 0.2) -> TwoStateFit:
    """Divide the sweeps of a measured hysteresis loop into two states, and fit one form to each.

    Args:
        measurement: From `read_measurement`, the points in the order in which they were measured.
        form: "sinh", "cubic", or "auto" for the better of the two over both states.
        v_read: Voltage at which g shall be the chord conductance [V], and by which the states are told apart.

    Raises:
        InputError: The sweeps show one state only, or what `fit_current` refuses, with the state's name.
    """
    if form in ("gap", "states"):
        column = "gap_nm" if form == "gap" else "state"
        raise InputError(f"form = {form!r} takes its states from the column {column}; leave --two-states out")
    parts = split_states(measurement, v_read)
    pairs = [[search_parameters(part, each, v_read) for part in parts] for each in _forms(form)]
    low, high = min(pairs, key=lambda pair: pair[0].rms ** 2 + pair[1].rms ** 2)
    return TwoStateFit(
        low=_judged(low, f"{measurement.file}, state of low conductance"),
        high=_judged(high, f"{measurement.file}, state of high conductance"),
    )


def _forms(form: str) -> Sequence[str]:
    return ("sinh", "cubic") if form == "auto" else (form,)


def _judged(fit: Fit, what: str) -> Fit:
    """The fit with its notes, or a refusal that names the likely cause."""
    causes = explain_misfit(fit) if fit.rms > NOTED_RESIDUAL else ()
    if fit.rms > LARGEST_RESIDUAL:
        why = "; ".join(causes) or "no fault was recognized in the data; plot them, or fit smaller voltages (--v-max)"
        raise InputError(f"{what}: the {fit.form} form leaves a residual of {fit.rms:.0%} rms, above 10 %: {why}")
    return replace(fit, notes=fit.measurement.notes + fit.notes + causes)
