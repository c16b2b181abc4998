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

# Kill a short real training at N random moments and compare its bits with those of one that nothing disturbed.
kill-points n="200" seed="1":
    EGE_BENCH_KILL_POINTS={{ n }} EGE_BENCH_KILL_SEED={{ seed }} cargo test --test it -- kill_points --nocapture

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

# Look at a report in headless Chromium: light, dark, 400 px wide, into results/screenshots.
browser-check report="results/report.html" height="3000":
    #!/usr/bin/env bash
    set -euo pipefail
    if ! command -v chromium >/dev/null; then
        apt-get update
        apt-get install -y --no-install-recommends chromium fonts-dejavu-core
    fi
    report="$(realpath "{{ report }}")"
    if grep -nEo '(src|srcset)="https?:|url\(.?https?:|@import|<link[^>]*href="https?:' "$report"; then
        echo "error: $report asks the network for something" >&2
        exit 1
    fi
    out=results/screenshots
    scratch="$(mktemp -d)"
    trap 'rm -rf "$scratch"' EXIT
    mkdir -p "$out"
    # Chromium's windows are at least 500 px wide, so the phone is a frame in one.
    printf '<!doctype html><body style="margin:0"><iframe src="file://%s" style="border:0;width:400px;height:%dpx">' \
        "$report" "{{ height }}" >"$scratch/phone.html"
    shoot() { # NAME WIDTH PAGE SCHEME (0 dark, 1 light)
        chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
            --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
            --user-data-dir="$scratch/$1" --blink-settings=preferredColorScheme="$4" \
            --window-size="$2,{{ height }}" --screenshot="$PWD/$out/$1.png" "file://$3" 2>"$scratch/$1.log" ||
            { cat "$scratch/$1.log" >&2; exit 1; }
        [ -s "$out/$1.png" ] && echo "$out/$1.png"
    }
    shoot light 1280 "$report" 1
    shoot dark 1280 "$report" 0
    shoot phone 400 "$scratch/phone.html" 1
    ! cmp -s "$out/light.png" "$out/dark.png" || { echo "error: light and dark look the same" >&2; exit 1; }
