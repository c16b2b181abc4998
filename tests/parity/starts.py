"""How the parameters of the public PyTorch networks start: moments of each over several seeds.

    python tests/parity/starts.py tests/parity/starts NAME=PATH_OF_CHECKOUT...

writes `starts/NAME.txt` for each network named: a line holds a parameter's name, its number of values in all seeds,
their mean, standard deviation and kurtosis (3 for a normal distribution, 1.8 for a uniform one). What lies at 2 or -2
in `trunc_normal_` with a deviation of 0.02 is left out: PyTorch cuts there what its uniform numbers, rounded to 1, give
an infinite value.
"""

import os
import sys

import torch
from networks import NETWORKS, forget

# Values of a network, over all seeds, that are enough to tell distributions apart.
ENOUGH = 2_000_000


def ege_unet(checkout):
    sys.path.insert(0, checkout)
    from models.egeunet import EGEUNet

    return EGEUNet()


def moments(values):
    values = values.double()
    mean = values.mean()
    deviation = values.std(correction=0)
    # A constant has no kurtosis; its own rounding is no deviation.
    if deviation <= 1e-6 * mean.abs():
        return mean, 0.0, 0.0
    return mean, deviation, ((values - mean) / deviation).pow(4).mean()


def main(folder, *networks):
    builders = {"ege-unet": ege_unet, **NETWORKS}
    for argument in networks:
        name, checkout = argument.split("=", 1)
        drawn, values, seed = {}, 0, 0
        while seed < 4 or values < ENOUGH:
            torch.manual_seed(seed)
            seed += 1
            for key, parameter in builders[name](checkout).named_parameters():
                drawn.setdefault(key, []).append(parameter.detach().flatten())
                values += parameter.numel()
            if os.path.isdir(checkout):
                forget(checkout)
        with open(f"{folder}/{name}.txt", "w") as file:
            for key in sorted(drawn):
                pooled = torch.cat(drawn[key])
                cut = pooled.abs() == 2.0
                if cut.any() and not cut.all():
                    print(f"{name}: {key}: {int(cut.sum())} of {pooled.numel()} values cut at 2")
                    pooled = pooled[~cut]
                mean, deviation, kurtosis = moments(pooled)
                print(key, pooled.numel(), f"{mean:.4g} {deviation:.4g} {kurtosis:.3f}", file=file)
        print(f"{name}: {len(drawn)} parameters, {seed} seeds")


if __name__ == "__main__":
    main(*sys.argv[1:])
