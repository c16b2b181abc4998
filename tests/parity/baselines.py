"""Reference numbers of the networks that the paper compares with, from their public PyTorch code.

    python tests/parity/baselines.py tests/parity/baselines NAME=PATH_OF_CHECKOUT...

writes `baselines/NAME.safetensors` for each network named. Needs torch 2.9, timm, einops, torchvision, safetensors.

Weights, images and masks follow from formulas that `tests/it/parity_baselines.rs` repeats. For each of two sizes the
outputs in evaluation mode, every `stride`-th element; for the first size, in training mode, the gradient of the mean
of the squared output: for each parameter its norm and its products with four waves, by which two gradients can be
compared without storing millions of numbers.
"""

import inspect
import math
import sys
import types

import numpy as np
import torch
from safetensors.numpy import save_file

SIZES = [(2, 64, 64, 31), (1, 96, 128, 53)]
# For a network whose coarsest pixels are of 64.
COARSE_SIZES = {"ucm-net": [(2, 128, 128, 31), (1, 64, 192, 53)]}
WAVES = 4


def wave(count, phase):
    """Numbers in [-1, 1] that no layer can confuse with one another."""
    index = np.arange(count, dtype=np.float64)
    return np.sin(0.7310585786 * index + 1.9318516526 * phase + 0.25 * np.sin(0.0173 * index * (phase + 1)))


def set_weights(model, numbers=wave, gain=1.0):
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


def unet(checkout):
    sys.path.insert(0, checkout)
    from unet.unet_parts import DoubleConv, Down, OutConv, Up

    class UNet(torch.nn.Module):
        """The parts of the checkout at base width 32."""

        def __init__(self):
            super().__init__()
            self.inc = DoubleConv(3, 32)
            self.down1, self.down2 = Down(32, 64), Down(64, 128)
            self.down3, self.down4 = Down(128, 256), Down(256, 512)
            self.up1, self.up2 = Up(512, 256, False), Up(256, 128, False)
            self.up3, self.up4 = Up(128, 64, False), Up(64, 32, False)
            self.outc = OutConv(32, 1)
            # The published count wants convolutions with bias.
            for conv in self.modules():
                if isinstance(conv, torch.nn.Conv2d) and conv.bias is None:
                    conv.bias = torch.nn.Parameter(torch.empty(conv.out_channels))
                    conv.reset_parameters()

        def forward(self, x):
            x1 = self.inc(x)
            x2 = self.down1(x1)
            x3 = self.down2(x2)
            x4 = self.down3(x3)
            x = self.up1(self.down4(x4), x4)
            return self.outc(self.up4(self.up3(self.up2(x, x3), x2), x1))

    return UNet()


def unet_plus_plus(checkout):
    sys.path.insert(0, checkout)
    from archs import NestedUNet

    return NestedUNet(1)


