"""Recurrent layers of all kinds: one of them begins with a state, one has both directions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fixtures.models.options import Options


class Series(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.entry = nn.Linear(6, 8)
        self.gated = nn.GRU(8, 8, batch_first=True)
        self.hidden = nn.Linear(8, 9)
        self.cell = nn.Linear(8, 9)
        self.begun = nn.LSTM(8, 9, batch_first=True)
        self.simple = nn.RNN(9, 8, batch_first=True)
        self.both = nn.LSTM(8, 5, batch_first=True, bidirectional=True)
        self.next = nn.Linear(10, 4)

    def forward(self, series: Tensor) -> Tensor:
        states, _ = self.gated(self.entry(series))
        hidden, cell = self.hidden(states.mean(1)).unsqueeze(0), self.cell(states.mean(1)).unsqueeze(0)
        states, _ = self.begun(states, (hidden, cell))
        states, _ = self.simple(states)
        states, (last, _) = self.both(states)
        found: Tensor = self.next(torch.cat([last[0], last[1]], 1))
        return found


def network(options: Options) -> nn.Module:
    return Series()
