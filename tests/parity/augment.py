#!/usr/bin/env python3
"""Prints tests/parity/augment.txt: what the authors' own transforms make of small images.

    python tests/parity/augment.py PATH_OF_EGE_UNET > tests/parity/augment.txt

The tests of src/dataset/batch.rs, rotate.rs and resize.rs read that file.

PATH_OF_EGE_UNET is a checkout of JCruan519/EGE-UNet at f52ba30; its `utils.py` is imported, with empty stand-ins
for what that file imports but these transforms don't use. Needs numpy, torch and torchvision (made with 2.9.0 and
0.24.0 on x86-64).

The images are procedural, so that the Rust side can make them again: byte i of an image of n bytes is
(i * i * 7 + i * 31 + 11) mod 251, a mask pixel (row, column) is lesion where (row * 3 + column * 5) mod 17 < 8.
"""

import hashlib
import random
import sys
import types

import numpy as np
import torch


def stand_in(name):
    """A module from which anything can be imported."""
    module = types.ModuleType(name)
    module.__getattr__ = lambda attribute: None
    module.__path__ = []
    return module


def authors_transforms(path):
    for name in ("SimpleITK", "thop", "medpy", "medpy.metric", "medpy.metric.binary", "cv2", "scipy",
                 "scipy.ndimage", "matplotlib", "matplotlib.pyplot", "tensorboardX"):
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = stand_in(name)
    sys.path.insert(0, path)
    import utils
    return utils


def image_of(height, width):
    index = np.arange(height * width * 3, dtype=np.int64)
    return ((index * index * 7 + index * 31 + 11) % 251).astype(np.uint8).reshape(height, width, 3)


def mask_of(height, width):
    rows, columns = np.mgrid[0:height, 0:width]
    return ((rows * 3 + columns * 5) % 17 < 8).astype(np.uint8) * 255


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def augmented(utils, height, width, horizontal, vertical, angle):
    """Image [3, h, w] and mask [h, w] by the authors' classes in the order of their configuration."""
    data = (image_of(height, width), np.expand_dims(mask_of(height, width), axis=2) / 255)
    rotation = utils.myRandomRotation(p=1.0 if angle is not None else 0.0, degree=[0, 360])
    rotation.angle = angle
    steps = [
        utils.myNormalize("isic17", train=True),
        utils.myToTensor(),
        utils.myRandomHorizontalFlip(p=1.0 if horizontal else 0.0),
        utils.myRandomVerticalFlip(p=1.0 if vertical else 0.0),
        rotation,
        utils.myResize(height, width),
    ]
    for step in steps:
        data = step(data)
    return data[0].numpy(), data[1].numpy()[0]


def main():
    utils = authors_transforms(sys.argv[1])
    random.seed(0)
    print("# augment size horizontal vertical angle, sha256 of the mask's bytes, sum of the image, its values at "
          "(0, 3, 5), (1, h/2, w/3), (2, h-4, w-2)")
    for size in (16, 64):
        for horizontal, vertical, angle in (
            (False, False, None), (True, False, None), (False, True, None),
            (False, False, 0.0), (False, False, 30.5), (True, False, 45.0), (False, True, 90.0),
            (True, True, 137.25), (False, False, 180.0), (True, False, 271.3), (False, False, 359.9),
        ):
            image, mask = augmented(utils, size, size, horizontal, vertical, angle)
            assert image.dtype == np.float64 and image.shape == (3, size, size)
            bytes_of_mask = np.rint(mask * 255).astype(np.uint8)
            picks = [image[0, 3, 5], image[1, size // 2, size // 3], image[2, size - 4, size - 2]]
            numbers = " ".join(f"{float(value):.6f}" for value in (image.sum(), *picks))
            print(f"augment {size} {str(horizontal).lower()} {str(vertical).lower()} "
                  f"{str(angle).lower()} {sha256(bytes_of_mask)} {numbers}")
    import torchvision.transforms.functional as TF
    print("# rotate height width angle, sha256 of the source indices as little-endian u32")
    for height, width in ((16, 16), (33, 47), (33, 46), (64, 64), (256, 256)):
        for angle in (0.0, 30.5, 45.0, 90.0, 135.0, 137.25, 180.0, 225.0, 270.0, 271.3, 315.0):
            index = torch.arange(1, height * width + 1, dtype=torch.float64).reshape(1, height, width)
            source = TF.rotate(index, angle).numpy().astype(np.int64) - 1
            source[source < 0] = 2**32 - 1
            print(f"rotate {height} {width} {angle} {sha256(source.astype('<u4'))}")
    print("# resize height width size, sha256 of the rounded bytes")
    for height, width, size in ((64, 64, 32), (48, 96, 32), (33, 47, 32), (20, 24, 32), (95, 71, 64)):
        planes = torch.tensor(image_of(height, width)).permute(2, 0, 1).to(torch.float64)
        resized = TF.resize(planes, [size, size], antialias=True).permute(1, 2, 0).numpy()
        print(f"resize {height} {width} {size} {sha256(np.rint(resized).astype(np.uint8))}")


if __name__ == "__main__":
    main()
