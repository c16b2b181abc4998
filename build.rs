//! Tells the code which commit it is built from, for the provenance of runs; without git it tells nothing.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    // Whether the tree differs from the commit follows from what is built in, too.
    for built_in in ["src", "datasets.lock", "experiments/splits", "claims"] {
        println!("cargo::rerun-if-changed={built_in}");
    }
    for name in ["HEAD", "index", "logs/HEAD"] {
        // In a linked worktree these files don't lie below `.git`.
        if let Some(path) = git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    // The library stands where the build found it.
    if let Ok(lib) = std::env::var("DEP_LIBTORCH_SHIM_LIB") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    }
    let commit = if in_own_repository() { git(&["rev-parse", "HEAD"]) } else { None }.unwrap_or_default();
    let changes =
        git(&["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"]).unwrap_or_default();
    println!("cargo::rustc-env=EGE_BENCH_COMMIT={commit}");
    println!("cargo::rustc-env=EGE_BENCH_DIRTY={}", !commit.is_empty() && !changes.is_empty());
}

/// False where the sources were unpacked inside somebody else's repository.
fn in_own_repository() -> bool {
    git(&["ls-files", "--error-unmatch", "build.rs"]).is_some()
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
