//! Looks for libtorch, says what to do where it isn't the right one, and compiles the functions that tch lacks.

use std::env;
use std::path::Path;
use std::process::exit;

/// The version that tch 0.22 is made for.
const VERSION: &str = "2.9.0";

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    for file in ["shim.cpp", "shim.h", "channel_norm.cpp", "channel_norm.h"] {
        println!("cargo::rerun-if-changed={file}");
    }
    let folder = env::var("LIBTORCH").unwrap_or_default();
    if folder.is_empty() {
        refuse("no libtorch: the variable LIBTORCH isn't set");
    }
    let folder = Path::new(&folder);
    let version_file = folder.join("build-version");
    println!("cargo::rerun-if-changed={}", version_file.display());
    check(folder);

    let lib = folder.join("lib");
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .opt_level(3)
        .pic(true)
        .warnings(false)
        // What aten's `parallel_for` asks for; without it its loops run on one thread.
        .flag("-fopenmp")
        .include(folder.join("include"))
        .include(folder.join("include/torch/csrc/api/include"))
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        .files(["shim.cpp", "channel_norm.cpp"])
        .compile("libtorch_shim");
    println!("cargo::rustc-link-search=native={}", lib.display());
    for name in ["torch_cpu", "c10", "gomp"] {
        println!("cargo::rustc-link-lib={name}");
    }
    println!("cargo::metadata=lib={}", lib.display());
}

/// Ends the build unless the folder holds a libtorch of the right version.
fn check(folder: &Path) {
    let found = version(folder);
    let number = found.as_str();
    // What `.cargo/no-libtorch` says instead of a version.
    if number.starts_with("none") {
        refuse("no libtorch was installed for this project, and LIBTORCH isn't set");
    }
    if number.is_empty() && !folder.join("include/ATen/ATen.h").exists() {
        refuse(&format!("there is no libtorch in {}, which LIBTORCH names", folder.display()));
    }
    if number != VERSION {
        let found = if number.is_empty() { "one that doesn't say its version" } else { number };
        refuse(&format!("libtorch {VERSION} is needed, and {} holds {found}", folder.display()));
    }
    for part in ["include/ATen/ATen.h", "lib/libtorch_cpu.so", "lib/libc10.so"] {
        if !folder.join(part).exists() {
            refuse(&format!("the libtorch in {} lacks {part}", folder.display()));
        }
    }
}

/// What the folder says of its version: in a file of its own, or, as PyTorch's wheels have it, in a header.
fn version(folder: &Path) -> String {
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap_or_default();
    let file = read("build-version");
    let own = file.trim().split('+').next().unwrap_or_default();
    if !own.is_empty() {
        return own.to_owned();
    }
    let header = read("include/torch/csrc/api/include/torch/version.h");
    let part = |name: &str| {
        let rest = header.lines().find_map(|line| line.strip_prefix("#define TORCH_VERSION_")?.strip_prefix(name));
        rest.map(str::trim).filter(|rest| !rest.is_empty())
    };
    match ["MAJOR", "MINOR", "PATCH"].map(part) {
        [Some(major), Some(minor), Some(patch)] => format!("{major}.{minor}.{patch}"),
        _ => String::new(),
    }
}

fn refuse(what: &str) -> ! {
    println!("cargo::error={what}");
    println!("cargo::error=hint: `just libtorch cpu` (or `just libtorch cuda`) installs libtorch {VERSION} and builds with it");
    exit(1);
}
