"""Words, of which 0 is one like any other: attention as one call of torch's, and the mean of all places."""

from __future__ import annotations

from torch import Tensor, nn

from fixtures.models.options import Options


class Words(nn.Module):  # type: ignore[misc]
    def __init__(self, options: Options) -> None:
        super().__init__()
        self.words = nn.Embedding(6, 12)
        self.norm = nn.LayerNorm(12)
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
        self.classes = nn.Linear(12, options.classes)

    def forward(self, words: Tensor) -> Tensor:
        states = self.norm(self.words(words))
        attended, _ = self.attention(states, states, states, need_weights=False)
        logits: Tensor = self.classes(attended.mean(1))
        return logits


def network(options: Options) -> nn.Module:
    return Words(options)
