#!/usr/bin/env python3
"""Times Pillow on what `ege-bench data prepare` does, on one core, beside ours in one run.

    python benches/prepare.py [--ours PROGRAM] [--repetitions 9]

PROGRAM is the built benchmark (`cargo bench --bench prepare --no-run` tells its path). Both read, decode and resize the
same made photographs of 1,022x767 and 6,000x4,000 pixels with masks to 256x256, in turns; medians in milliseconds.
Needs numpy and Pillow.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
from PIL import Image

SIZES = ((1022, 767), (6000, 4000))


def photograph(generator, width, height):
    """Skin-like gradients under noise, as a camera stores it."""
    coarse = generator.integers(0, 255, (height // 64 + 2, width // 64 + 2, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.BICUBIC)).astype(np.int16)
    noise = generator.normal(0, 4, (height, width, 1)).astype(np.int16)
    return Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8))


def lesion(width, height):
    rows, columns = np.mgrid[0:height, 0:width]
    inside = (rows - height / 2) ** 2 / (height / 3) ** 2 + (columns - width / 2) ** 2 / (width / 3) ** 2 < 1
    return Image.fromarray(inside.astype(np.uint8) * 255)


def pillow_image(path):
    return np.asarray(Image.open(path).convert("RGB").resize((256, 256), Image.BILINEAR))


def pillow_mask(path):
    return np.asarray(Image.open(path).convert("L").resize((256, 256), Image.BILINEAR))


def milliseconds(work):
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--ours")
    arguments.add_argument("--repetitions", type=int, default=9)
    arguments = arguments.parse_args()
    generator = np.random.default_rng(0)
    print("pixels        what    Pillow ms  images/s   ours ms  images/s  ratio")
    for width, height in SIZES:
        with tempfile.TemporaryDirectory() as root:
            root = pathlib.Path(root)
            for part in ("images", "masks"):
                (root / part).mkdir()
            image, mask = root / "images/a.jpg", root / "masks/a.png"
            photograph(generator, width, height).save(image, quality=90)
            lesion(width, height).save(mask)
            pillow, ours = {"image": [], "pair": []}, {"image": [], "pair": []}
            for _ in range(arguments.repetitions):
                pillow["image"].append(milliseconds(lambda: pillow_image(image)))
                pillow["pair"].append(milliseconds(lambda: (pillow_image(image), pillow_mask(mask))))
                if arguments.ours:
                    # The program keeps its memory; Pillow's comes from Python's process, which does so, too.
                    environment = os.environ | {"MIMALLOC_PURGE_DELAY": "-1"}
                    command = [arguments.ours, str(root), "3"]
                    told = subprocess.run(command, capture_output=True, check=True, env=environment)
                    times = json.loads(told.stdout)
                    ours["image"].append(times["image_ms"])
                    ours["pair"].append(times["pair_ms"])
        for what in ("image", "pair"):
            theirs = statistics.median(pillow[what])
            line = f"{width}x{height}".ljust(14) + what.ljust(6) + f"{theirs:11.2f}{1e3 / theirs:10.1f}"
            if ours[what]:
                mine = statistics.median(ours[what])
                line += f"{mine:10.2f}{1e3 / mine:10.1f}{theirs / mine:7.2f}"
            print(line)


if __name__ == "__main__":
    main()
