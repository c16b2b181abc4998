#!/usr/bin/env bash
# Installs libtorch for this project from wheels of PyPI: libtorch-shim/install.sh cpu|cuda
#
# cpu   what a processor needs, out of one wheel of PyTorch and two of CUDA that it is linked against: 0.5 GB
# cuda  PyTorch with all that it depends on: 7 GB; fewer of its wheels don't link
#
# They go to .libtorch/, and .libtorch/cargo.toml tells cargo where. pip compares what it fetches with the checksums of the
# index; those of the processor's wheels stand here as well.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=2.9.0
kind="${1:-cpu}"

fail() {
    printf 'error: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
    exit "${3:-2}"
}

case "$kind" in
    cpu) home=.libtorch/cpu ;;
    cuda) home=.libtorch/cuda/torch ;;
    *) fail "unknown kind of libtorch \`$kind\`" "allowed: cpu, cuda" ;;
esac
[ "$(uname -sm)" = "Linux x86_64" ] || fail "there are wheels for Linux on x86-64 only, and this is $(uname -sm)" \
    "install libtorch $version yourself and set LIBTORCH to its folder"
command -v python3 >/dev/null || fail "python3 is missing" "it unpacks the wheels: install python3 and python3-venv"
command -v c++ >/dev/null || fail "a C++ compiler is missing" "install g++ (Debian: apt-get install g++)"

# Says on which libtorch cargo builds from now on.
use() {
    printf '# Written by `just libtorch %s`.\n[env]\nLIBTORCH = { value = "%s", relative = true }\n' \
        "$kind" "$home" >.libtorch/cargo.toml
    echo "libtorch $version ($kind) stands in $home: $(du -sm "${home%/torch}" | cut -f1) MB"
}

# What is whole says so at the very end.
if [ -s "$home/build-version" ] && [[ "$(cat "$home/build-version")" == "$version"* ]]; then
    use
    exit 0
fi

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
if ! python3 -m pip --version >/dev/null 2>&1; then
    python3 -m venv "$scratch/venv" || fail "python3 has no pip and can't make an environment" "install python3-venv"
    export PATH="$scratch/venv/bin:$PATH"
fi
mkdir -p .libtorch
rm -rf "${home%/torch}"

if [ "$kind" = cuda ]; then
    python3 -m pip install --quiet --disable-pip-version-check --no-compile --only-binary=:all: --target .libtorch/cuda \
        "torch==$version"
    echo "$version+cuda" >"$home/build-version"
    use
    exit 0
fi

cat >"$scratch/wheels.txt" <<'WHEELS'
torch==2.9.0 --hash=sha256:51de31219c97c51cf4bf2be94d622e3deb5dcc526c6dc00e97c17eaec0fc1d67
nvidia-cuda-runtime-cu12==12.8.90 --hash=sha256:adade8dcbd0edf427b7204d480d6066d33902cab2a4707dcfc48a2d0fd44ab90
nvidia-cuda-cupti-cu12==12.8.90 --hash=sha256:ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182
WHEELS
# The index has names of platforms in several spellings.
python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps --only-binary=:all: \
    --implementation cp --python-version 3.11 --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2010_x86_64 --platform manylinux_2_12_x86_64 \
    --require-hashes --dest "$scratch" --requirement "$scratch/wheels.txt"
python3 - "$scratch" "$home" <<'PYTHON'
import glob
import os
import shutil
import sys
import zipfile

scratch, home = sys.argv[1:]
libraries = {"libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libcudart.so.12", "libcupti.so.12"}
for wheel in glob.glob(scratch + "/*.whl"):
    archive = zipfile.ZipFile(wheel)
    for name in archive.namelist():
        base = os.path.basename(name)
        if base in libraries:
            target = os.path.join(home, "lib", base)
        elif name.startswith("torch/include/") and base:
            target = os.path.join(home, name[len("torch/") :])
        else:
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
missing = libraries - set(os.listdir(os.path.join(home, "lib")))
if missing:
    sys.exit(f"error: the wheels hold no {', '.join(sorted(missing))}")
PYTHON
# torch-sys links libtorch.so, which only passes on libtorch_cpu and would want libtorch_cuda as well.
printf '' | c++ -shared -o "$home/lib/libtorch.so" -x c++ - -Wl,-soname,libtorch.so
echo "$version+cpu" >"$home/build-version"
use
