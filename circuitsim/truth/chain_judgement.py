"""What a finished run of a chain must say besides its codes: outputs that move, saturate, clip or never change."""

import warnings
from pathlib import Path

import numpy as np

from circuitsim.errors import ClippingWarning, SettlingWarning, SimulatorError

MOVES = 0.5  # [LSB] by which an output may miss its final value when it is taken
NEVER = 16.0  # [LSB] beyond which it is said never to settle
SLOWEST = 0.95  # largest ratio of two changes one after another that is taken for settling
SPREAD = 4.0  # [LSB] of inputs of an ADC over which its code must change
FLAT = 0.25  # of the gain at smaller currents, below which an amplifier saturates
REVERSED = 1e-3  # of the largest current: what flows the other way at rest is still a small current
APART = 0.99  # of the largest current: currents below it are compared with it
MUCH_CLIPPING = 0.01


def left_to_settle(last: np.ndarray) -> np.ndarray:
    """Return how far outputs are from where they settle, from three values (3, …) at equal distances in time.

    The distances shrink as those of one time constant; changes that do not shrink count as those of a slow one.
    """
    before, now = np.abs(np.diff(last, axis=0))
    ratio = np.minimum(np.where(before > 0, now / np.where(before > 0, before, 1.0), SLOWEST), SLOWEST)
    return now * ratio / (1 - ratio)


def judge_settling(left: np.ndarray, lsb: float, key: str, who: str, folder: Path | None) -> None:
    """Tell or refuse outputs that have not settled when they are taken.

    Args:
        left: (reads, cols) how far each output is from its final value [V] or [A], see `left_to_settle`.
        lsb: Step of the ADC [V] or [A].
        key: Keys that give it more time.
        who: The part, for the message.
        folder: Run folder, which an error names.

    Raises:
        SimulatorError: An output is more than `NEVER` LSB away.

    Warns:
        SettlingWarning: An output is more than `MOVES` LSB away.
    """
    steps = left / lsb
    if steps.max() <= MOVES:
        return
    read, column = (int(k) for k in np.unravel_index(int(steps.argmax()), steps.shape))
    sentence = (
        f"{who} of column {column} is still about {steps.max():.2g} LSB from where it settles when the ADC takes it in "
        f"read {read}; raise {key}"
    )
    if steps.max() > NEVER:
        raise SimulatorError(f"{sentence}, or check the circuit: it may never settle", folder)
    warnings.warn(sentence, SettlingWarning, stacklevel=3)


def judge_amplifiers(
    current: np.ndarray, out: np.ndarray, name: str, rest: tuple[np.ndarray, np.ndarray] | None = None
) -> None:
    """Tell an amplifier whose output follows the largest currents no more.

    Args:
        current: (reads, cols) currents into the amplifiers [A].
        out: (reads, cols) their outputs [V].
        name: The block.
        rest: (cols,) currents [A] and outputs [V] before the first read. With them one read is enough to see that all
            its outputs are at their end.

    Warns:
        ClippingWarning: Names column and read.
    """
    i, v = current.ravel(), out.ravel()
    top = int(np.abs(i).argmax())
    if rest is not None:
        i, v = (np.concatenate([reads, before]) for reads, before in zip((i, v), rest, strict=True))
    below = np.flatnonzero((np.abs(i) <= APART * abs(i[top])) & (i * i[top] >= -REVERSED * i[top] ** 2))
    if len(below) < 2:
        return
    near = below[np.abs(i[below]).argmax()]
    least = below[np.abs(i[below]).argmin()]
    if i[near] == i[least]:
        return
    before = abs((v[near] - v[least]) / (i[near] - i[least]))
    if abs((v[top] - v[near]) / (i[top] - i[near])) < FLAT * before:
        read, column = divmod(top, current.shape[1])
        warnings.warn(
            f"the sense amplifier {name!r} of column {column} saturates in read {read}: {i[top]:.4g} A leave its port "
            f"'out' at {v[top]:.4g} V, and {i[near]:.4g} A at {v[near]:.4g} V; lower its gain, the currents, or v_ref",
            ClippingWarning,
            stacklevel=3,
        )


def judge_codes(
    codes: np.ndarray,
    taken: np.ndarray,
    limits: tuple[float, float],
    bits: int,
    unit: str,
    name: str,
    folder: Path | None,
) -> None:
    """Tell inputs outside the range of an ADC; refuse an ADC whose code never changes.

    Args:
        codes: (reads, cols) codes.
        taken: (reads, cols) its inputs [unit].
        limits: Smallest and largest input [unit].
        bits: Its resolution.
        unit: "V" or "A".
        name: The block.
        folder: Run folder, which an error names.

    Raises:
        SimulatorError: All codes are equal over inputs inside the range that differ by `SPREAD` LSB.

    Warns:
        ClippingWarning: The ADC clips more than one output in a hundred.
    """
    low, high = limits
    lsb = (high - low) / 2**bits
    inside = np.clip(taken, low, high)
    if np.all(codes == codes.flat[0]) and np.ptp(inside) > SPREAD * lsb:
        raise SimulatorError(
            f"the ADC {name!r}: its output stays at code {codes.flat[0]:.0f} for inputs from {inside.min():.4g} to "
            f"{inside.max():.4g} {unit}; check the roles of its ports, its phases and its reference",
            folder,
        )
    share = float(np.mean((taken < low - lsb) | (taken > high + lsb)))
    if share > MUCH_CLIPPING:
        warnings.warn(
            f"the range of the ADC {name!r}, {low:g} to {high:g} {unit}, clips {100 * share:.3g} % of the outputs, "
            f"which reach from {taken.min():.4g} to {taken.max():.4g} {unit}; fit the sense amplifier or adc.v_ref",
            ClippingWarning,
            stacklevel=3,
        )
