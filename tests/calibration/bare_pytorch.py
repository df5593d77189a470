"""One frozen train step of ResNet50 in a bare loop: nothing of the suite, written as one would write it for a stopwatch.

Reads a number of steps a line, does them, writes the seconds they took. Arguments: batch size, threads.
"""

import sys
import time

import torch
import torchvision

batch_size, threads = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
model = torchvision.models.resnet50()
model.fc = torch.nn.Sequential(torch.nn.Linear(2048, 128), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(128, 102))
model.requires_grad_(False).eval()
model.fc.requires_grad_(True).train()
model.to(memory_format=torch.channels_last)
images = torch.randn(batch_size, 3, 224, 224).to(memory_format=torch.channels_last)
labels = torch.randint(0, 102, (batch_size,))
optimizer = torch.optim.Adam(model.fc.parameters(), lr=1e-3, eps=1e-7)

for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    print(time.perf_counter() - start, flush=True)
