"""Times training steps of PyTorch and of ege-bench on a device in turn, for EGE-UNet and U-Net, and prints a table.

    python benches/peers/devices.py AUTHORS_REPO PATH_OF_EGE_BENCH [--device libtorch] [--rounds 3] [--json FILE]

Each round runs every contender once, as a process of its own. A ratio is the median of the rounds' own ratios to PyTorch
eager, with the range that they span.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def run(command):
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(f"error: {' '.join(command)} exited with {process.returncode}\n{process.stderr[-2000:]}")
    # The authors' code prints lines of its own before the answer.
    return json.loads(process.stdout[process.stdout.index("{") :])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("repo")
    parser.add_argument("binary")
    parser.add_argument("--device", default="libtorch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--models", nargs="*", default=["ege-unet", "unet"])
    parser.add_argument("--modes", nargs="*", default=["eager"], help="eager, channels_last, compile, cuda_graph")
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--json", help="write every measurement to this file")
    arguments = parser.parse_args()
    python_device = "cuda" if "cuda" in arguments.device else "cpu"
    shared = ["--threads", str(arguments.threads), "--repetitions", str(arguments.repetitions)]

    def contenders(model):
        for mode in arguments.modes:
            command = [sys.executable, os.path.join(HERE, "pytorch.py"), arguments.repo, "train", "--model", model]
            yield f"PyTorch {mode}", command + ["--mode", mode, "--device", python_device] + shared
        command = [arguments.binary, "bench", "train", "--model", model, "--device", arguments.device, "--json"]
        yield f"ege-bench {arguments.device}", command + shared

    measured = {}
    for number in range(arguments.rounds):
        for model in arguments.models:
            for name, command in contenders(model):
                print(f"round {number + 1}/{arguments.rounds}: {model}, {name}", file=sys.stderr)
                measured.setdefault(model, {}).setdefault(name, []).append(run(command))

    print("| network | contender | median ms | peak MB | share of PyTorch eager (range) |")
    print("|---|---|--:|--:|--:|")
    for model, rounds in measured.items():
        base = [one["median_ms"] for one in rounds["PyTorch eager"]]
        for name, results in rounds.items():
            medians = [one["median_ms"] for one in results]
            ratios = sorted(own / before for before, own in zip(base, medians))
            middle = statistics.median(ratios)
            peak = max(one["peak_mb"] for one in results)
            share = f"{middle:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
            print(f"| {model} | {name} | {statistics.median(medians):.2f} | {peak} | {share} |")
    if arguments.json:
        everything = [
            one | {"model": model, "contender": name}
            for model, rounds in measured.items()
            for name, results in rounds.items()
            for one in results
        ]
        with open(arguments.json, "w") as file:
            json.dump(everything, file, indent=1)


main()
