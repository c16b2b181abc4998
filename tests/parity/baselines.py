"""Reference numbers of the networks that the paper compares with, from their public PyTorch code.

    python tests/parity/baselines.py tests/parity/baselines NAME=PATH_OF_CHECKOUT...

writes `baselines/NAME.safetensors` for each network named. Needs torch 2.9, timm, einops, torchvision, safetensors;
ml-cvnets also wants requests, pyyaml and tqdm.

Weights and images follow from formulas that `tests/it/parity_baselines.rs` repeats. For each of two sizes the outputs
in evaluation mode, every `stride`-th element, and in training mode the gradient of the mean of the squared output and of each side output's: for each parameter its norm and its products with four sets of numbers as if
drawn, by which two gradients can be compared without storing millions of numbers; and the same of the running moments
that this pass leaves. All is computed in double precision: in single precision, rounding decides on
which side of a rectifier a value is, and no two implementations agree. How far the original's gradients in single
precision are from these, by relative norm, is stored and printed.
"""

import math
import sys

import numpy as np
import torch
from networks import NETWORKS, forget
from safetensors.numpy import save_file

PRODUCTS = 4


SIZES = [(2, 64, 64, 31), (2, 96, 128, 53)]
# For a network whose coarsest pixels are of 64, and one whose code takes one size only.
OWN_SIZES = {
    "ucm-net": [(2, 128, 128, 31), (2, 64, 192, 53)],
    "transfuse-s": [(2, 192, 256, 331), (2, 96, 128, 53)],
}
# Networks whose normalisations find waves too much alike.
DRAWN = ["mobilenet-v3", "utnet-v2", "mobilevit-v2", "sanet", "transfuse-s", "lb-unet"]
# Smaller weights where, without a batch's moments to hold them, likenesses grow until rounding decides which token is
# looked at: with weights as large as the others', UTNetV2's outputs in single precision are 5e-2 off.
GAINS = {"utnet-v2": 0.5}


def wave(count, phase):
    """Numbers in [-1, 1] that no layer can confuse with one another."""
    index = np.arange(count, dtype=np.float64)
    return np.sin(0.7310585786 * index + 1.9318516526 * phase + 0.25 * np.sin(0.0173 * index * (phase + 1)))


def noise(count, phase):
    """Numbers in [-1, 1) as if drawn (splitmix64), for networks whose normalisations find waves too much alike."""
    bits = (np.arange(count, dtype=np.uint64) + np.uint64((phase << 32) + 1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


def set_weights(model, numbers, gain):
    state = {name: tensor for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    for phase, name in enumerate(sorted(state)):
        shape = tuple(state[name].shape)
        values = numbers(math.prod(shape), phase).reshape(shape)
        if name.endswith(("bias", "running_mean")):
            values = 0.1 * values
        elif len(shape) <= 1:
            values = 1.0 + 0.25 * values
        else:
            values = values * (gain * math.sqrt(2.0 / math.prod(shape[1:])))
        state[name] = torch.tensor(values.astype(np.float32)).to(state[name].dtype)
    model.load_state_dict(state, strict=False)


def images(batch, height, width, numbers):
    values = 127.5 + 127.5 * numbers(batch * 3 * height * width, 1000).reshape(batch, 3, height, width)
    return torch.tensor(values.astype(np.float32))


def parts(prediction):
    """Side outputs from the finest, and the output."""
    return (prediction[0][::-1], prediction[1]) if isinstance(prediction, tuple) else ((), prediction)


def summary(values):
    """The norm, and products by which two arrays can be compared."""
    products = [values @ noise(values.size, 2000 + k) for k in range(PRODUCTS)]
    return np.array([np.linalg.norm(values), *products], dtype=np.float32)


def gradients(model, x):
    model.train().zero_grad()
    sides, output = parts(model(x))
    sum(part.square().mean() for part in (output, *sides)).backward()
    zero = torch.zeros(())
    trained = ((key, p) for key, p in model.named_parameters() if p.requires_grad)
    pairs = ((key, zero.expand(p.shape) if p.grad is None else p.grad) for key, p in trained)
    return {key: gradient.double().numpy().ravel().copy() for key, gradient in pairs}


def main(folder, *networks):
    torch.set_num_threads(2)
    for argument in networks:
        name, checkout = argument.split("=", 1)
        model = NETWORKS[name](checkout)
        sizes = OWN_SIZES.get(name, SIZES)
        numbers = noise if name in DRAWN else wave
        gain = GAINS.get(name, 1.0)
        inputs = [images(*size[:3], numbers) for size in sizes]

        def started():
            """The model with the weights and running moments that every case starts from."""
            set_weights(model, numbers, gain)
            return model

        single = [gradients(started(), x) for x in inputs]
        model.double()
        answers, own = {}, 0.0
        for case, (x, size) in enumerate(zip(inputs, sizes)):
            with torch.no_grad():
                sides, output = parts(started().eval()(x.double()))
            answers[f"{case}/output"] = output.float().numpy().ravel()[:: size[3]].copy()
            for number, side in enumerate(sides):
                answers[f"{case}/side{number}"] = side.float().numpy().ravel()[:: size[3]].copy()
            for key, gradient in gradients(started(), x.double()).items():
                norm = np.linalg.norm(gradient)
                own = max(own, np.linalg.norm(gradient - single[case][key]) / max(norm, 1e-4))
                answers[f"{case}/gradient/{key}"] = summary(gradient)
            for key, tensor in model.state_dict().items():
                if key.endswith(("running_mean", "running_var")):
                    answers[f"{case}/running/{key}"] = summary(tensor.numpy())
        answers["single"] = np.array([own], dtype=np.float32)
        save_file(answers, f"{folder}/{name}.safetensors")
        total = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        size = float(output.abs().mean())
        forget(checkout)
        print(f"{name}: {total} parameters, output {size:.4g}, gradients in single precision {own:.1e} off")


if __name__ == "__main__":
    main(*sys.argv[1:])
