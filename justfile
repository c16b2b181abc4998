# Thin names for the commands of this project; `just` lists them.
# just itself: `pip install rust-just` (a binary in a wheel).

set shell := ["bash", "-euo", "pipefail", "-c"]

# Outside of the checkout, so that every clone shares what is already built.
export CARGO_TARGET_DIR := env("CARGO_TARGET_DIR", env("XDG_CACHE_HOME", home_directory() / ".cache") / "ege-bench/target")

[private]
default:
    @just --list --unsorted

# Every test: unit, integration, documentation.
test:
    cargo test

# Format, clippy, spelling, documentation: all without a warning.
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    typos
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# Install libtorch into .libtorch (cpu: 0.5 GB, cuda: 7 GB), build with it, compare every network with the built-in path.
libtorch kind="cpu":
    #!/usr/bin/env bash
    set -euo pipefail
    libtorch-shim/install.sh "{{ kind }}"
    export CARGO_TARGET_DIR="$CARGO_TARGET_DIR-libtorch"
    cargo build --release --features libtorch
    device=libtorch
    if [ "{{ kind }}" = cuda ] && nvidia-smi -L >/dev/null 2>&1; then device=libtorch:cuda:0; fi
    "$CARGO_TARGET_DIR/release/ege-bench" doctor --self-test --device "$device"
    echo "built: $CARGO_TARGET_DIR/release/ege-bench"

# Lint the build with libtorch and run the tests that concern it; those that need a graphics card say so where there is none.
libtorch-test:
    #!/usr/bin/env bash
    set -euo pipefail
    libtorch-shim/install.sh cpu
    export CARGO_TARGET_DIR="$CARGO_TARGET_DIR-libtorch"
    cargo clippy --features libtorch --all-targets -- -D warnings
    cargo test --features libtorch --lib -- libtorch device input agreement
    cargo test --features libtorch --test it -- libtorch:: --skip libtorch::cuda
    cargo test --features libtorch --test it -- libtorch::cuda --nocapture

# Kill a short real training at N random moments and compare its bits with those of one that nothing disturbed.
kill-points n="200" seed="1":
    EGE_BENCH_KILL_POINTS={{ n }} EGE_BENCH_KILL_SEED={{ seed }} cargo test --test it -- kill_points --nocapture

# Change archives, pictures, experiments and lock files at random for so many seconds each and see that reading them harms nothing.
fuzz seconds="60" seed="1":
    EGE_BENCH_FUZZ_SECONDS={{ seconds }} EGE_BENCH_FUZZ_SEED={{ seed }} cargo test --test it -- fuzz:: --nocapture

# Train on generated images and write results/report.html: minutes, no download.
quickstart: (reproduce "quickstart")

# Run an experiment; a missing data set is answered with the command that imports it.
reproduce name="isic2017":
    @# 4 means that every run was done before; the report is written all the same.
    cargo run --release -- run experiments/{{ name }}.toml || { code=$?; [ "$code" -eq 4 ] || exit "$code"; }

# Licences, banned crates and sources of the dependencies (`cargo install --locked cargo-deny`).
deny:
    cargo deny --offline check bans licenses sources

# A Python with the dependencies of the original code, for tests/parity and benches/peers.
[private]
parity-python:
    #!/usr/bin/env bash
    set -euo pipefail
    tools="$(dirname "$CARGO_TARGET_DIR")/parity"
    if [ ! -x "$tools/bin/python" ] || ! "$tools/bin/python" -c 'import requests, safetensors, tensorboardX, tqdm' 2>/dev/null; then
        python3 -m venv "$tools"
        "$tools/bin/pip" install --quiet torch==2.9.0 torchvision==0.24.0 timm einops matplotlib scikit-learn \
            pillow safetensors tensorboardX requests pyyaml tqdm
    fi

# Compute the reference numbers of tests/parity again from a clone of the authors' repository, and those of other networks from NAME=CLONE.
[positional-arguments]
parity authors_repo *networks: parity-python
    #!/usr/bin/env bash
    set -euo pipefail
    shift
    python="$(dirname "$CARGO_TARGET_DIR")/parity/bin/python"
    # metrics.py and training.py print the constants that stand in tests.
    "$python" tests/parity/ege_unet.py "{{ authors_repo }}" tests/parity/ege_unet
    "$python" tests/parity/augment.py "{{ authors_repo }}" > tests/parity/augment.txt
    "$python" tests/parity/training.py "{{ authors_repo }}"
    "$python" tests/parity/metrics.py
    "$python" tests/parity/starts.py tests/parity/starts "ege-unet={{ authors_repo }}" "$@"
    if [ $# -gt 0 ]; then
        "$python" tests/parity/baselines.py tests/parity/baselines "$@"
    fi
    git status --short tests/parity

# Time the authors' PyTorch network, from a clone of their repository, and this program in turn.
peers authors_repo rounds="3" modes="eager channels_last": parity-python
    cargo build --release
    "$(dirname "$CARGO_TARGET_DIR")/parity/bin/python" benches/peers/compare.py "{{ authors_repo }}" "$CARGO_TARGET_DIR/release/ege-bench" --rounds {{ rounds }} --modes {{ modes }}

# Time an epoch of the authors' train.py on folders of images and masks and two lists of ids.
peers-epoch authors_repo images masks train val: parity-python
    "$(dirname "$CARGO_TARGET_DIR")/parity/bin/python" benches/peers/epoch.py "{{ authors_repo }}" "{{ images }}" "{{ masks }}" "{{ train }}" "{{ val }}"

# Open report pages, and REPORT if given, in headless Chromium: what they do, axe-core, pictures into results/screenshots.
browser report="":
    #!/usr/bin/env bash
    set -euo pipefail
    if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
        apt-get update
        apt-get install -y --no-install-recommends chromium chromium-driver fonts-dejavu-core
    fi
    tools="$(dirname "$CARGO_TARGET_DIR")/browser"
    axe="$tools/node_modules/axe-core/axe.min.js"
    if [ ! -s "$axe" ]; then
        npm install --prefix "$tools" --no-audit --no-fund --silent axe-core@4
    fi
    chromium --version
    chromedriver --version
    report="{{ report }}"
    EGE_BENCH_AXE="$axe" EGE_BENCH_REPORT="${report:+$(realpath "$report")}" \
        EGE_BENCH_SCREENSHOTS="$PWD/results/screenshots" \
        cargo test --test it -- browser:: --nocapture
