"""Times the authors' EGE-UNet in PyTorch on the CPU and prints one line of JSON.

    python benches/peers/pytorch.py AUTHORS_REPO train|infer --mode eager|channels_last|compile --threads T

A training step is what their `engine.py` does for each batch: zero_grad, forward, their loss with its side
outputs, backward, AdamW, and the loss as a number. A prediction is a forward without gradients.
"""

import argparse
import json
import resource
import statistics
import sys
import time
import warnings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("repo")
    parser.add_argument("task", choices=["train", "infer"])
    parser.add_argument("--mode", choices=["eager", "channels_last", "compile"], default="eager")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--repetitions", type=int, default=10)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    sys.path.insert(0, arguments.repo)

    import torch

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(42)
    from models.egeunet import EGEUNet
    from utils import GT_BceDiceLoss

    batch = arguments.batch_size or (8 if arguments.task == "train" else 1)
    # The authors' configuration: configs/config_setting.py.
    model = EGEUNet(num_classes=1, input_channels=3, c_list=[8, 16, 24, 32, 48, 64], bridge=True, gt_ds=True)
    images = torch.rand(batch, 3, arguments.size, arguments.size) * 255
    masks = (torch.rand(batch, 1, arguments.size, arguments.size) > 0.5).float()
    if arguments.mode == "channels_last":
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    criterion = GT_BceDiceLoss(wb=1, wd=1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    network = torch.compile(model) if arguments.mode == "compile" else model

    def step():
        optimizer.zero_grad()
        sides, output = network(images)
        loss = criterion(sides, output, masks)
        loss.backward()
        optimizer.step()
        return loss.item()

    def predict():
        with torch.no_grad():
            return network(images)[1]

    work = step if arguments.task == "train" else predict
    network.train(arguments.task == "train")
    for _ in range(3):
        work()
    times = []
    for _ in range(arguments.repetitions):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    median = statistics.median(times)
    print(
        json.dumps(
            {
                "bench": arguments.task,
                "mode": arguments.mode,
                "threads": arguments.threads,
                "batch_size": batch,
                "size": arguments.size,
                "repetitions": arguments.repetitions,
                "median_ms": median,
                "min_ms": min(times),
                "images_per_second": batch / median * 1e3,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "torch": torch.__version__,
            }
        )
    )


main()
