#!/usr/bin/env bash
# What a machine with a graphics card is asked: does the build with libtorch compute there what it should, how far apart do
# executions of one seed land, and how long does a step take beside PyTorch's.
#
#   benches/gpu.sh CLONE_OF_THE_AUTHORS_REPOSITORY [OUT.json] [ROUNDS]
#
# The clone is of github.com/JCruan519/EGE-UNet. Needs an NVIDIA driver for CUDA 12.8, Rust, g++ and python3 with pip; the rest
# is installed below .libtorch (7 GB). Minutes once everything is built. A stage that fails doesn't keep the others from
# running: OUT.json says how each ended, also where the script is stopped, and the script then ends with code 1.
set -euo pipefail

authors="$(realpath "${1:?name a clone of the authors repository}")"
out="$(realpath -m "${2:-$(dirname "${BASH_SOURCE[0]}")/../results/gpu.json}")"
rounds="${3:-3}"
device=libtorch:cuda:0
cd "$(dirname "${BASH_SOURCE[0]}")/.."

need() {
    command -v "$1" >/dev/null && return
    echo "error: $1 is missing" >&2
    echo "hint: $2" >&2
    exit 2
}
need nvidia-smi "install an NVIDIA driver for CUDA 12.8"
need cargo "install Rust from https://rustup.rs"
need c++ "install g++"
python3 -m pip --version >/dev/null 2>&1 || { echo "error: python3 has no pip" >&2; exit 2; }

scratch="$(mktemp -d)"
mkdir -p "$(dirname "$out")"
: >"$scratch/stages.txt"

# Whatever was found, in one file.
collect() {
    python3 - "$scratch" "$out" <<'PYTHON'
import json
import os
import subprocess
import sys

scratch, out = sys.argv[1:]


def read(name):
    path = os.path.join(scratch, name)
    if not os.path.exists(path) or os.path.getsize(path) == 0:
        return None
    with open(path) as file:
        text = file.read()
    if not name.endswith(".json"):
        return text.split("\n")[:-1]
    try:
        return json.loads(text)
    except ValueError:
        return {"not JSON": text[-2000:]}


commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
stages = dict(line.split(" ", 1) for line in read("stages.txt") or [])
result = {
    "commit": commit,
    "exit_codes": {name: int(code) for name, code in stages.items()},
    "doctor": read("doctor.json"),
    "tests": read("tests.txt"),
    "noise_floor": read("noise.json"),
    "epoch": read("epoch.txt"),
    "steps": read("steps.json"),
}
with open(out, "w") as file:
    json.dump(result, file, indent=1)
print("wrote", out)
PYTHON
    rm -rf "$scratch"
}
trap collect EXIT

failed=0
# stage NAME COMMAND...: runs it and notes how it ended.
stage() {
    local name="$1" code=0
    shift
    echo "== $name"
    "$@" || code=$?
    echo "$name $code" >>"$scratch/stages.txt"
    [ "$code" -eq 0 ] || { failed=1; echo "$name ended with code $code" >&2; }
}

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/ege-bench/target}-libtorch"
program="$CARGO_TARGET_DIR/release/ege-bench"

self_test() { "$program" doctor --self-test --device "$device" --json >"$scratch/doctor.json"; }

tests() {
    cargo test --release --features libtorch --test it -- libtorch::cuda --nocapture 2>&1 | tee "$scratch/tests.log"
}

noise() {
    "$program" run experiments/quickstart.toml --set train.epochs=10 --device "$device" --results "$scratch/results" || return
    local run
    run="$(basename "$(ls -d "$scratch"/results/runs/*/ | head -n 1)")"
    # 1: the executions differ, which is what is measured.
    "$program" verify --rerun "$run" --times 3 --device "$device" --results "$scratch/results" --json \
        >"$scratch/noise.json" || [ $? -eq 1 ]
}

# A whole run, so that gathering batches on the card is timed as well.
epoch() {
    "$program" run experiments/quickstart.toml --set train.epochs=3 --set data.train-images=1500 --device "$device" \
        --results "$scratch/epoch" 2>&1 | tee "$scratch/epoch.txt"
}

steps() {
    # What the authors' code imports beside PyTorch, which is there already.
    local peers="$PWD/.libtorch/peers"
    if [ ! -e "$peers/complete" ]; then
        python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$peers" timm==1.0.22 einops==0.8.1 \
            torchvision==0.24.0 || return
        python3 -m pip install --quiet --disable-pip-version-check --target "$peers" matplotlib huggingface_hub safetensors \
            pyyaml || return
        touch "$peers/complete"
    fi
    PYTHONPATH="$PWD/.libtorch/cuda:$peers" python3 benches/peers/devices.py "$authors" "$program" --device "$device" \
        --rounds "$rounds" --modes eager cuda_graph --json "$scratch/steps.json"
}

# Without these there is nothing to ask.
libtorch-shim/install.sh cuda
cargo build --release --features libtorch
stage self-test self_test
stage noise-floor noise
stage epoch epoch
stage step-times steps
stage tests tests
grep -E '^(test result: |skipped: )' "$scratch/tests.log" >"$scratch/tests.txt" || true
exit "$failed"
