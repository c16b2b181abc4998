//! Times single kernels: `cargo bench --bench kernels -- [NAME]`.
//!
//! Prints for each the median, the arithmetic and the memory throughput, and their share of what one core of this
//! machine reaches with nothing but multiply-adds, or with nothing but a copy between arrays that no cache holds;
//! what stays in a cache may be faster than that copy. One thread, so that a share is one of one core.
//! Then the 3x3 convolution beside burn's own, at sizes of wider networks.

use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use ege_bench::kernel::cpu::simd::{InstructionSet, copy_gigabytes, gigaflops};
use ege_bench::kernel::probe::probes;
use ege_bench::kernel::{Conv, Kernels, conv2d, with_kernels};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().expect("nothing ran on threads before");
    let (peak, copy) = (gigaflops(), copy_gigabytes());
    let set = format!("{:?}", InstructionSet::current()).to_lowercase();
    say(&format!("one core, {set}: {peak:.1} GFLOP/s of multiply-adds, {copy:.1} GB/s of copy\n"));
    say("| kernel | first input | direction | ms | GFLOP/s | of peak | GB/s | of copy |");
    say("|---|---|---|--:|--:|--:|--:|--:|");
    for probe in probes().iter().filter(|probe| is_wanted(probe.name)) {
        let forward = (milliseconds(|| probe.forward()), probe.flops, probe.forward_bytes());
        let backward =
            (milliseconds(|| probe.backward()), probe.flops.map(|flops| 2.0 * flops), probe.backward_bytes());
        for (direction, (time, flops, bytes)) in [("forward", forward), ("backward", backward)] {
            let throughput = flops.map_or_else(
                || "- | -".to_owned(),
                |flops| {
                    let own = flops / time / 1e6;
                    format!("{own:.1} | {:.0} %", 100.0 * own / peak)
                },
            );
            let bytes = bytes / time / 1e6;
            say(&format!(
                "| {} | {:?} | {direction} | {time:.3} | {throughput} | {bytes:.1} | {:.0} % |",
                probe.name,
                probe.shape,
                100.0 * bytes / copy
            ));
        }
    }
    if is_wanted("plain") {
        beside_burn();
    }
}

/// The 3x3 convolution, forward and backward, by this project's kernel and by burn's.
fn beside_burn() {
    say("\n| 3x3 convolution | fused ms | burn ms | burn / fused |");
    say("|---|--:|--:|--:|");
    let device = Device::flex().autodiff();
    for (channels_in, channels_out, size, batch) in [
        (3, 64, 128, 2),
        (16, 16, 128, 2),
        (64, 64, 64, 2),
        (128, 128, 32, 2),
        (64, 128, 64, 2),
        (128, 192, 32, 2),
        (256, 256, 16, 2),
        (512, 512, 16, 2),
    ] {
        let normal = Distribution::Normal(0.0, 1.0);
        let x = Tensor::<4>::random([batch, channels_in, size, size], normal, &device);
        let weight = Tensor::<4>::random([channels_out, channels_in, 3, 3], normal, &device);
        let bias = Tensor::<1>::random([channels_out], normal, &device);
        let [fused, plain] = [Kernels::Fused, Kernels::Plain].map(|kernels| {
            milliseconds(|| {
                with_kernels(kernels, || {
                    let (x, weight, bias) = (
                        x.clone().detach().require_grad(),
                        weight.clone().detach().require_grad(),
                        bias.clone().detach().require_grad(),
                    );
                    drop(conv2d(x, weight, bias, Conv { dilation: 1, groups: 1 }).sum().backward());
                });
            })
        });
        say(&format!(
            "| {channels_in} to {channels_out}, {batch} x {size}x{size} | {fused:.2} | {plain:.2} | {:.2} |",
            plain / fused
        ));
    }
}

/// The median of at least five runs, after one that doesn't count.
fn milliseconds(mut work: impl FnMut()) -> f64 {
    work();
    let began = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || (began.elapsed().as_secs_f64() < 0.3 && times.len() < 200) {
        let began = Instant::now();
        work();
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its table")]
fn say(line: &str) {
    println!("{line}");
}
