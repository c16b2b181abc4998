"""Names and shapes of the tensors in the files of pretrained encoders, and a resized position embedding.

    encoders.py SANET ML_CVNETS > tests/parity/encoders.txt

SANET and ML_CVNETS are clones of github.com/weijun88/SANet and github.com/apple/ml-cvnets. The files themselves are
large and not downloaded: the classes that they were saved from tell what is in them. A line is an encoder, a name and
a shape.
"""

import contextlib
import sys

import timm
import torch
import torchvision
from networks import cvnets
from torch.nn import functional


def waves(count):
    return torch.sin(0.37 * torch.arange(count, dtype=torch.float64)).float()


def lines(encoder, state):
    for name, tensor in state.items():
        if not name.endswith("num_batches_tracked"):
            print(encoder, name, "x".join(str(length) for length in tensor.shape))


def main():
    sanet, ml_cvnets = sys.argv[1:]
    lines("mobilenet-v3", torchvision.models.mobilenet_v3_small().state_dict())
    lines("resnet", torchvision.models.resnet34().state_dict())
    lines("deit", timm.create_model("deit_small_patch16_224").state_dict())

    sys.path.insert(0, f"{sanet}/src")
    from res2net import Res2Net

    Res2Net.initialize = lambda self: None
    state = Res2Net([3, 4, 6, 3], None).state_dict()
    # What the author's class leaves out of the file's.
    state["fc.weight"], state["fc.bias"] = torch.zeros(1000, 2048), torch.zeros(1000)
    lines("res2net", state)

    with contextlib.redirect_stdout(sys.stderr):
        state = cvnets(ml_cvnets, "classification", **{"model.classification.n_classes": 1000}).state_dict()
    lines("mobilevit-v2", state)

    # As lib/DeiT.py of github.com/Rayicer/TransFuse does to the embedding that it has loaded.
    embedding = waves(197 * 384).view(1, 197, 384)
    patches = embedding[:, 1:].transpose(-1, -2).reshape(1, 384, 14, 14)
    patches = functional.interpolate(patches, size=(12, 16), mode="bilinear", align_corners=True)
    resized = patches.flatten(2).transpose(-1, -2).flatten()
    print("positions", *(f"{value:.6f}" for value in resized[::4999].tolist()))


if __name__ == "__main__":
    main()
