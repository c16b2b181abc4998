"""The public PyTorch networks that the paper compares with, each as its own code makes it.

Builders take the path of a checkout; what they change in its code, so that it runs here and gives logits, they say.
"""

import argparse
import inspect
import math
import sys
import types

import torch


# What the code of some networks imports beside their layers.
STAND_INS = ["mmcv", "mmcv.cnn", "matplotlib", "matplotlib.pyplot", "utils", "mamba_ssm", "dim2"]


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
        places = [vars(module).get("__file__"), *vars(module).get("__path__", [])]
        if name in STAND_INS or any(place and place.startswith(checkout) for place in places):
            del sys.modules[name]


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
    """Modules of which nothing is used."""
    for name in STAND_INS:
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


def cvnets(checkout, category, **changes):
    """A network of ml-cvnets around MobileViTv2 at width 0.75."""
    sys.path.insert(0, checkout)
    from cvnets import get_model, modeling_arguments

    settings = modeling_arguments(argparse.ArgumentParser(allow_abbrev=False)).parse_args([])
    common = {
        "dataset.category": category,
        "model.activation.name": "swish",
        "model.classification.mitv2.width_multiplier": 0.75,
        "model.classification.name": "mobilevit_v2",
        "model.normalization.name": "batch_norm",
    }
    for name, value in {**common, **changes}.items():
        setattr(settings, name, value)
    return get_model(settings, category=category)


def mobilevit_v2(checkout):
    # As in the checkout's configurations for segmentation, but for width, classes, a head of the code's own default
    # width, and dropout.
    changes = {
        "model.segmentation.activation.name": "relu",
        "model.segmentation.deeplabv3.aspp_dropout": 0.0,
        "model.segmentation.n_classes": 1,
        "model.segmentation.name": "encoder_decoder",
        "model.segmentation.output_stride": 16,
        "model.segmentation.seg_head": "deeplabv3",
    }
    return cvnets(checkout, "segmentation", **changes)


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

    def parts(x):
        coarse, fine, output = forward(x)
        return (coarse, fine), output

    model.forward = parts
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
    "unet": unet,
    "unet-plus-plus": unet_plus_plus,
    "att-unet": att_unet,
    "malunet": malunet,
    "unext-s": unext_s,
    "ucm-net": ucm_net,
    "ultralight-vm-unet": ultralight_vm_unet,
    "mobilenet-v3": mobilenet_v3,
    "utnet-v2": utnet_v2,
    "mobilevit-v2": mobilevit_v2,
    "sanet": sanet,
    "transfuse-s": transfuse_s,
    "lb-unet": lb_unet,
}
