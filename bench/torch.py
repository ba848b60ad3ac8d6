"""The training step of `train.ts` in PyTorch, on as many threads as ours: embedding, LSTM, dense, loss, Adam.

    python3 bench/torch.py '{"vocabulary": …, "embedding": …, "units": …, "rate": …, "threads": …}'

Prints a line when it is ready. Then for each line of [[ids of a text], …] it does a step, half of whose texts are positive, and prints its milliseconds.
"""
import json
import sys
import time

import torch
from torch import nn


class Network(nn.Module):
    def __init__(self, vocabulary, embedding, units):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, units, batch_first=True)
        self.dense = nn.Linear(units, 1)

    def forward(self, ids):
        states, _ = self.lstm(self.embedding(ids))
        return self.dense(states[:, -1]).squeeze(1)


config = json.loads(sys.argv[1])
torch.set_num_threads(config["threads"])
network = Network(config["vocabulary"], config["embedding"], config["units"])
optimizer = torch.optim.Adam(network.parameters(), lr=config["rate"])
loss_of = nn.BCEWithLogitsLoss()
print(json.dumps(torch.__version__), flush=True)
for line in sys.stdin:
    ids = torch.tensor(json.loads(line))
    labels = (torch.arange(len(ids)) % 2).float()
    start = time.perf_counter()
    optimizer.zero_grad()
    loss = loss_of(network(ids), labels)
    loss.backward()
    optimizer.step()
    print(1000 * (time.perf_counter() - start), flush=True)
