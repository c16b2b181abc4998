#!/usr/bin/env bash
# What a machine with a graphics card is asked: does the build with libtorch compute there what it should, how far apart do
# executions of one seed land, and how long does a step take beside PyTorch's.
#
#   benches/gpu.sh CLONE_OF_THE_AUTHORS_REPOSITORY [OUT.json] [ROUNDS]
#
# The clone is of github.com/JCruan519/EGE-UNet. Needs an NVIDIA driver for CUDA 12.8, Rust, g++ and python3; the rest is
# installed below .libtorch (7 GB). Minutes once everything is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

authors="${1:?name a clone of the authors repository}"
out="$(realpath -m "${2:-results/gpu.json}")"
rounds="${3:-3}"
device=libtorch:cuda:0

command -v nvidia-smi >/dev/null || { echo "error: no NVIDIA driver: nvidia-smi is missing" >&2; exit 2; }
if ! command -v just >/dev/null; then
    echo "error: just is missing" >&2
    echo "hint: pip install rust-just" >&2
    exit 2
fi

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$(dirname "$out")"

echo "== build and self-test"
just libtorch cuda
target="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/ege-bench/target}-libtorch"
program="$target/release/ege-bench"
"$program" doctor --self-test --device "$device" --json >"$scratch/doctor.json"

echo "== tests that need a card"
CARGO_TARGET_DIR="$target" cargo test --release --features libtorch --test it -- libtorch::cuda --nocapture 2>&1 |
    tee "$scratch/tests.log"
grep -E '^test result: ' "$scratch/tests.log" >"$scratch/tests.txt"

echo "== noise floor of one seed"
"$program" run experiments/quickstart.toml --set train.epochs=10 --device "$device" --results "$scratch/results"
run="$(basename "$(ls -d "$scratch"/results/runs/*/ | head -n 1)")"
"$program" verify --rerun "$run" --times 3 --device "$device" --results "$scratch/results" --json \
    >"$scratch/noise.json" || [ $? -eq 1 ]

echo "== step times"
# What the authors' code imports beside PyTorch, which is there already.
peers="$PWD/.libtorch/peers"
if [ ! -d "$peers/timm" ]; then
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$peers" timm==1.0.22 einops==0.8.1 \
        torchvision==0.24.0
    python3 -m pip install --quiet --disable-pip-version-check --target "$peers" matplotlib huggingface_hub safetensors pyyaml
fi
PYTHONPATH="$PWD/.libtorch/cuda:$peers" python3 benches/peers/devices.py "$authors" "$program" --device "$device" --rounds "$rounds" \
    --modes eager cuda_graph --json "$scratch/steps.json"

python3 - "$scratch" "$out" <<'PYTHON'
import json
import subprocess
import sys

scratch, out = sys.argv[1:]


def read(name):
    with open(f"{scratch}/{name}") as file:
        return json.load(file) if name.endswith(".json") else file.read().split("\n")[:-1]


result = {
    "commit": subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip(),
    "doctor": read("doctor.json"),
    "tests": read("tests.txt"),
    "noise_floor": read("noise.json"),
    "steps": read("steps.json"),
}
with open(out, "w") as file:
    json.dump(result, file, indent=1)
print("wrote", out)
PYTHON
