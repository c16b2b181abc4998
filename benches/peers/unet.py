"""U-Net with batch normalisation, 32 to 512 channels, as `src/model/unet` has it, in PyTorch."""

import torch
from torch import nn

WIDTHS = [32, 64, 128, 256, 512]


def double(channels_in, channels):
    layers = []
    for before in [channels_in, channels]:
        layers += [nn.Conv2d(before, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoders = nn.ModuleList(double(before, own) for before, own in zip([3] + WIDTHS, WIDTHS))
        self.ups = nn.ModuleList(nn.ConvTranspose2d(2 * own, own, 2, stride=2) for own in WIDTHS[-2::-1])
        self.decoders = nn.ModuleList(double(2 * own, own) for own in WIDTHS[-2::-1])
        self.head = nn.Conv2d(WIDTHS[0], 1, 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        features = [self.encoders[0](x)]
        for encoder in self.encoders[1:]:
            features.append(encoder(self.pool(features[-1])))
        x = features.pop()
        for up, decoder in zip(self.ups, self.decoders):
            x = decoder(torch.cat([features.pop(), up(x)], 1))
        return self.head(x)
