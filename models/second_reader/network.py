"""The network in PyTorch: a BERT encoder (Devlin and others, 2019) with heads for tokens, pieces and the whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.encode import HEADS

from .pretrained import Pretrained

#: Layers that stay as they were pretrained, so that what they say of a window is computed once, unless a
#: network goes on learning with all of them (``Network.free``).
FROZEN = 6
DROPOUT = 0.1
COUNT = len(HEADS)
#: Per token the network gives, in this order: the token's own logits; what it adds to its piece as one
#: of many and as what the piece attends to, and how much that attends to it; the same for the whole.
PARTS = (COUNT, COUNT, COUNT, 1, COUNT, COUNT, 1)


def _drop(x: Tensor, rate: float, training: bool) -> Tensor:
    """Dropout with one pattern for all windows of a batch, which costs a CPU far less."""
    if not training or rate == 0:
        return x
    kept = (torch.rand(1, *x.shape[1:]) >= rate).to(x.dtype) / (1 - rate)
    return x * kept


class Layer(nn.Module):
    def __init__(self, pretrained: Pretrained, number: int) -> None:
        super().__init__()

        def array(name: str) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(pretrained.arrays[f"l{number}.{name}"]))

        def linear(*names: str) -> nn.Linear:
            weight = torch.cat([array(f"{n}.w") for n in names])
            made = nn.Linear(weight.shape[1], weight.shape[0])
            made.weight.data.copy_(weight)
            made.bias.data.copy_(torch.cat([array(f"{n}.b") for n in names]))
            return made

        def norm(name: str) -> nn.LayerNorm:
            made = nn.LayerNorm(pretrained.width, eps=pretrained.epsilon)
            made.weight.data.copy_(array(f"{name}.w"))
            made.bias.data.copy_(array(f"{name}.b"))
            return made

        self.heads = pretrained.heads
        self.query_key_value = linear("q", "k", "v")
        self.attended, self.inner, self.outer = linear("ao"), linear("fi"), linear("fo")
        self.first_norm, self.second_norm = norm("aln"), norm("oln")

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``x`` (windows, tokens, width); ``mask`` (windows, 1, 1, tokens) is added to attention."""
        n, t, width = x.shape
        size = width // self.heads
        q, k, v = (p.transpose(1, 2) for p in self.query_key_value(x).view(n, t, 3, self.heads, size).unbind(2))  # fmt: skip
        if self.training and q.dtype is torch.bfloat16:
            # Written out: in bfloat16 PyTorch's own attention is several times slower on short windows than
            # in float32, and that slower than this.
            looks = torch.softmax(q @ k.transpose(-1, -2) * size**-0.5 + mask.to(q.dtype), -1)
            seen = looks @ v
        else:
            with torch.autocast("cpu", enabled=False):
                masked = mask.float().expand(n, 1, t, t)
                seen = functional.scaled_dot_product_attention(q.float(), k.float(), v.float(), attn_mask=masked)  # fmt: skip
        seen = seen.transpose(1, 2).reshape(n, t, width)
        x = self.first_norm(x + _drop(self.attended(seen), DROPOUT, self.training))
        made = self.outer(functional.gelu(self.inner(x)))
        out: Tensor = self.second_norm(x + _drop(made, DROPOUT, self.training))
        return out


class Network(nn.Module):
    """``vocabulary`` are the numbers of the pretrained pieces kept."""

    def __init__(self, pretrained: Pretrained, vocabulary: Sequence[int]) -> None:
        super().__init__()
        arrays, width = pretrained.arrays, pretrained.width
        self.word = nn.Embedding.from_pretrained(torch.from_numpy(arrays["emb.word"][list(vocabulary)]))  # fmt: skip
        self.place = nn.Parameter(torch.from_numpy(arrays["emb.pos"] + arrays["emb.type"]))
        self.norm = nn.LayerNorm(width, eps=pretrained.epsilon)
        self.norm.weight.data.copy_(torch.from_numpy(arrays["emb.ln.w"]))
        self.norm.bias.data.copy_(torch.from_numpy(arrays["emb.ln.b"]))
        layers = [Layer(pretrained, i) for i in range(pretrained.layers)]
        self.lower, self.upper = nn.ModuleList(layers[:FROZEN]), nn.ModuleList(layers[FROZEN:])
        self.side = nn.Parameter(torch.zeros(2, width))
        self.opens = nn.Parameter(torch.randn(width) * 0.02)
        self.heads = nn.Linear(width, sum(PARTS))
        self.bias = nn.Parameter(torch.full((3, COUNT), -3.0))
        nn.init.normal_(self.heads.weight, std=0.02)
        nn.init.zeros_(self.heads.bias)
        for parameter in (self.place, *self.norm.parameters(), *self.lower.parameters()):
            parameter.requires_grad = False

    def free(self) -> None:
        """Lets every layer learn."""
        for parameter in self.lower.parameters():
            parameter.requires_grad = True

    @property
    def frozen(self) -> bool:
        """Whether the lower layers stay as they are."""
        return not any(parameter.requires_grad for parameter in self.lower.parameters())

    def read_lower(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.norm(self.word(ids) + self.place[: ids.shape[1]])
        for layer in self.lower:
            x = layer(x, mask)
        return x

    def read_upper(self, x: Tensor, side: Tensor, opens: Tensor, mask: Tensor) -> Tensor:
        """Per token the ``PARTS``, (windows, tokens, sum of PARTS)."""
        x = x + self.side[side] + opens[..., None] * self.opens
        for layer in self.upper:
            x = layer(x, mask)
        out: Tensor = self.heads(_drop(x, DROPOUT, self.training))
        return out

    def forward(self, ids: Tensor, side: Tensor, opens: Tensor) -> Tensor:
        """Whole windows of one length without padding; what is exported."""
        mask = torch.zeros(1, 1, 1, ids.shape[1])
        return self.read_upper(self.read_lower(ids, mask), side, opens, mask)

    def pooled(self, out: Tensor, piece: Tensor, pieces: int, real: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        """Logits of tokens, of pieces (pieces, heads) and of windows (windows, heads).

        ``piece`` (windows, tokens) numbers the batch's pieces, ``pieces`` for padding, where ``real``
        is 0.
        """
        n, t, _ = out.shape
        tokens, one, seen, looks, in_whole, seen_whole, looks_whole = out.float().split(PARTS, -1)
        at = piece.reshape(-1)

        def gathered(values: Tensor) -> Tensor:
            return torch.zeros(pieces + 1, values.shape[-1]).index_add_(0, at, values.reshape(n * t, -1))[:pieces]  # fmt: skip

        weight = torch.exp(looks.clamp(-10, 10))
        units = gathered(one) / gathered(torch.ones(n, t, 1)).clamp(min=1)
        units = units + gathered(seen * weight) / gathered(weight).clamp(min=1e-6)
        weight = torch.exp(looks_whole.clamp(-10, 10)) * real[..., None]
        whole = (in_whole * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        whole = whole + (seen_whole * weight).sum(1) / weight.sum(1)
        return tokens + self.bias[0], units + self.bias[1], whole + self.bias[2]
