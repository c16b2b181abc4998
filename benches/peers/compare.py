"""Times PyTorch and ege-bench in turn and prints medians and ratios as a Markdown table.

    python benches/peers/compare.py AUTHORS_REPO PATH_OF_EGE_BENCH [--rounds 5] [--json FILE]

Each round runs every contender once, as a process of its own, so that what else the machine does meets all of
them alike. A contender's figure is the median of its rounds' medians; a ratio is the median of the rounds' own
ratios to PyTorch eager, with the range that they span.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys

PYTORCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pytorch.py")
CASES = [("train", 2), ("train", 1), ("infer", 2), ("infer", 1)]
REPETITIONS = {"train": {"pytorch": 6, "ours": 20}, "infer": {"pytorch": 40, "ours": 200}}


def processor():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


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
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--modes", nargs="*", default=["eager", "channels_last", "compile"])
    parser.add_argument("--kernels", nargs="*", default=["fused"], help="fused, plain")
    parser.add_argument("--json", help="write every measurement to this file")
    arguments = parser.parse_args()

    def contenders(task, threads):
        repetitions = {name: str(count) for name, count in REPETITIONS[task].items()}
        shared = ["--threads", str(threads), "--repetitions"]
        for mode in arguments.modes:
            command = [sys.executable, PYTORCH, arguments.repo, task, "--mode", mode]
            yield f"PyTorch {mode}", command + shared + [repetitions["pytorch"]]
        for kernels in arguments.kernels:
            command = [arguments.binary, "bench", task, "--model", "ege-unet", "--json", "--kernels", kernels]
            count = repetitions["ours" if kernels == "fused" else "pytorch"]
            yield f"ege-bench {kernels}", command + shared + [count]

    measured = {}
    for number in range(arguments.rounds):
        for task, threads in CASES:
            for name, command in contenders(task, threads):
                print(f"round {number + 1}/{arguments.rounds}: {task}, {threads} threads, {name}", file=sys.stderr)
                measured.setdefault((task, threads), {}).setdefault(name, []).append(run(command))

    print(f"{processor()}, {os.cpu_count()} CPUs; {arguments.rounds} rounds; batch 8 (train) and 1 (infer), 256x256\n")
    print("| task | threads | contender | median ms | images/s | peak MB | to PyTorch eager (range) |")
    print("|---|--:|---|--:|--:|--:|--:|")
    for (task, threads), rounds in measured.items():
        base = [one["median_ms"] for one in rounds.get("PyTorch eager", [])]
        for name, results in rounds.items():
            medians = [one["median_ms"] for one in results]
            middle = statistics.median(medians)
            peak = max(one["peak_mb"] for one in results)
            ratio = "-"
            if base:
                ratios = sorted(before / own for before, own in zip(base, medians))
                ratio = f"{statistics.median(ratios):.2f}x ({ratios[0]:.2f} to {ratios[-1]:.2f})"
            images = results[0]["batch_size"] / middle * 1e3
            print(f"| {task} | {threads} | {name} | {middle:.2f} | {images:.1f} | {peak} | {ratio} |")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump([one | {"contender": name} for rounds in measured.values() for name, all in rounds.items() for one in all], file, indent=1)


main()
