"""Times epochs of the authors' `train.py` on the CPU: 1500 training images, 650 for validation, data included.

    python benches/peers/epoch.py AUTHORS_REPO IMAGES MASKS TRAIN_LIST VAL_LIST [--epochs 1] [--threads 2]

IMAGES and MASKS are folders of one image and one mask for each id of the two lists (a text file each, an id a
line). Their program runs as it is but for three things that a machine without a GPU forces on it: `.cuda()`
returns its object, memory isn't pinned, and it ends after `--epochs`. An epoch is its `train_one_epoch` and its
`val_one_epoch`, without saving checkpoints. Prints one line of JSON.
"""

import argparse
import json
import os
import pathlib
import runpy
import sys
import tempfile
import time


def layout(root, images, masks, lists):
    """Links the files in the layout that their loader reads: train/ and val/ with images/ and masks/."""
    for part, listed in lists.items():
        ids = pathlib.Path(listed).read_text().split()
        for kind, folder in [("images", images), ("masks", masks)]:
            files = {file.stem: file for file in pathlib.Path(folder).resolve().iterdir()}
            target = root / part / kind
            target.mkdir(parents=True)
            for identifier in ids:
                name = next(n for n in (identifier, f"{identifier}_segmentation") if n in files)
                (target / (identifier + files[name].suffix)).symlink_to(files[name])
        print(f"{part}: {len(ids)} images", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    for name in ["repo", "images", "masks", "train", "val"]:
        parser.add_argument(name)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(prefix="ege-unet-epoch-"))
    data = root / "data" / "isic2017"
    layout(data, arguments.images, arguments.masks, {"train": arguments.train, "val": arguments.val})
    repo = os.path.abspath(arguments.repo)
    sys.path.insert(0, repo)
    os.chdir(root)

    import torch

    torch.set_num_threads(arguments.threads)
    torch.Tensor.cuda = lambda self, *_, **__: self
    torch.nn.Module.cuda = lambda self, *_, **__: self
    loader = torch.utils.data.DataLoader
    before = loader.__init__
    loader.__init__ = lambda self, *args, **kwargs: before(self, *args, **(kwargs | {"pin_memory": False}))

    import engine
    from configs.config_setting import setting_config

    epochs = []

    class Enough(Exception):
        pass

    def timed(function, ends):
        def wrapped(*args, **kwargs):
            start = time.perf_counter()
            value = function(*args, **kwargs)
            seconds = time.perf_counter() - start
            if ends:
                epochs[-1] += seconds
                print(f"epoch {len(epochs)}: {epochs[-1]:.1f} s", file=sys.stderr)
                if len(epochs) == arguments.epochs:
                    raise Enough
            else:
                epochs.append(seconds)
            return value

        return wrapped

    engine.train_one_epoch = timed(engine.train_one_epoch, False)
    engine.val_one_epoch = timed(engine.val_one_epoch, True)
    setting_config.data_path = f"{data}/"
    output, sys.stdout = sys.stdout, sys.stderr
    try:
        runpy.run_path(os.path.join(repo, "train.py"), run_name="__main__")
    except Enough:
        pass
    sys.stdout = output
    print(json.dumps({"epoch_seconds": epochs, "threads": arguments.threads, "torch": torch.__version__}))


main()
