"""Conductances and inputs on which a model is judged."""

import hashlib
from dataclasses import dataclass

import numpy as np

from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class Experiment:
    """One programmed matrix and the inputs of its reads.

    Attributes:
        matrix_kind: Kind of the conductances ("log_uniform", "network", …).
        g: (rows, cols) conductances [S].
        input_kinds: Kind of each input vector ("uniform", "all_on", …).
        v_in: (batch, rows) inputs [V].
    """

    matrix_kind: str
    g: np.ndarray
    input_kinds: tuple[str, ...]
    v_in: np.ndarray

    @property
    def digest(self) -> str:
        """SHA-256 of conductances and inputs."""
        content = hashlib.sha256(repr((self.g.shape, self.v_in.shape)).encode())
        content.update(np.ascontiguousarray(self.g, dtype=float).tobytes())
        content.update(np.ascontiguousarray(self.v_in, dtype=float).tobytes())
        return content.hexdigest()
