"""Error budget of an analog matrix product, cause by cause."""

from dataclasses import dataclass

from circuitsim.results.error_scale import RelativeTo


@dataclass(frozen=True)
class Cause:
    """One cause of error alone, with everything else ideal.

    Attributes:
        name: "cells", "temperature", "mismatch", "wires", "driver", "sense", "dac", "adc", "programming", "read noise"
            or "circuit noise".
        what: What is switched on, in one phrase.
        power: Mean square error of the outputs against the ideal ones, as fractions of what `Budget.relative_to` says.
        after_gain: The same after removal of the best common gain for this cause.
    """

    name: str
    what: str
    power: float
    after_gain: float


@dataclass(frozen=True)
class Budget:
    """Error power of every cause alone and of all causes together.

    Let e_c be the error of a single cause and e that of all causes together, relative to full scale, in strings to the
    ideal current itself, as `relative_to` says. Then
    e = Σ e_c + e_joint and

        mean e² = Σ mean e_c² + correlation + joint,

    with correlation = 2 Σ_{c<d} mean e_c·e_d and joint = 2 mean(e_joint·Σ e_c) + mean e_joint². The interaction is
    correlation + joint.

    Attributes:
        causes: The causes, in the order of the circuit.
        total: Mean e² of all causes together.
        total_after_gain: The same after removal of the best common gain.
        correlation: Power that causes add or cancel because their errors are correlated.
        joint: Power that appears only when several causes act at once.
        gain: The gain behind `total_after_gain`: output over ideal product.
        full_scale: Largest ideal output [A].
        outputs: Number of output currents.
        left_out: Causes that the budget does not contain, each with the reason.
        relative_to: What errors are fractions of: "full scale", or "the current itself".
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
    relative_to: RelativeTo = "full scale"

    @property
    def sum_of_causes(self) -> float:
        """Σ mean e_c², the power of all causes without their interaction."""
        return sum(cause.power for cause in self.causes)

    @property
    def interaction(self) -> float:
        """Total minus the sum of the causes; negative if causes cancel."""
        return self.correlation + self.joint
