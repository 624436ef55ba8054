"""Whisper's architecture in plain torch, small: an encoder of 25 frames a second and a decoder of text.

Plain, so that windows of any length can be trained; export.py gives the weights to CTranslate2. Two heads exist in
training alone: the phoneme of each frame, and CTC.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as f

MELS = 80
POSITIONS = 200  # encoder frames of the window
TOKENS_AT_MOST = 112


class Shape(NamedTuple):
    """Of a model."""

    width: int = 160
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 2


class Attention(nn.Module):
    """Attention over a memory; over its own input where none is given."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(3))
        self.k_proj = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, memory: Tensor | None = None, causal: bool = False) -> tuple[Tensor, Tensor]:
        """x, shape (batch, queries, width). Returns the same shape, and the weights (batch, heads, queries, keys).

        As plain products: torch's fused attention has a slow way back on a CPU at these lengths.
        """
        batch, queries, width = x.shape
        memory = x if memory is None else memory
        q, k, v = (self._split(each) for each in (self.q_proj(x), self.k_proj(memory), self.v_proj(memory)))
        score = (q * (width // self.heads) ** -0.5) @ k.transpose(-1, -2)
        if causal:
            score = score + torch.full((queries, queries), -1e4, dtype=score.dtype, device=x.device).triu(1)
        weights = score.softmax(-1)
        mixed = (weights.to(v.dtype) @ v).transpose(1, 2).reshape(batch, queries, width)
        return self.out_proj(mixed), weights

    def _split(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)


class EncoderLayer(nn.Module):
    """Attention and a feed-forward net, each after a norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.self_attn_layer_norm, self.final_layer_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.self_attn_layer_norm(x))[0]
        return x + self.fed(x)

    def fed(self, x: Tensor) -> Tensor:
        return self.fc2(f.gelu(self.fc1(self.final_layer_norm(x))))


class DecoderLayer(EncoderLayer):
    """The same over the tokens so far, with a look at what was heard between."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads)
        self.encoder_attn = Attention(width, heads)
        self.encoder_attn_layer_norm = nn.LayerNorm(width)

    def look(self, x: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        x = x + self.self_attn(self.self_attn_layer_norm(x), causal=True)[0]
        seen, weights = self.encoder_attn(self.encoder_attn_layer_norm(x), heard)
        x = x + seen
        return x + self.fed(x), weights


class Ear(nn.Module):
    """The whole model. vocabulary: tokens it writes; phonemes: classes of a frame."""

    def __init__(self, shape: Shape, vocabulary: int, phonemes: int) -> None:
        super().__init__()
        width, heads = shape.width, shape.heads
        self.shape = shape
        self.conv1 = nn.Conv1d(MELS, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.register_buffer("positions", sinusoids(POSITIONS, width))
        self.encoder = nn.ModuleList(EncoderLayer(width, heads) for _ in range(shape.encoder_layers))
        self.encoder_norm = nn.LayerNorm(width)
        self.embedding = nn.Embedding(vocabulary, width)
        self.places = nn.Parameter(torch.randn(TOKENS_AT_MOST, width) * 0.01)
        self.decoder = nn.ModuleList(DecoderLayer(width, heads) for _ in range(shape.decoder_layers))
        self.decoder_norm = nn.LayerNorm(width)
        self.phoneme_head = nn.Linear(width, phonemes)
        self.ctc_head = nn.Linear(width, vocabulary + 1)
        nn.init.normal_(self.embedding.weight, std=0.02)
        for name, weight in self.named_parameters():
            if weight.ndim == 2 and name.endswith("weight") and not name.startswith("embedding"):
                last = name.endswith(("out_proj.weight", "fc2.weight"))
                nn.init.normal_(weight, std=weight.shape[1] ** -0.5 * (0.5 if last else 1.0))

    def encode(self, features: Tensor) -> Tensor:
        """features, shape (batch, 80, frames). Returns shape (batch, frames / 2, width)."""
        x = f.gelu(self.conv2(f.gelu(self.conv1(features)))).transpose(1, 2)
        x = x + self.positions[: x.shape[1]].to(x.dtype)
        for layer in self.encoder:
            x = layer(x)
        return self.encoder_norm(x)

    def decode(self, tokens: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        """tokens, shape (batch, length). Returns logits (batch, length, vocabulary) and the last layer's look at the
        audio, shape (batch, heads, length, frames).
        """
        x = self.embedding(tokens) + self.places[: tokens.shape[1]]
        weights = x
        for layer in self.decoder:
            x, weights = layer.look(x, heard)
        return f.linear(self.decoder_norm(x), self.embedding.weight), weights


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's position encoding."""
    rate = torch.exp(-math.log(10000) / (width // 2 - 1) * torch.arange(width // 2))
    angle = torch.arange(length)[:, None] * rate[None]
    return torch.cat([angle.sin(), angle.cos()], dim=1)
