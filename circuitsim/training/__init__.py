"""Train networks of torch through calibrated tiles: conversion, gradients, noise, update rules.

Importing this package without the extra `torch` raises MissingExtraError.
"""

from circuitsim.errors import require

require("torch", extra="torch")

# After the check, because these modules import the package.
from circuitsim.network.torch import ConverterDraws, TorchNetwork, export_onnx, plain  # noqa: E402
from circuitsim.training.adapters import add_adapters, train_only  # noqa: E402
from circuitsim.training.convert import convert_module, layer_ranges, learn_ranges, trim_columns  # noqa: E402
from circuitsim.training.device_network import device_network, fit_device_ranges  # noqa: E402
from circuitsim.training.draws import TrainingDraws  # noqa: E402
from circuitsim.training.on_device import DeviceTraining, device_step, train_on_device, update_cost  # noqa: E402
from circuitsim.training.steps import clip_weights, current_penalty, training_step  # noqa: E402
from circuitsim.training.trained_tile import TrainedTile, TrainingTiles  # noqa: E402
from circuitsim.training.update_cost import UpdateCost  # noqa: E402
from circuitsim.training.update_rules import PulseCounts, PulseTrains, TikiTaka  # noqa: E402

__all__ = [
    "ConverterDraws",
    "DeviceTraining",
    "PulseCounts",
    "PulseTrains",
    "TikiTaka",
    "TorchNetwork",
    "TrainedTile",
    "TrainingDraws",
    "TrainingTiles",
    "UpdateCost",
    "add_adapters",
    "clip_weights",
    "convert_module",
    "current_penalty",
    "device_network",
    "device_step",
    "export_onnx",
    "fit_device_ranges",
    "layer_ranges",
    "learn_ranges",
    "plain",
    "train_on_device",
    "train_only",
    "training_step",
    "trim_columns",
    "update_cost",
]
