"""What `circuitsim calibrate --settling` stores with a model, and `circuitsim infer --settling` takes from there."""

from pathlib import Path

import numpy as np

from circuitsim.cli.output import progress_bar
from circuitsim.results import SETTLING_FILE, SettlingModel, load_settling
from circuitsim.spec import ArraySpec, with_ideal
from circuitsim.units import percent


def settling_of(spec: ArraySpec, seed: int, *, quiet: bool) -> SettlingModel:
    """Fit how the columns of a model's array settle, which has ideal drivers and ADCs in place of circuits."""
    from circuitsim.evaluation import settling_model

    with progress_bar("settling", quiet=quiet) as progress:
        return settling_model(with_ideal(spec, "driver", "adc"), rng=np.random.default_rng(seed), progress=progress)


def settling_words(path: Path | None, model: SettlingModel | None) -> list[str]:
    """Say where the settling model lies and how far it is off; nothing without one."""
    if path is None or model is None:
        return []
    return [
        f"settling: {path}; of {model.reads[1]} reads held out, columns settled within {percent(model.error)} rms of "
        f"the fit and up to {percent(model.late)} later"
    ]


def stored_settling(model: Path) -> SettlingModel | None:
    """Return the settling model beside a model; None where there is none."""
    path = (model if model.is_dir() else model.parent) / SETTLING_FILE
    return load_settling(path) if model.suffix != ".toml" and path.exists() else None
