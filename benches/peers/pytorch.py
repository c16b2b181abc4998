"""Times the authors' EGE-UNet, or a U-Net, in PyTorch and prints one line of JSON.

    python benches/peers/pytorch.py AUTHORS_REPO train|infer --mode eager|channels_last|compile|cuda_graph --threads T

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
    parser.add_argument("--mode", choices=["eager", "channels_last", "compile", "cuda_graph"], default="eager")
    parser.add_argument("--model", choices=["ege-unet", "unet"], default="ege-unet")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
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
    # Single precision on both sides.
    torch.backends.cudnn.allow_tf32 = False

    batch = arguments.batch_size or (8 if arguments.task == "train" else 1)
    from utils import BceDiceLoss, GT_BceDiceLoss

    if arguments.model == "unet":
        from unet import UNet

        model, criterion = UNet(), BceDiceLoss(wb=1, wd=1)
        loss_of = lambda output, masks: criterion(torch.sigmoid(output), masks)
    else:
        from models.egeunet import EGEUNet

        # The authors' configuration: configs/config_setting.py.
        model = EGEUNet(num_classes=1, input_channels=3, c_list=[8, 16, 24, 32, 48, 64], bridge=True, gt_ds=True)
        criterion = GT_BceDiceLoss(wb=1, wd=1)
        loss_of = lambda output, masks: criterion(output[0], output[1], masks)
    model = model.to(arguments.device)
    images = (torch.rand(batch, 3, arguments.size, arguments.size) * 255).to(arguments.device)
    masks = (torch.rand(batch, 1, arguments.size, arguments.size) > 0.5).float().to(arguments.device)
    if arguments.mode == "channels_last":
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    graphed = arguments.mode == "cuda_graph"
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2, capturable=graphed)
    network = torch.compile(model) if arguments.mode == "compile" else model

    def queue():
        optimizer.zero_grad()
        loss = loss_of(network(images), masks)
        loss.backward()
        optimizer.step()
        return loss

    def step():
        return queue().item()

    def predict():
        with torch.no_grad():
            output = network(images)
            return (output[1] if isinstance(output, tuple) else output).cpu()

    if graphed:
        # The kernels of a whole step, recorded once and started together.
        network.train()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                queue()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            recorded = queue()

        def replay():
            graph.replay()
            return recorded.item()

    work = (replay if graphed else step) if arguments.task == "train" else predict
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
                "model": arguments.model,
                "device": arguments.device,
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
