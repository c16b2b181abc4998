"""Reference numbers of networks whose normalisations find waves too much alike, from their public PyTorch code.

    python tests/parity/drawn.py tests/parity/baselines NAME=PATH_OF_CHECKOUT...

writes `baselines/NAME.safetensors` for each network named. Needs torch 2.9, timm, einops, torchvision, safetensors;
ml-cvnets also wants requests, pyyaml and tqdm.

Weights and images follow from formulas that `tests/it/parity_baselines.rs` repeats. For each of two sizes the
outputs in evaluation mode, every `stride`-th element; for the first size, in training mode, the gradient of the mean
of the squared output: for each parameter its norm and its products with four waves, by which two gradients can be
compared without storing millions of numbers. All is computed in double precision; how far the original is from that
in single precision is printed: where rounding decides which side of a rectifier a value is on, no other can be nearer.
"""

import argparse
import inspect
import sys
import types

import numpy as np
import torch
from baselines import SIZES, WAVES, changed, images, parts, set_weights, wave
from safetensors.numpy import save_file

# Smaller weights where, without a batch's moments to hold them, likenesses grow until rounding decides which token is
# looked at: with weights as large as the others', UTNetV2's outputs in single precision are 5e-2 off.
GAINS = {"utnet-v2": 0.5}
# TransFuse at the one size that its code takes.
OWN_SIZES = {"transfuse-s": [(2, 192, 256, 331), (1, 96, 128, 53)]}


def noise(count, phase):
    """Numbers in [-1, 1) as if drawn (splitmix64), for networks whose normalisations find waves too much alike."""
    bits = (np.arange(count, dtype=np.uint64) + np.uint64((phase << 32) + 1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


def mobilenet_v3(_):
    # torchvision itself is the original; the path is not looked at.
    from torchvision.models import mobilenet_v3_small
    from torchvision.models.segmentation.lraspp import _lraspp_mobilenetv3

    # What torchvision builds on the large backbone, on the small one.
    model = _lraspp_mobilenetv3(mobilenet_v3_small(weights=None, dilated=True), 1)
    forward = model.forward
    model.forward = lambda x: forward(x)["out"]
    return model


def utnet_v2(checkout):
    # The package's own start imports every network, with what each of them needs.
    package = types.ModuleType("dim2")
    package.__path__ = [f"{checkout}/model/dim2"]
    sys.modules["dim2"] = package
    from dim2.utnetv2 import UTNetV2

    return UTNetV2(3, 1, map_size=3, expansion=1)


def sanet(checkout):
    sys.path.insert(0, f"{checkout}/src")
    import res2net
    from model import Model

    # It would read weights trained on ImageNet.
    res2net.Res2Net.initialize = lambda _: None

    class SANet(Model):
        """The checkout's network with the interpolation that its training and its test put behind it."""

        def forward(self, x):
            size = x.shape[2:]
            return torch.nn.functional.interpolate(super().forward(x), size, mode="bilinear", align_corners=True)

    return SANet(types.SimpleNamespace(snapshot=None))


def mobilevit_v2(checkout):
    sys.path.insert(0, checkout)
    from cvnets import get_model, modeling_arguments

    settings = modeling_arguments(argparse.ArgumentParser(allow_abbrev=False)).parse_args([])
    # As in the checkout's configurations for segmentation, but for width, classes, a head of the code's own default
    # width, and dropout.
    changes = {
        "dataset.category": "segmentation",
        "model.activation.name": "swish",
        "model.classification.mitv2.width_multiplier": 0.75,
        "model.classification.name": "mobilevit_v2",
        "model.normalization.name": "batch_norm",
        "model.segmentation.activation.name": "relu",
        "model.segmentation.deeplabv3.aspp_dropout": 0.0,
        "model.segmentation.n_classes": 1,
        "model.segmentation.name": "encoder_decoder",
        "model.segmentation.output_stride": 16,
        "model.segmentation.seg_head": "deeplabv3",
    }
    for name, value in changes.items():
        setattr(settings, name, value)
    return get_model(settings, category="segmentation")


def transfuse_s(checkout):
    sys.path.insert(0, checkout)
    from lib import DeiT, TransFuse

    def placed(positions, size):
        grid = positions.transpose(1, 2).unflatten(2, (12, 16))
        return torch.nn.functional.interpolate(grid, size, mode="bilinear", align_corners=True).flatten(2).transpose(1, 2)

    # Sizes other than 192x256, at which these changes change nothing.
    DeiT.placed = placed
    size = "{0}.shape[2] // 16, {0}.shape[3] // 16"
    changed(
        DeiT,
        "DeiT",
        ("B = x.shape[0]", f"size = ({size.format('x')})"),
        ("pe = self.pos_embed", "pe = placed(self.pos_embed, size)"),
    )
    changed(TransFuse, "TransFuse_S", ("-1, 12, 16", f"-1, {size.format('imgs')}"))
    model = TransFuse.TransFuse_S(drop_rate=0.0)
    forward = model.forward
    model.forward = lambda x: forward(x)[2]
    return model


def lb_unet(checkout):
    sys.path.insert(0, checkout)
    import lbunet

    # The outputs without the sigmoid at the end of the network; those inside are of its blocks.
    changed(lbunet, "LBUNet", ("torch.sigmoid(", "("))

    class LBUNet(lbunet.LBUNet):
        def forward(self, x):
            masks, _, output = super().forward(x)
            return masks, output

    return LBUNet()


NETWORKS = {
    "mobilenet-v3": mobilenet_v3,
    "utnet-v2": utnet_v2,
    "mobilevit-v2": mobilevit_v2,
    "sanet": sanet,
    "transfuse-s": transfuse_s,
    "lb-unet": lb_unet,
}


def gradients(model, x):
    model.train().zero_grad()
    parts(model(x))[1].square().mean().backward()
    zero = torch.zeros(())
    pairs = ((key, zero.expand(p.shape) if p.grad is None else p.grad) for key, p in model.named_parameters())
    return {key: gradient.double().numpy().ravel().copy() for key, gradient in pairs}


def main(folder, *networks):
    torch.set_num_threads(2)
    for argument in networks:
        name, checkout = argument.split("=", 1)
        model = NETWORKS[name](checkout)
        sizes = OWN_SIZES.get(name, SIZES)
        gain = GAINS.get(name, 1.0)
        set_weights(model, noise, gain)
        x = images(*sizes[0][:3], noise)
        single = gradients(model, x)
        model.double()
        set_weights(model, noise, gain)
        answers = {}
        for case, (batch, height, width, stride) in enumerate(sizes):
            with torch.no_grad():
                sides, output = parts(model.eval()(images(batch, height, width, noise).double()))
            answers[f"{case}/output"] = output.float().numpy().ravel()[::stride].copy()
            for number, side in enumerate(sides):
                answers[f"{case}/side{number}"] = side.float().numpy().ravel()[::stride].copy()
        own = 0.0
        for key, gradient in gradients(model, x.double()).items():
            norm = np.linalg.norm(gradient)
            own = max(own, np.linalg.norm(gradient - single[key]) / max(norm, 1e-4))
            products = [gradient @ wave(gradient.size, 2000 + k) for k in range(WAVES)]
            answers[f"gradient/{key}"] = np.array([norm, *products], dtype=np.float32)
        save_file(answers, f"{folder}/{name}.safetensors")
        total = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        size = float(output.abs().mean())
        print(f"{name}: {total} parameters, output {size:.4g}, gradients in single precision {own:.1e} off")


if __name__ == "__main__":
    main(*sys.argv[1:])
