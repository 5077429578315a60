"""Conductances and inputs on which a model is judged."""

import hashlib
from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.spec import by_value, check_argument, real_numbers


@by_value
@dataclass(frozen=True)
class Experiment:
    """One programmed matrix and the inputs of its reads.

    Attributes:
        matrix_kind: Kind of the conductances ("log_uniform", "network", …).
        g: (rows, cols) conductances [S].
        input_kinds: Kind of each input vector ("uniform", "all_on", …).
        v_in: (batch, rows) inputs [V].

    Raises:
        InputError: A matrix has another shape or holds no real numbers, or the kinds are not one for each input.
    """

    matrix_kind: str
    g: np.ndarray
    input_kinds: tuple[str, ...]
    v_in: np.ndarray

    def __post_init__(self) -> None:
        for name in ("g", "v_in"):
            values = real_numbers(name, getattr(self, name), keep_type=True)
            if values.ndim != 2:
                raise InputError(f"{name} has shape {values.shape}: expected a matrix")
            object.__setattr__(self, name, values)
        check_argument("input_kinds", self.input_kinds, tuple[str, ...])
        if len(self.input_kinds) != len(self.v_in):
            raise InputError(f"{len(self.input_kinds)} input_kinds for {len(self.v_in)} inputs: expected one for each")

    @property
    def digest(self) -> str:
        """SHA-256 of conductances and inputs."""
        content = hashlib.sha256(repr((self.g.shape, self.v_in.shape)).encode())
        content.update(np.ascontiguousarray(self.g, dtype=float).tobytes())
        content.update(np.ascontiguousarray(self.v_in, dtype=float).tobytes())
        return content.hexdigest()
