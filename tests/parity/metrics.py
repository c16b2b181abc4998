"""Prints reference values of the metrics for tests/it/metric.rs, computed by scikit-learn.

Usage: python tests/parity/metrics.py

Three images of 12 pixels, written out so that the Rust test makes the same ones. The constants in the
test were printed by scikit-learn 1.9.1 and numpy.
"""

import numpy as np
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
