"""The steps of a network that was cut: what onnxruntime computes, what arrays compute, and control flow over both."""

from dataclasses import dataclass

import numpy as np
import onnxruntime

from circuitsim.network.finishes import Finish
from circuitsim.network.linear import LinearLayer


@dataclass(frozen=True)
class HostStep:
    """A sequence of nodes that onnxruntime computes.

    Attributes:
        session: onnxruntime session of these nodes.
        sources, targets: Names of the tensors read and written.
        finish: What the nodes compute where they read one tensor, which no other step reads, and are no more than that.
    """

    session: onnxruntime.InferenceSession
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    finish: Finish | None = None


@dataclass(frozen=True)
class ArrayStep:
    """A node whose products arrays compute.

    Attributes:
        layer: Its weights, bias and window.
        source, target: Names of the tensors read and written.
    """

    layer: LinearLayer
    source: str
    target: str


@dataclass(frozen=True)
class Routine:
    """The steps of a graph.

    Attributes:
        steps: In order.
        constants: Values of the constant tensors that steps or outputs name.
        inputs, outputs: Names of the tensors that it is given and gives; it also reads those of the graphs around.
    """

    steps: "tuple[RoutineStep, ...]"
    constants: dict[str, np.ndarray]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class BranchStep:
    """An If: one of two routines.

    Attributes:
        condition: Name of the tensor that chooses.
        yes, no: Routines where it is true and where it is false.
        targets: Names of the tensors written, "" for those that nobody reads.
    """

    condition: str
    yes: Routine
    no: Routine
    targets: tuple[str, ...]


@dataclass(frozen=True)
class LoopStep:
    """A Loop: a routine from (number, condition, states) to (condition, states, values that are stacked).

    Attributes:
        trips, condition: Names of the largest number of rounds and of the condition; "" for none.
        states: Names of the states before the first round.
        body: The routine.
        targets: Names of the tensors written.
    """

    trips: str
    condition: str
    states: tuple[str, ...]
    body: Routine
    targets: tuple[str, ...]


@dataclass(frozen=True)
class ScanStep:
    """A Scan: a routine from (states, slices) to (states, slices of the outputs).

    Attributes:
        states: Names of the states before the first slice.
        scanned: Names of the tensors that are cut in slices.
        body: The routine.
        targets: Names of the tensors written: the last states, then the outputs.
        in_axes, out_axes: Axes of the slices.
        in_reverse, out_reverse: True where the slices run from the end.
    """

    states: tuple[str, ...]
    scanned: tuple[str, ...]
    body: Routine
    targets: tuple[str, ...]
    in_axes: tuple[int, ...]
    out_axes: tuple[int, ...]
    in_reverse: tuple[bool, ...]
    out_reverse: tuple[bool, ...]


RoutineStep = HostStep | ArrayStep | BranchStep | LoopStep | ScanStep
