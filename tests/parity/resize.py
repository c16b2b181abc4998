#!/usr/bin/env python3
"""Prints tests/parity/resize.txt: what others' code makes of procedural images, for each kernel of `[data] resize`.

    python tests/parity/resize.py > tests/parity/resize.txt

The tests of src/dataset/resize/ read that file. Needs numpy, Pillow, torch and torchvision (made with 2.4.6, 13.0.0,
2.9.0 and 0.24.0 on x86-64). Images as in augment.py: byte i is (i * i * 7 + i * 31 + 11) mod 251.

bilinear-antialias  torchvision.transforms.functional.resize(antialias=True) of a 64-bit tensor, rounded half to even
bilinear            torch.nn.functional.interpolate(mode="bilinear", align_corners=False), likewise
area                the exact mean of the covered area in whole numbers; where the sizes divide, checked here against
                    torch.nn.functional.interpolate(mode="area")
pil-bilinear        PIL.Image.resize(Image.BILINEAR) of bytes, columns before rows: so do all versions for images that are
                    no higher than wide, and those before 13 for all; 13 takes the rows of some others first

Halves: torch sums with fused multiply-adds, which here and there lie 3e-14 beside the middle of two grey levels where a
plain sum hits it. That needs sizes whose quotient is a short binary fraction, as 1200x1600 to 1024, where 35 of 3,145,728
bytes differ by one; the sizes below have no such halves.
"""

import hashlib

import numpy as np
import torch
import torch.nn.functional as F
import torchvision.transforms.functional as TF
from PIL import Image

CASES = (
    (64, 64, 3, 32), (48, 96, 3, 32), (33, 47, 3, 32), (20, 24, 3, 32), (95, 71, 3, 64), (96, 128, 1, 32),
    (767, 1022, 3, 256), (767, 1022, 1, 256), (1000, 40, 3, 32), (31, 200, 1, 32), (64, 200, 3, 64),
    (2000, 3000, 3, 256), (1100, 1500, 3, 1024),
)


def image_of(height, width, channels):
    index = np.arange(height * width * channels, dtype=np.int64)
    return ((index * index * 7 + index * 31 + 11) % 251).astype(np.uint8).reshape(height, width, channels)


def rounded(planes):
    return np.rint(planes.numpy()).astype(np.uint8).transpose(1, 2, 0)


def planes_of(image):
    return torch.tensor(image).permute(2, 0, 1).to(torch.float64)


def bilinear_antialias(image, size):
    return rounded(TF.resize(planes_of(image), [size, size], antialias=True))


def bilinear(image, size):
    planes = planes_of(image)[None]
    return rounded(F.interpolate(planes, size=[size, size], mode="bilinear", align_corners=False)[0])


def cover(pixels, size):
    """[size, pixels]: how many parts of `size` of each pixel a result covers."""
    at = np.arange(pixels)
    k = np.arange(size)[:, None]
    part = np.minimum((at + 1) * size, (k + 1) * pixels) - np.maximum(at * size, k * pixels)
    return np.maximum(part, 0).astype(np.int64)


def area(image, size):
    height, width, _ = image.shape
    # Products stay below 2**53 / 255, so 64-bit floating point sums them exactly (and fast).
    sums = np.einsum("kh,hwc->kwc", cover(height, size).astype(np.float64), image.astype(np.float64), optimize=True)
    sums = np.einsum("lw,kwc->klc", cover(width, size).astype(np.float64), sums, optimize=True)
    assert sums.max() < 2**53
    sums = sums.astype(np.int64)
    down, rest = np.divmod(sums, height * width)
    result = down + ((2 * rest > height * width) | ((2 * rest == height * width) & (down % 2 == 1)))
    result = result.astype(np.uint8)
    if height % size == 0 and width % size == 0:
        torchs = rounded(F.interpolate(planes_of(image)[None], size=[size, size], mode="area")[0])
        assert (torchs == result).all()
    return result


def pil_bilinear(image, size):
    pillow = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    columns_first = pillow.resize((size, pillow.height), Image.BILINEAR).resize((size, size), Image.BILINEAR)
    result = np.asarray(columns_first).reshape(size, size, -1)
    if pillow.width >= pillow.height:
        assert (np.asarray(pillow.resize((size, size), Image.BILINEAR)).reshape(size, size, -1) == result).all()
    return result


def main():
    print("# kernel height width channels size, sha256 of the bytes")
    kernels = (("bilinear-antialias", bilinear_antialias), ("bilinear", bilinear), ("area", area),
               ("pil-bilinear", pil_bilinear))
    for name, resize in kernels:
        for height, width, channels, size in CASES:
            result = resize(image_of(height, width, channels), size)
            assert result.shape == (size, size, channels)
            digest = hashlib.sha256(np.ascontiguousarray(result).tobytes()).hexdigest()
            print(name, height, width, channels, size, digest)


if __name__ == "__main__":
    main()
