"""One step of training on tiles: gradients that are checked, weights kept in range, currents kept small."""

from collections.abc import Callable

import torch
from torch import nn

from circuitsim.errors import InputError
from circuitsim.network.torch import layers_on_tiles, weight_parameters
from circuitsim.spec import checked


@checked
def training_step(
    module: nn.Module, optimizer: torch.optim.Optimizer, loss: Callable[[], torch.Tensor], *, step: int
) -> float:
    """Take one step of an optimizer, unless a gradient is not finite; return the loss.

    Args:
        module: The module.
        optimizer: Of its parameters.
        loss: Computes the loss of one batch, which is differentiated here.
        step: Number of the step, for the error message.

    Raises:
        InputError: The loss, an input or a gradient is not finite, or a range has collapsed; names step and layer. The
            parameters are those before the step.
    """
    optimizer.zero_grad()
    found = differentiated_loss(module, optimizer.zero_grad, loss, step)
    optimizer.step()
    return found


def differentiated_loss(
    module: nn.Module, forget: Callable[[], object], loss: Callable[[], torch.Tensor], step: int
) -> float:
    """Compute a loss and the gradients of the parameters; return the loss.

    Args:
        module: The module.
        forget: Sets the gradients back where one is not finite.
        loss: As in `training_step`.
        step: As in `training_step`.

    Raises:
        InputError: As `training_step`.
    """
    try:
        found = loss()
    except InputError as error:
        raise InputError(f"step {step}: {error}; the parameters are those before the step") from error
    found.backward()
    for name, parameter in module.named_parameters():
        if parameter.grad is not None and not bool(torch.isfinite(parameter.grad).all()):
            forget()
            raise InputError(
                f"step {step}: the gradient of {name} is not finite; the parameters are those before the step"
            )
    if not bool(torch.isfinite(found.detach())):
        raise InputError(f"step {step}: the loss is {float(found):g}; the parameters are those before the step")
    return float(found.detach())


@checked
def clip_weights(module: nn.Module, *, rms: float) -> None:
    """Clip the weights of every layer on tiles to a multiple of their root mean square; call it after each step.

    The largest weight of a layer takes the whole range of conductances, so that a lone large one leaves little of it to
    the others. Weights that are frozen stay: their cells are programmed.
    """
    if not rms > 1.0:
        raise InputError(f"rms = {rms:g}: expected more than 1, a limit above the typical weight")
    with torch.no_grad():
        for weights in filter(lambda each: each.requires_grad, weight_parameters(module)):
            limit = rms * weights.square().mean().sqrt()
            weights.clamp_(-limit, limit)


@checked
def current_penalty(module: nn.Module) -> torch.Tensor:
    """Return the sum over the layers of their largest column current since the last call, in cells at g_max.

    A term of a loss: large columns lose most in their wires. The first call returns 0 and makes the layers gather their
    currents from the next forward pass in training on.
    """
    first = next(module.parameters(), torch.zeros(()))
    total = first.new_zeros((), dtype=torch.float32)
    for tiles, _ in layers_on_tiles(module):
        if tiles.largest_current is not None:
            cell = tiles.spec.device.g_max * tiles.spec.driver.v_read
            total = total + tiles.largest_current / cell
        tiles.keeps_current, tiles.largest_current = True, None
    return total
