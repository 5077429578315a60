"""Where the error of an analog matrix product comes from, cause by cause."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One cause of error, alone: everything else is ideal.

    Attributes:
        name: "cells", "wires", "driver", "sense", "dac", "adc", "read noise" or "programming".
        what: One phrase that says what was switched on.
        power: Mean square error of the outputs against the ideal product, relative to full scale squared.
        after_gain: The same after one common gain, chosen best for this cause, has been taken out.
    """

    name: str
    what: str
    power: float
    after_gain: float


@dataclass(frozen=True)
class Budget:
    """Error power of every cause alone, and of all of them together.

    With errors e_c of the single causes and e of all together, relative to full scale, e = Σ e_c + e_joint, so that

        mean e² = Σ mean e_c² + correlation + joint,

    correlation = 2 Σ_{c<d} mean e_c·e_d and joint = 2 mean(e_joint·Σ e_c) + mean e_joint². The last two are the
    interaction.

    Attributes:
        causes: The causes, in the order of the circuit.
        total: Mean e² of all causes together.
        total_after_gain: The same after one common gain.
        correlation: What causes add or cancel because their errors look alike.
        joint: What is there only when several causes act at once.
        gain: The common gain of all together, output over ideal product.
        full_scale: Largest ideal output [A].
        outputs: Number of output currents.
        left_out: Causes that are not in the budget, each with the reason.
    """

    causes: tuple[Cause, ...]
    total: float
    total_after_gain: float
    correlation: float
    joint: float
    gain: float
    full_scale: float
    outputs: int
    left_out: tuple[str, ...] = ()

    @property
    def sum_of_causes(self) -> float:
        """Σ mean e_c²."""
        return sum(cause.power for cause in self.causes)

    @property
    def interaction(self) -> float:
        """What is left between the total and the sum of the causes; below 0 where causes cancel."""
        return self.correlation + self.joint
