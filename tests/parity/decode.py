#!/usr/bin/env python3
"""Prints tests/parity/decode.txt: small files of every kind, and what Pillow's convert("RGB") makes of them.

    python tests/parity/decode.py > tests/parity/decode.txt

The tests of src/dataset/decode/ read that file: a name, the file and the RGB bytes, both in base 64. Needs numpy and
Pillow (made with 2.4.6 and 13.0.0). Pillow drops alpha, so files with alpha are opaque here; it takes the upper byte of
16 bits, so those have values that are the same by rounding.
"""

import base64
import io

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 24, 40


def gradient():
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([rows * 10, columns * 6, 255 - rows * 4 - columns * 2], axis=2).astype(np.uint8)


def saved(image, form, **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def oriented(tag):
    exif = Image.Exif()
    exif[0x0112] = tag
    return exif


def files():
    rgb = Image.fromarray(gradient())
    grey = rgb.convert("L")
    yield "jpeg-baseline", saved(rgb, "JPEG", quality=90)
    yield "jpeg-444", saved(rgb, "JPEG", quality=90, subsampling=0)
    yield "jpeg-progressive", saved(rgb, "JPEG", quality=90, progressive=True)
    yield "jpeg-restart", saved(rgb, "JPEG", quality=90, restart_marker_blocks=2)
    yield "jpeg-grey", saved(grey, "JPEG", quality=90)
    yield "jpeg-cmyk", saved(rgb.convert("CMYK"), "JPEG", quality=95)
    yield "jpeg-rgb-stored", saved(rgb, "JPEG", quality=95, keep_rgb=True)
    yield "jpeg-orientation-6", saved(rgb, "JPEG", quality=90, exif=oriented(6))
    yield "png-rgb", saved(rgb, "PNG")
    yield "png-grey", saved(grey, "PNG")
    yield "png-one-bit", saved(grey.convert("1"), "PNG")
    yield "png-palette", saved(rgb.quantize(16), "PNG")
    yield "png-rgba-opaque", saved(rgb.convert("RGBA"), "PNG")
    yield "png-grey-alpha-opaque", saved(grey.convert("LA"), "PNG")
    yield "png-orientation-3", saved(rgb, "PNG", exif=oriented(3))


def main():
    print("# name, file, RGB bytes of 24 rows of 40 pixels; base 64")
    for name, file in files():
        pixels = np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
        assert pixels.shape == (HEIGHT, WIDTH, 3)
        coded = [base64.b64encode(data).decode() for data in (file, pixels.tobytes())]
        print(name, *coded)


if __name__ == "__main__":
    main()