def att_unet(checkout):
    sys.path.insert(0, checkout)
    import network

    model = network.AttU_Net()
    # The checkout's parts at half of its widths.
    widths = [32, 64, 128, 256, 512]
    for level, (before, width) in enumerate(zip([3, *widths], widths), start=1):
        setattr(model, f"Conv{level}", network.conv_block(before, width))
    for level, (width, coarser) in enumerate(zip(widths, widths[1:]), start=2):
        setattr(model, f"Up{level}", network.up_conv(coarser, width))
        setattr(model, f"Att{level}", network.Attention_block(width, width, width // 2))
        setattr(model, f"Up_conv{level}", network.conv_block(coarser, width))
    model.Conv_1x1 = torch.nn.Conv2d(widths[0], 1, 1)
    return model


class TorchWithoutSigmoid:
    """torch, but for the sigmoid at the end of two networks; those inside are modules."""

    def __getattr__(self, name):
        return getattr(torch, name)

    @staticmethod
    def sigmoid(x):
        return x


def malunet(checkout):
    sys.path.insert(0, checkout)
    from models import malunet

    malunet.torch = TorchWithoutSigmoid()
    model = malunet.MALUNet()
    # On a GPU the two memories of an attention are apart.
    for block in model.modules():
        if isinstance(block, malunet.EAblock):
            block.linear_1.weight = torch.nn.Parameter(block.linear_1.weight.detach().clone())
    return model


def stand_in():
    """What the code of two networks imports beside their layers."""
    for name in ["mmcv", "mmcv.cnn", "matplotlib", "matplotlib.pyplot", "utils"]:
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["mmcv.cnn"].ConvModule = None


def unext_s(checkout):
    stand_in()
    sys.path.insert(0, checkout)
    from archs import UNext_S

    return UNext_S(1)


def ucm_net(checkout):
    stand_in()
    sys.path.insert(0, checkout)
    import archs_ucm

    model = archs_ucm.UCM_Net(1)
    # Its forward never reads these.
    for block in model.modules():
        if isinstance(block, archs_ucm.DWConv):
            block.weight.requires_grad_(False)
            block.bias.requires_grad_(False)
    return model


class Mamba(torch.nn.Module):
    """mamba_ssm.Mamba by its published formula, whose own scan is compiled for one kind of processor."""

    def __init__(self, d_model, d_state=16, d_conv=4, expand=2):
        super().__init__()
        inner, self.rank, self.states = expand * d_model, math.ceil(d_model / 16), d_state
        self.in_proj = torch.nn.Linear(d_model, 2 * inner, bias=False)
        self.conv1d = torch.nn.Conv1d(inner, inner, d_conv, groups=inner, padding=d_conv - 1)
        self.x_proj = torch.nn.Linear(inner, self.rank + 2 * d_state, bias=False)
        self.dt_proj = torch.nn.Linear(self.rank, inner)
        self.A_log = torch.nn.Parameter(torch.log(torch.arange(1.0, d_state + 1)).repeat(inner, 1))
        self.D = torch.nn.Parameter(torch.ones(inner))
        self.out_proj = torch.nn.Linear(inner, d_model, bias=False)

    def forward(self, u):
        functional = torch.nn.functional
        x, z = self.in_proj(u).chunk(2, dim=2)
        x = functional.silu(self.conv1d(x.transpose(1, 2))[..., : u.shape[1]].transpose(1, 2))
        dt, B, C = self.x_proj(x).split([self.rank, self.states, self.states], dim=2)
        dt = functional.softplus(self.dt_proj(dt))
        A = -self.A_log.exp()
        h, y = x.new_zeros(x.shape[0], x.shape[2], self.states), []
        for t in range(u.shape[1]):
            h = torch.exp(dt[:, t, :, None] * A) * h + (dt[:, t] * x[:, t])[..., None] * B[:, t, None, :]
            y.append((h * C[:, t, None, :]).sum(2) + self.D * x[:, t])
        return self.out_proj(torch.stack(y, dim=1) * functional.silu(z))


def ultralight_vm_unet(checkout):
    sys.modules["mamba_ssm"] = types.ModuleType("mamba_ssm")
    sys.modules["mamba_ssm"].Mamba = Mamba
    sys.path.insert(0, checkout)
    from models import UltraLight_VM_UNet

    UltraLight_VM_UNet.torch = TorchWithoutSigmoid()
    return UltraLight_VM_UNet.UltraLight_VM_UNet()


NETWORKS = {
    "unet": unet,
    "unet-plus-plus": unet_plus_plus,
    "att-unet": att_unet,
    "malunet": malunet,
    "unext-s": unext_s,
    "ucm-net": ucm_net,
    "ultralight-vm-unet": ultralight_vm_unet,
}


def images(batch, height, width, numbers=wave):
    values = 127.5 + 127.5 * numbers(batch * 3 * height * width, 1000).reshape(batch, 3, height, width)
    return torch.tensor(values.astype(np.float32))


def parts(prediction):
    """Side outputs from the finest, and the output."""
    return (prediction[0][::-1], prediction[1]) if isinstance(prediction, tuple) else ((), prediction)


def changed(module, name, *changes):
    """Defines a class of the module anew, with changes in its source."""
    source = inspect.getsource(getattr(module, name))
    for before, after in changes:
        assert before in source
        source = source.replace(before, after)
    exec(source, vars(module))


def forget(checkout):
    """The modules of a checkout, whose names another one may have as well."""
    sys.path[:] = [path for path in sys.path if not path.startswith(checkout)]
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(checkout):
            del sys.modules[name]


def main(folder, *networks):
    torch.set_num_threads(2)
    for argument in networks:
        name, checkout = argument.split("=", 1)
        model = NETWORKS[name](checkout)
        set_weights(model)
        answers = {}
        sizes = COARSE_SIZES.get(name, SIZES)
        for case, (batch, height, width, stride) in enumerate(sizes):
            with torch.no_grad():
                sides, output = parts(model.eval()(images(batch, height, width)))
            answers[f"{case}/output"] = output.numpy().ravel()[::stride].copy()
            for number, side in enumerate(sides):
                answers[f"{case}/side{number}"] = side.numpy().ravel()[::stride].copy()
        _, output = parts(model.train()(images(*sizes[0][:3])))
        output.square().mean().backward()
        for key, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            gradient = parameter.grad
            gradient = np.zeros(parameter.numel()) if gradient is None else gradient.numpy().ravel().astype(float)
            products = [gradient @ wave(gradient.size, 2000 + k) for k in range(WAVES)]
            answers[f"gradient/{key}"] = np.array([np.linalg.norm(gradient), *products], dtype=np.float32)
        save_file(answers, f"{folder}/{name}.safetensors")
        total = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        forget(checkout)
        print(f"{name}: {total} parameters, output {float(output.detach().abs().mean()):.4g}")


if __name__ == "__main__":
    main(*sys.argv[1:])
