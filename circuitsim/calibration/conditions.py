"""Certificates over temperature and over time after programming.

At another temperature the cell is characterized again and the model is rebuilt: each temperature has its own model and
certificate. Time is different, because nobody reprograms the model when the device drifts. The same model, programmed
with the intended conductances, is therefore compared with arrays some time after programming, including their
programming error. These arrays are drawn at random, so that a worst case of them has no meaning: the certificates over
time state typical errors alone.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuitsim import characterization, spice
from circuitsim.calibration.calibrate import calibrate
from circuitsim.calibration.certify import certify, predictions
from circuitsim.calibration.drawn import calibrated_levels, model_cells, open_share
from circuitsim.calibration.experiments import hold_out_experiments, input_side
from circuitsim.calibration.solve_experiments import solve_in_ngspice, solve_in_nodal
from circuitsim.calibration.worst import Effort
from circuitsim.devices import device_card
from circuitsim.devices.device_toml_statistics import Retention, TableDrift
from circuitsim.devices.statistics import Statistics, programming_sigma, read_statistics, sample_aged
from circuitsim.devices.statistics.statistics import ExtrapolationWarning
from circuitsim.errors import InputError
from circuitsim.results import Calibration, Certificate, Experiment, Solution, TileModel
from circuitsim.spec import ArraySpec, checked

TEMPERATURES = (0.0, 25.0, 60.0)


@dataclass(frozen=True)
class Aged:
    """A model some time after its array was programmed.

    Attributes:
        certificate: Error of the model, with the intended conductances, against the aged array; states the time.
        gain: Common gain that fits the aged outputs best; a drift compensation would remove it.
        rms_after_gain: rms error after that gain, relative to full scale.
        open_share: Share of the cells that were drawn below 0 S, and are therefore open.
    """

    certificate: Certificate
    gain: float
    rms_after_gain: float
    open_share: float


@checked
def over_temperature(
    spec: ArraySpec,
    *,
    seed: int,
    temperatures: Sequence[float] = TEMPERATURES,
    max_rms: float = 2e-4,
    max_worst: float | None = None,
    search: Effort = "full",
    truth: str = "ngspice",
    n_jobs: int = 2,
) -> tuple[Calibration, ...]:
    """Calibrate an array at several temperatures with the same matrices and inputs.

    Args:
        spec: The array; its temperature is ignored.
        seed: Seed of matrices and inputs, the same at each temperature.
        temperatures: Temperatures [°C].
        max_rms, max_worst, search, truth, n_jobs: As `calibrate`.

    Raises:
        OutsideRangeError: A temperature is outside a card's range.
    """
    return tuple(
        calibrate(
            spec.replace(array={"temperature_c": float(celsius)}),
            rng=np.random.default_rng(seed),
            max_rms=max_rms,
            max_worst=max_worst,
            search=search,
            truth=truth,
            n_jobs=n_jobs,
        )
        for celsius in temperatures
    )


@checked
def source_times(statistics: Statistics) -> tuple[float, ...]:
    """Return times after programming [s] at which the source of a device's statistics is valid.

    A source that lists its measured times gives these. One that states a range gives both ends and every second decade
    in between.

    Raises:
        InputError: The statistics contain neither drift nor retention.
    """
    part = statistics.table.drift or statistics.table.retention
    if part is None:
        raise InputError(f"{statistics.name}: the statistics contain neither drift nor retention, expected one of them")
    if isinstance(part, TableDrift | Retention):
        return part.times
    low, high = max(part.t_min, 1.0), part.t_max
    decades = 10.0 ** np.arange(np.ceil(np.log10(low)), np.floor(np.log10(high)) + 1)
    return tuple(dict.fromkeys([low, *(float(t) for t in decades[::2]), high]))


@checked
def over_time(
    model: TileModel,
    *,
    rng: np.random.Generator,
    times: Sequence[float] | None = None,
    truth: str = "nodal",
    n_jobs: int = 2,
    simulator: spice.Simulator | None = None,
) -> tuple[Aged, ...]:
    """Certify a model at several times after programming.

    Args:
        model: The model; it is programmed with the intended conductances.
        rng: Generates matrices, inputs, programming error and drift.
        times: Times after programming [s]; None: `source_times`. Certificates for times beyond the range of the source
            are labelled as extrapolated.
        truth: Level that solves the aged arrays, "nodal" or "ngspice".
        n_jobs, simulator: Number of decks solved in parallel and the ngspice to use, for truth "ngspice".

    Raises:
        InputError: The device has no statistics, or they contain neither drift nor retention.
        OutsideRangeError: The intended conductances are outside the range of the statistics.
    """
    statistics = read_statistics(device_card(model.spec))
    times = source_times(statistics) if times is None else tuple(times)
    (added,) = rng.spawn(1)
    experiments = hold_out_experiments(model.spec, rng, added=added, side=input_side(model.spec, model.sense))
    seed = int(rng.integers(2**63))  # the same samples at all times: two certificates differ in time alone
    return tuple(
        _at_time(model, statistics, experiments, float(t), seed=seed, truth=truth, n_jobs=n_jobs, simulator=simulator)
        for t in times
    )


def _at_time(
    model: TileModel,
    statistics: Statistics,
    experiments: Sequence[Experiment],
    t: float,
    *,
    seed: int,
    truth: str,
    n_jobs: int,
    simulator: spice.Simulator | None,
) -> Aged:
    spec = model.spec
    aged, extrapolated = _age(experiments, spec, statistics, t, np.random.default_rng(seed))
    if truth == "ngspice":
        truths = solve_in_ngspice(spec, aged, n_jobs=n_jobs, simulator=simulator, drawn=True)
    else:
        reach = characterization.stepped_conductances(spec, np.concatenate([one.g.ravel() for one in aged]))
        surface, off = model_cells(spec, model.sense, g_range=reach, simulator=simulator)
        between = calibrated_levels(spec, g_range=reach, simulator=simulator)
        truths = solve_in_nodal(spec, surface, aged, off=off, between=between, sense=model.sense, drawn=True)
    certificate = certify(
        model, experiments, truths, provenance=truths[0].provenance, time_s=t, extrapolated=extrapolated
    )
    gain, rms = _compensated(model, experiments, truths, certificate.full_scale)
    share = open_share((wanted.g, one.g) for wanted, one in zip(experiments, aged, strict=True))
    return Aged(certificate, gain, rms, share)


def _age(
    experiments: Sequence[Experiment],
    spec: ArraySpec,
    statistics: Statistics,
    t: float,
    rng: np.random.Generator,
) -> tuple[tuple[Experiment, ...], tuple[str, ...]]:
    """Program and age the experiments; return them and warnings about extrapolation."""
    aged = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ExtrapolationWarning)
        for experiment in experiments:
            # Rejects conductances outside the source: only time is extrapolated.
            programming_sigma(statistics, experiment.g)
            g = sample_aged(statistics, experiment.g, t, rng=rng, extrapolate=True)
            aged.append(replace(experiment, g=characterization.opened(spec, np.where(experiment.g > 0, g, 0.0))))
    return tuple(aged), tuple(dict.fromkeys(str(warning.message) for warning in caught))


def _compensated(
    model: TileModel, experiments: Sequence[Experiment], truths: Sequence[Solution], full_scale: float
) -> tuple[float, float]:
    """Fit one common gain truth / model; return it and the remaining rms error relative to full scale."""
    expected = np.concatenate(predictions(model, experiments)).ravel()
    out = np.concatenate([truth.out for truth in truths]).ravel()
    gain = float((expected * out).sum() / (expected * expected).sum())
    return gain, float(np.sqrt(np.mean((gain * expected - out) ** 2))) / full_scale
