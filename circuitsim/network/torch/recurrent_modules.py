"""LSTM and GRU whose products with inputs and with states run on tiles; gates and states stay digital."""

from collections.abc import Callable

import torch
from torch import nn

from circuitsim.errors import InputError
from circuitsim.network.torch.matrix_tiles import MatrixTiles

GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}
"""Order of the gates along a tile's columns, as ONNX has them (i o f c, z r h), by their places in torch's weights."""

States = tuple[torch.Tensor, ...]


class RecurrentOnTiles(nn.Module):
    """An LSTM or GRU on tiles; parameters have the names of the plain module."""

    def __init__(self, source: nn.LSTM | nn.GRU, make: Callable[[str, tuple[int, int, int]], MatrixTiles]) -> None:
        """Take over the parameters of a module; `make` returns the tiles of a matrix by its name and shape."""
        super().__init__()
        self.kind, self.hidden_size, self.num_layers = source.mode, source.hidden_size, source.num_layers
        self.batch_first, self.dropout = source.batch_first, source.dropout
        self.bidirectional, self.with_bias = source.bidirectional, source.bias
        for name, parameter in source.named_parameters():
            self.register_parameter(name, parameter)
        self.names = [name for name, _ in source.named_parameters() if name.startswith("weight_")]
        self.tiles = nn.ModuleDict()
        for name in self.names:
            outputs, inputs = getattr(self, name).shape
            self.tiles[name] = make(name, (1, inputs, outputs))

    def matrices(self) -> dict[MatrixTiles, torch.Tensor]:
        """Return the weights (groups, inputs, outputs) of its tiles."""
        tiles = {name: each for name, each in self.tiles.items() if isinstance(each, MatrixTiles)}
        return {each: self._ordered(getattr(self, name)).t()[None] for name, each in tiles.items()}

    def forward(self, x: torch.Tensor, hx: torch.Tensor | States | None = None) -> tuple[torch.Tensor, object]:
        """Return the outputs and the last states of a sequence, as the plain module.

        Raises:
            InputError: The sequence is packed.
        """
        if not isinstance(x, torch.Tensor):
            raise InputError(f"a recurrent layer on tiles read a {type(x).__name__}: expected a tensor")
        single = x.dim() == 2
        x = x[:, None] if single else (x.transpose(0, 1) if self.batch_first else x)
        ways = 2 if self.bidirectional else 1
        count = self.num_layers * ways
        given = (hx,) if isinstance(hx, torch.Tensor) else hx
        if given is None:
            kinds = 2 if self.kind == "LSTM" else 1
            given = tuple(x.new_zeros(count, x.shape[1], self.hidden_size) for _ in range(kinds))
        elif single:
            given = tuple(each[:, None] for each in given)
        finals = []
        for layer in range(self.num_layers):
            outputs = []
            for way in range(ways):
                start = tuple(each[layer * ways + way] for each in given)
                y, end = self._one_way(x, start, f"_l{layer}" + ("_reverse" if way else ""), reverse=way == 1)
                outputs.append(y)
                finals.append(end)
            x = torch.cat(outputs, dim=-1)
            if self.dropout and layer < self.num_layers - 1:
                x = nn.functional.dropout(x, self.dropout, self.training)
        states = tuple(torch.stack(each) for each in zip(*finals, strict=True))
        states = tuple(each[:, 0] for each in states) if single else states
        y = x[:, 0] if single else (x.transpose(0, 1) if self.batch_first else x)
        return y, (states if self.kind == "LSTM" else states[0])

    def _one_way(self, x: torch.Tensor, states: States, suffix: str, *, reverse: bool) -> tuple[torch.Tensor, States]:
        """Return outputs (steps, batch, hidden) and last states of one direction of one layer."""
        xw = self._product("ih", suffix, x.reshape(-1, x.shape[-1])).reshape(*x.shape[:2], -1)
        step = _lstm if self.kind == "LSTM" else _gru
        outputs = []
        for k in range(len(x))[:: -1 if reverse else 1]:
            states = step(xw[k], self._product("hh", suffix, states[0]), states)
            outputs.append(states[0])
        return torch.stack(outputs[:: -1 if reverse else 1]), states

    def _product(self, which: str, suffix: str, x: torch.Tensor) -> torch.Tensor:
        """Return products (vectors, gates · hidden) with a matrix, its bias added, gates in the order of `GATES`."""
        name = f"weight_{which}{suffix}"
        y = self.tiles[name](self._ordered(getattr(self, name)).t()[None], x[:, None])[:, 0]
        return y + self._ordered(getattr(self, f"bias_{which}{suffix}")) if self.with_bias else y

    def _ordered(self, values: torch.Tensor) -> torch.Tensor:
        """Return (gates · hidden, …) with the gates in the order of `GATES`."""
        gates = values.reshape(-1, self.hidden_size, *values.shape[1:])
        return torch.cat([gates[k] for k in GATES[self.kind]])  # a list of places would wait for the device


def _lstm(xw: torch.Tensor, recurrent: torch.Tensor, states: States) -> States:
    i, o, f, new = (xw + recurrent).chunk(4, dim=-1)
    c = f.sigmoid() * states[1] + i.sigmoid() * new.tanh()
    return o.sigmoid() * c.tanh(), c


def _gru(xw: torch.Tensor, recurrent: torch.Tensor, states: States) -> States:
    (z_in, r_in, new_in), (z, r, new) = xw.chunk(3, dim=-1), recurrent.chunk(3, dim=-1)
    z, r = (z_in + z).sigmoid(), (r_in + r).sigmoid()
    return ((1.0 - z) * (new_in + r * new).tanh() + z * states[0],)
