"""Muon, an optimiser for matrices: each step is the momentum with its singular values made about equal.

After Jordan et al., "Muon" (2024), with the scale of Liu et al., "Muon is scalable" (2025): 0.2 · sqrt(longer side), so
that one learning rate serves AdamW as well. torch has it too, matrix by matrix and in 16 bits, which is slow on a CPU;
here matrices of one shape go together, in the precision they have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

STEPS, COEFFICIENTS = 5, (3.4445, -4.7750, 2.0315)  # of the Newton-Schulz iteration
SMALLEST = 1e-7
SCALE = 0.2


class Muon(torch.optim.Optimizer):
    """For parameters of two dimensions."""

    def __init__(
        self, weights: Iterable[Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.01
    ) -> None:
        super().__init__(list(weights), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        """Change the weights once."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Parameter]] = {}
            for weight in group["params"]:
                by_shape.setdefault(weight.shape, []).append(weight)
            for shape, weights in by_shape.items():
                gradients = torch.stack([self._with_momentum(each, group["momentum"]) for each in weights])
                rate = group["lr"] * SCALE * max(shape) ** 0.5
                for weight, direction in zip(weights, orthogonal(gradients), strict=True):
                    weight.mul_(1 - group["lr"] * group["weight_decay"]).sub_(direction, alpha=rate)

    def _with_momentum(self, weight: Parameter, momentum: float) -> Tensor:
        assert weight.grad is not None
        state = self.state[weight]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(weight.grad, 1 - momentum)
        return weight.grad.lerp(state["momentum"], momentum)


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest orthogonal matrices, about. matrices, shape (count, rows, columns)."""
    a, b, c = COEFFICIENTS
    wide = matrices.shape[1] <= matrices.shape[2]
    x = matrices if wide else matrices.transpose(1, 2)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + SMALLEST)
    for _ in range(STEPS):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return x if wide else x.transpose(1, 2)
