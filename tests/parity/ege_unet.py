"""Reference numbers of EGE-UNet from the authors' own PyTorch code.

    python tests/parity/ege_unet.py PATH_OF_EGE-UNet_CHECKOUT tests/parity/ege_unet

writes `ege_unet.safetensors` (reference numbers) and `ege_unet.pth` (the weights, in a checkpoint of the form
that the authors' `train.py` saves).

Needs torch 2.9, timm, einops, torchvision, matplotlib, safetensors. Weights, images and masks follow from
formulas that `tests/it/parity.rs` repeats, so that nothing but the answers has to be stored:
every `stride`-th element of each output, the loss, and the whole gradient of the loss for one size.
"""

import math
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

SIZES = [(2, 64, 64, 7), (1, 96, 64, 5), (1, 32, 160, 7), (1, 256, 256, 61)]
GRADIENT_OF = 0


def wave(count, phase):
    """Numbers in [-1, 1] that no layer can confuse with one another."""
    index = np.arange(count, dtype=np.float64)
    return np.sin(0.7310585786 * index + 1.9318516526 * phase + 0.25 * np.sin(0.0173 * index * (phase + 1)))


def set_weights(model):
    state = model.state_dict()
    for phase, name in enumerate(sorted(state)):
        shape = tuple(state[name].shape)
        values = wave(math.prod(shape), phase).reshape(shape)
        if name.endswith("bias"):
            values = 0.1 * values
        elif len(shape) == 1 or "params_" in name:
            values = 1.0 + 0.25 * values
        else:
            fan_in = math.prod(shape[1:])
            values = values * math.sqrt(2.0 / fan_in)
        state[name] = torch.tensor(values.astype(np.float32))
    model.load_state_dict(state)


def images_and_masks(batch, height, width):
    images = 127.5 + 127.5 * wave(batch * 3 * height * width, 1000).reshape(batch, 3, height, width)
    y, x = np.mgrid[0:height, 0:width]
    masks = []
    for index in range(batch):
        radius = np.hypot((y - height / 2) / (0.3 * height), (x - width / 2) / (0.35 * width))
        masks.append(np.clip(2.0 + 0.5 * index - 2.0 * radius, 0.0, 1.0))
    masks = np.stack(masks)[:, None]
    return torch.tensor(images.astype(np.float32)), torch.tensor(masks.astype(np.float32))


def main(checkout, output):
    sys.path.insert(0, checkout)
    from models.egeunet import EGEUNet
    from utils import GT_BceDiceLoss

    torch.set_num_threads(1)
    model = EGEUNet()
    set_weights(model)
    criterion = GT_BceDiceLoss(wb=1, wd=1)
    answers = {}
    for case, (batch, height, width, stride) in enumerate(SIZES):
        images, masks = images_and_masks(batch, height, width)
        model.zero_grad()
        sides, out = model(images)
        loss = criterion(sides, out, masks)
        answers[f"{case}/loss"] = np.array([loss.item()], dtype=np.float32)
        # The original returns side outputs from the coarsest to the finest.
        for name, tensor in zip(["out", "side5", "side4", "side3", "side2", "side1"], [out, *sides]):
            answers[f"{case}/{name}"] = tensor.detach().numpy().ravel()[::stride].copy()
        if case == GRADIENT_OF:
            loss.backward()
            for name, parameter in model.named_parameters():
                answers[f"gradient/{name}"] = parameter.grad.numpy().copy()
    save_file(answers, output + ".safetensors")
    torch.save({"epoch": 1, "min_loss": 0.5, "model_state_dict": model.state_dict()}, output + ".pth")
    print({key: value.item() for key, value in answers.items() if key.endswith("loss")})


if __name__ == "__main__":
    main(*sys.argv[1:])
