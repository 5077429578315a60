"""What the circuits around tiles do at random while a module is trained: their noise, and which of many alike it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from circuitsim.errors import InputError
from circuitsim.network.converting import network_tables, with_sense_noise
from circuitsim.periphery import Periphery
from circuitsim.results import ConverterTable, SenseTable
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class ConverterDraws:
    """Noise of DACs, sense amplifiers and ADCs, drawn at every read in training from a generator of their own.

    Attributes:
        seed: Of the generator.
        alike: Tables of further circuits of the same design, such as a Monte Carlo of them has: each read of a layer
            goes through the DACs and ADCs of one of them or of the tables of the module, drawn with equal chances, so
            that the INL is drawn too.
    """

    seed: int = 0
    alike: tuple[Periphery, ...] = ()


class DrawnConverters:
    """Draws for the layers of one module, in the order in which they are read.

    The numbers come from a generator of NumPy, alike on every device, and go where the layer is.
    """

    def __init__(self, draws: ConverterDraws, spec: ArraySpec, tables: Periphery) -> None:
        """Read the tables.

        Raises:
            InputError: Nothing would be drawn, or a table does not take the place of that of the module.
            SpecError, OutsideRangeError: As `network_tables`.
        """
        self.tables = [tables, *(_alike(spec, tables, each) for each in draws.alike)]
        self.rng = np.random.default_rng(draws.seed)
        if not draws.alike and not _is_noisy(tables):
            raise InputError(
                "ConverterDraws have no effect: no table has noise, and there are none alike; expected tables with "
                "noise, or further ones"
            )

    def table(self) -> Periphery:
        """Return the tables of one read."""
        return self.tables[0] if len(self.tables) == 1 else self.tables[int(self.rng.integers(len(self.tables)))]

    def noise(self, converter: ConverterTable | None, values: torch.Tensor) -> torch.Tensor | float:
        """Return the noise of a converter at its analog side, of the shape of `values`; 0 where it has none."""
        if converter is None or converter.noise == 0.0:
            return 0.0
        drawn = self.rng.standard_normal(tuple(values.shape))
        return converter.noise * torch.as_tensor(drawn, dtype=values.dtype, device=values.device)

    def sensed(self, sense: SenseTable | None, outputs: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
        """Add the noise of amplifiers to outputs (batch, cols) of columns of cells g (rows, cols) [S]."""
        if sense is None:
            return outputs
        quiet: Any = outputs.detach().cpu().numpy()
        noisy = with_sense_noise(sense, quiet, g.detach().cpu().numpy().sum(axis=0), self.rng)
        return outputs + torch.as_tensor(noisy - quiet, device=outputs.device)


def _is_noisy(tables: Periphery) -> bool:
    converters = any(table is not None and table.noise > 0.0 for table in (tables.dac, tables.adc))
    sense = tables.sense
    # Evaluation too draws no noise of an amplifier without an output curve.
    return converters or (
        sense is not None and sense.reported is not None and (sense.noise > 0.0 or sense.dynamics is not None)
    )


def _alike(spec: ArraySpec, tables: Periphery, other: Periphery) -> Periphery:
    found = network_tables(spec, other)
    if found.sense != tables.sense:
        raise InputError(
            "alike: its sense amplifiers differ from those of the model, which are part of its tiles; expected the same"
        )
    for name in ("dac", "adc"):
        given, wanted = getattr(found, name), getattr(tables, name)
        if given is not None and given.bits != wanted.bits:
            raise InputError(f"alike: its {name} has {given.bits} bits; expected {wanted.bits}, as the module's")
    return found
