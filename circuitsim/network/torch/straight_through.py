"""Rounding and clipping of converters, differentiated straight through: 1 inside their range, 0 where they clip.

Source: S. K. Esser et al., "Learned Step Size Quantization", ICLR 2020, equations 1 to 3, for the derivatives with
    respect to a range.
"""

import math
from typing import Any

import torch

from circuitsim.periphery import convert_and_count, decode, drive, nearest_codes
from circuitsim.results import ConverterTable


class DrivenThrough(torch.autograd.Function):
    """Voltages (any shape) [V] of a DAC for those wanted; the derivative is 1.

    What lies above full scale is clipped before, where the derivative is 0.
    """

    @staticmethod
    def forward(ctx: Any, wanted: torch.Tensor, dac: ConverterTable) -> torch.Tensor:
        """Round to the levels of the DAC."""
        del ctx
        return drive(dac, nearest_codes(dac, wanted))

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> Any:
        """Pass on what comes."""
        del ctx
        return grad_outputs[0], None


class ConvertedThrough(torch.autograd.Function):
    """Currents (batch, cols) [A] that the codes of an ADC stand for.

    By a current the derivative is 1 inside the range, 0 outside. By the full scale F of n currents of a b-bit ADC it is
    (rounded − current) / F inside, 1 above, 0 below, divided by √(n·(2^b − 1)) as Esser et al. do.
    """

    @staticmethod
    def forward(ctx: Any, current: torch.Tensor, full_scale: torch.Tensor | None, adc: ConverterTable) -> torch.Tensor:
        """Convert and decode."""
        codes, clipped = convert_and_count(adc, current)
        rounded = decode(adc, codes)
        ctx.adc, ctx.learns = adc, full_scale is not None and full_scale.requires_grad
        ctx.clipped = clipped > 0
        ctx.save_for_backward(*([current, rounded] if ctx.learns or ctx.clipped else []))
        return rounded

    @staticmethod
    def backward(ctx: Any, *grad_outputs: torch.Tensor) -> Any:
        """Cut off what the ADC clipped; gather what the range is due."""
        (grad,), adc = grad_outputs, ctx.adc
        if not (ctx.learns or ctx.clipped):
            return grad, None, None
        current, rounded = ctx.saved_tensors
        above, below = current > adc.high + 0.5 * adc.lsb, current < adc.low - 0.5 * adc.lsb
        passed = torch.where(above | below, 0.0, grad)
        if not ctx.learns:
            return passed, None, None
        slope = torch.where(above, 1.0, torch.where(below, 0.0, (rounded - current) / adc.high))
        share = 1.0 / math.sqrt(max(current.numel(), 1) * (2**adc.bits - 1))
        return passed, (grad * slope).sum().double() * share, None
