"""Activations as row voltages, as tensors that can be differentiated: `network.inputs.encode` for training."""

from dataclasses import dataclass, replace

import torch

from circuitsim.errors import InputError, SpecError
from circuitsim.network.inputs import ROUNDING
from circuitsim.network.torch.converter_draws import DrawnConverters
from circuitsim.network.torch.straight_through import DrivenThrough
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec


@dataclass(frozen=True, eq=False)
class DrivenRows:
    """Row voltages of a batch, one phase after the other; see `network.inputs.Phases`.

    Attributes:
        weights: Weight of each phase in the digital sum.
        v: (phases, vectors, groups, inputs · rows of an input) what the drivers put out [V].
        v_coded: Voltages that the codes stand for [V]; differs from `v` if the DAC has an INL or noise.
        full_scale: Voltage at full scale, less that of 0 [V].
        rest: Voltage of a row at rest [V].
    """

    weights: tuple[float, ...]
    v: torch.Tensor
    v_coded: torch.Tensor
    full_scale: float
    rest: float


def check_trainable(spec: ArraySpec) -> None:
    """Refuse an array whose inputs are not differentiated.

    Raises:
        SpecError: Inputs are not amplitudes of bit lines, or are offset.
    """
    for key, value, expected in (
        ("array.input_line", spec.array.input_line, ("bl",)),
        ("driver.input_code", spec.driver.input_code, ("amplitude",)),
        ("mapping.inputs", spec.mapping.inputs, ("two_phase", "unsigned", "differential")),
    ):
        if value not in expected:
            words = " or ".join(repr(each) for each in expected)
            raise SpecError(f"{key} = {value!r}: expected {words} for layers of torch on tiles")


def check_not_negative(x: torch.Tensor, spec: ArraySpec, layer: str) -> None:
    """Refuse a negative activation of a layer that takes none."""
    if spec.mapping.inputs == "unsigned" and x.numel() and (lowest := float(x.detach().min())) < 0.0:
        raise InputError(f"mapping.inputs = 'unsigned' but layer {layer!r} has an input of {lowest:g}; use 'two_phase'")


def drive_rows(
    x: torch.Tensor,
    spec: ArraySpec,
    activation_max: torch.Tensor | float,
    dac: ConverterTable | None,
    layer: str,
    drawn: DrawnConverters | None = None,
) -> DrivenRows:
    """Turn activations into driver voltages; without a negative one, two-phase inputs take one phase.

    Args:
        x: (vectors, groups, inputs) in the network's units.
        spec: An array that `check_trainable` accepts.
        activation_max: Activation at full scale; a tensor is differentiated.
        dac: The DAC; None: none rounds.
        layer: Name of the layer for the error message.
        drawn: Draws the noise of the DAC; None: without noise.

    Raises:
        InputError: An activation is negative, but mapping.inputs = "unsigned".
    """
    relative, inputs = x / activation_max, spec.mapping.inputs
    lowest = float(x.detach().min()) if x.numel() else 0.0
    check_not_negative(x, spec, layer)
    weights = (1.0,)
    if inputs == "differential":
        parts = torch.stack([relative.relu(), (-relative).relu()], dim=-1)
        parts = parts.reshape(1, *x.shape[:-1], 2 * x.shape[-1])
    elif lowest < 0.0:
        weights, parts = (1.0, -1.0), torch.stack([relative.relu(), (-relative).relu()])
    else:
        parts = relative[None]
    # Rounding alone may pass full scale; there it is no clipping.
    shares = parts.clamp(max=1.0 + ROUNDING)
    if dac is None:
        v_ref, v_read = spec.sense.v_ref, spec.driver.v_read
        v = shares.clamp(max=1.0) * v_read
        v = v if v_ref == 0.0 else v + v_ref
        return DrivenRows(weights, v, v, v_read, v_ref)
    reach = dac.high - dac.low if dac.block else spec.driver.v_read
    wanted = shares * reach if dac.low == 0.0 else dac.low + shares * reach
    quiet = replace(dac, noise=0.0)
    driven = coded = DrivenThrough.apply(wanted, quiet)
    if dac.inl is not None:
        coded = DrivenThrough.apply(wanted, replace(quiet, inl=None))
    if drawn is not None:
        driven = driven + drawn.noise(dac, driven)
    return DrivenRows(weights, driven, coded, reach, float(dac.levels[0]))
