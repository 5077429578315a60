"""Self-attention whose projections to query, key and value, and back, run on tiles."""

import torch
from torch import nn
from torch.nn import functional

from circuitsim.errors import InputError
from circuitsim.network.torch.matrix_tiles import MatrixTiles


class AttentionOnTiles(nn.Module):
    """A MultiheadAttention of one sequence with itself; products of activations with each other stay digital.

    Query, key and value are one product, as an exported network has it. Parameters are those of the plain module.
    """

    # The fast path of torch's encoders would pass by the tiles; it asks for this.
    _qkv_same_embed_dim = False
    eye: torch.Tensor

    def __init__(self, source: nn.MultiheadAttention, tiles: MatrixTiles, tiles_out: MatrixTiles) -> None:
        """Take over parameters and settings of a module."""
        super().__init__()
        self.in_proj_weight, self.in_proj_bias, self.out_proj = (
            source.in_proj_weight,
            source.in_proj_bias,
            source.out_proj,
        )
        self.embed_dim, self.num_heads, self.dropout = source.embed_dim, source.num_heads, source.dropout
        self.batch_first, self.add_zero_attn = source.batch_first, source.add_zero_attn
        self.bias_k, self.bias_v = source.bias_k, source.bias_v
        self.tiles, self.tiles_out = tiles, tiles_out
        of = {"dtype": source.in_proj_weight.dtype, "device": source.in_proj_weight.device}
        self.register_buffer("eye", torch.eye(source.embed_dim, **of), persistent=False)

    def matrices(self) -> dict[MatrixTiles, torch.Tensor]:
        """Return the weights (groups, inputs, outputs) of its tiles."""
        return {self.tiles: self.in_proj_weight.t()[None], self.tiles_out: self.out_proj.weight.t()[None]}

    def forward(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        key_padding_mask: torch.Tensor | None = None,
        need_weights: bool = True,
        attn_mask: torch.Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return outputs and weights of the attention, as the plain module.

        Raises:
            InputError: Query, key and value are not one tensor.
        """
        if key is not query or value is not query:
            raise InputError(
                f"layer {self.tiles.layer!r}: query, key and value differ; expected one tensor, attention of a "
                "sequence with itself, or the module among digital"
            )
        turned = self.batch_first and query.dim() == 3
        x = query.transpose(0, 1) if turned else query
        projected = self.tiles(self.in_proj_weight.t()[None], x.reshape(-1, 1, self.embed_dim))
        projected = projected.reshape(*x.shape[:-1], 3 * self.embed_dim)
        projected = projected if self.in_proj_bias is None else projected + self.in_proj_bias
        eye = self.eye.to(x.dtype)
        q, k, v = projected.chunk(3, dim=-1)
        y, weights = functional.multi_head_attention_forward(
            q, k, v, self.embed_dim, self.num_heads, None, None, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, eye, None, training=self.training, key_padding_mask=key_padding_mask,
            need_weights=need_weights, attn_mask=attn_mask, use_separate_proj_weight=True, q_proj_weight=eye,
            k_proj_weight=eye, v_proj_weight=eye, average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        out = self.tiles_out(self.out_proj.weight.t()[None], y.reshape(-1, 1, self.embed_dim)).reshape(y.shape)
        out = out if self.out_proj.bias is None else out + self.out_proj.bias
        return (out.transpose(0, 1) if turned else out), weights
