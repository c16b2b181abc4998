"""Reference values of the metrics for tests/it/metric.rs.

Usage: python tests/parity/metrics.py

Prints the metrics of counts by scikit-learn 1.9.1, of three images of 12 pixels that are written out so that the Rust
test makes the same ones. Writes masks with their HD95 and ASSD, by scipy 1.17.1 and MedPy 0.5.2, to
tests/parity/boundary.json.
"""

import json
from pathlib import Path

import numpy as np
from medpy.metric import binary
from scipy import ndimage
from sklearn.metrics import accuracy_score, f1_score, jaccard_score, recall_score

TRUTH = ["000111000011", "111111110000", "000000000001"]
PREDICTION = ["001110000001", "011111111000", "000000000011"]


def bits(text):
    return np.array([int(pixel) for pixel in text])


truth = [bits(text) for text in TRUTH]
prediction = [bits(text) for text in PREDICTION]
all_truth, all_prediction = np.concatenate(truth), np.concatenate(prediction)
pairs = list(zip(truth, prediction))

print("pooled-iou         ", repr(float(jaccard_score(all_truth, all_prediction))))
print("pooled-dice        ", repr(float(f1_score(all_truth, all_prediction))))
print("pooled-accuracy    ", repr(float(accuracy_score(all_truth, all_prediction))))
print("pooled-sensitivity ", repr(float(recall_score(all_truth, all_prediction))))
print("pooled-specificity ", repr(float(recall_score(all_truth, all_prediction, pos_label=0))))
print("image-iou          ", repr(float(np.mean([jaccard_score(t, p) for t, p in pairs]))))
print("image-dice         ", repr(float(np.mean([f1_score(t, p) for t, p in pairs]))))
print("two-class-iou      ", repr(float(jaccard_score(all_truth, all_prediction, average="macro"))))


RNG = np.random.default_rng(20240301)


def border(mask):
    return mask & ~ndimage.binary_erosion(mask)


def directed(a, b):
    """Distances of the border of a to that of b."""
    return ndimage.distance_transform_edt(~border(b))[border(a)]


def hd95(a, b):
    return max(np.percentile(directed(a, b), 95), np.percentile(directed(b, a), 95))


def assd(a, b):
    return np.concatenate([directed(a, b), directed(b, a)]).mean()


def blob(height, width, share=0.3, smooth=3):
    """Smoothed noise above its quantile: blobs of any shape, some at the image's edge."""
    field = ndimage.gaussian_filter(RNG.normal(size=(height, width)), smooth)
    return field > np.quantile(field, 1 - share)


def disc(height, width, y, x, radius):
    rows, columns = np.ogrid[:height, :width]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def single(height, width, *pixels):
    mask = np.zeros((height, width), bool)
    mask[tuple(zip(*pixels))] = True
    return mask


CASES = {
    "blobs": (blob(24, 32), blob(24, 32)),
    "blobs, many small": (blob(30, 20, 0.2, 1), blob(30, 20, 0.2, 1)),
    "blobs, large": (blob(64, 64, 0.4, 6), blob(64, 64, 0.3, 6)),
    "noise": (blob(16, 16, 0.5, 0.01), blob(16, 16, 0.5, 0.01)),
    "discs": (disc(40, 40, 20, 18, 11), disc(40, 40, 21, 22, 12)),
    "disc with a hole": (disc(32, 32, 16, 16, 12) & ~disc(32, 32, 15, 17, 4), disc(32, 32, 16, 16, 12)),
    "at the edge": (disc(24, 24, 0, 5, 9), disc(24, 24, 2, 3, 9)),
    "whole image": (np.ones((12, 18), bool), disc(12, 18, 6, 9, 4)),
    "single pixels": (single(9, 15, (0, 0)), single(9, 15, (8, 14))),
    "single pixel and blob": (single(24, 32, (3, 30)), blob(24, 32)),
    "far speck": (disc(48, 48, 12, 12, 8) | single(48, 48, (47, 47)), disc(48, 48, 12, 12, 8)),
    "thin line": (single(20, 20, *[(10, x) for x in range(20)]), disc(20, 20, 10, 10, 7)),
    "one row": (single(1, 30, (0, 3), (0, 4), (0, 20)), single(1, 30, (0, 6))),
    "equal": (disc(20, 20, 10, 10, 6), disc(20, 20, 10, 10, 6)),
    "both empty": (single(6, 8), single(6, 8)),
    "prediction empty": (single(6, 8), single(6, 8, (2, 2))),
    "truth empty": (disc(30, 40, 15, 20, 9), single(30, 40)),
}


def boundaries():
    for name, (prediction, truth) in CASES.items():
        if prediction.any() and truth.any():
            values = hd95(prediction, truth), assd(prediction, truth)
            # MedPy takes one percentile of both directions together, so only its mean is the same.
            assert np.isclose(values[1], binary.assd(prediction, truth), rtol=1e-13, atol=0)
        else:
            # Defined by nobody: our rule.
            values = (0.0 if prediction.any() == truth.any() else np.hypot(*truth.shape),) * 2
        rows = lambda mask: ["".join(".#"[pixel] for pixel in row) for row in mask.astype(int)]
        yield {
            "name": name,
            "prediction": rows(prediction),
            "truth": rows(truth),
            "hd95": float(values[0]),
            "assd": float(values[1]),
        }


path = Path(__file__).with_name("boundary.json")
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in boundaries()) + "\n]\n")
