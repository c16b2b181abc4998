"""Reference numbers of the training protocol: AdamW, the schedule and the loss, from PyTorch and the
authors' code.

    python tests/parity/training.py PATH_OF_EGE-UNet_CHECKOUT

Prints the constants that the tests in `src/train/` hold.
"""

import sys

import torch


def adamw():
    weights = torch.nn.Parameter(torch.tensor([0.5, -1.25, 3.0, 1e-3, 0.0, -0.07, 12.0, -4.0]))
    optimizer = torch.optim.AdamW([weights], lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, foreach=False)
    for step in range(3):
        index = torch.arange(8, dtype=torch.float64)
        weights.grad = (torch.sin(1.3 * index + step) * 10.0 ** (index - 5)).float()
        optimizer.step()
        print("adamw after step", step + 1, [f"{x:.9e}" for x in weights.tolist()])


def schedule():
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50, eta_min=1e-5)
    rates = []
    for _ in range(300):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    print("epochs 1 to 10", rates[:10])
    print("epochs 51, 101, 151, 201, 300", [rates[epoch - 1] for epoch in (51, 101, 151, 201, 300)])


def loss(checkout):
    sys.path.insert(0, checkout)
    from utils import BceDiceLoss, GT_BceDiceLoss

    logits = torch.tensor(
        [[[[0.3, -2.0], [4.5, -0.1]]], [[[30.0, -40.0], [-150.0, 120.0]]]], requires_grad=True
    )
    masks = torch.tensor([[[[1.0, 0.0], [0.6, 0.25]]], [[[0.0, 1.0], [1.0, 0.5]]]])
    value = BceDiceLoss(1, 1)(torch.sigmoid(logits), masks)
    value.backward()
    print("bce+dice", f"{value.item():.9e}", [f"{x:.9e}" for x in logits.grad.flatten().tolist()])

    index = torch.arange(2 * 4 * 4, dtype=torch.float64)
    out = torch.sin(0.9 * index).mul(3).float().reshape(2, 1, 4, 4).requires_grad_()
    sides = [
        torch.cos(0.7 * index + level).mul(2).float().reshape(2, 1, 4, 4).requires_grad_() for level in range(5)
    ]
    masks = (0.5 + 0.5 * torch.sin(0.4 * index)).float().reshape(2, 1, 4, 4)
    # The authors' order is from the coarsest (weight 0.1) to the finest (0.5); sides[0] is the finest.
    value = GT_BceDiceLoss(1, 1)([torch.sigmoid(s) for s in reversed(sides)], torch.sigmoid(out), masks)
    value.backward()
    print("deep supervision", f"{value.item():.9e}", f"{out.grad.flatten()[5].item():.9e}",
          [f"{s.grad.flatten()[5].item():.9e}" for s in sides])


if __name__ == "__main__":
    adamw()
    schedule()
    loss(sys.argv[1])
