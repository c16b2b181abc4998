//! Random sequences of everything that befalls a results folder, checked after every step against what was promised.
//!
//! `EGE_BENCH_MODEL_CASES` sequences are drawn from `EGE_BENCH_MODEL_SEED`; a sequence that fails shrinks.

mod world;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::fake_sweep::Asked;
use world::World;

/// A thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// The command runs, to the end of the sweep or until it is stopped after so many steps.
    Run(Option<usize>),
    /// It is killed at this change of the disk, if it comes so far.
    Kill(usize),
    /// The power fails at this change, or after the command ended.
    Power(usize),
    /// A file of a run is damaged or removed.
    Harm(Harm),
    /// Only so many bytes are left on the disk.
    Fill(u64),
    /// There is room again.
    MakeRoom,
    /// A run's folder is removed.
    Delete(usize),
    /// The experiment file changes.
    Ask(Asked),
    /// Another process works on a run while the command runs, or is asked to work on just that run.
    Crowd(usize, bool),
}

/// Damage to a file of a run; numbers choose among what there is.
#[derive(Clone, Debug)]
struct Harm {
    run: usize,
    file: &'static str,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Flip(usize, u8),
    Cut(usize),
    Empty,
    Remove,
}

const LAST: &str = "checkpoint/last.ckpt";
const PREVIOUS: &str = "checkpoint/previous.ckpt";
const BEST: &str = "best.safetensors";
const EVENTS: &str = "events.jsonl";
const COUNTS: &str = "counts.jsonl";
const RECORD: &str = "run.json";
const LOG: &str = "log.txt";

fn asked() -> impl Strategy<Value = Asked> {
    (2..=4_usize, 1..=3_u64, any::<bool>()).prop_map(|(epochs, seeds, other)| Asked { epochs, seeds, other })
}

fn harm() -> impl Strategy<Value = Harm> {
    let file = prop_oneof![
        4 => Just(LAST),
        2 => Just(PREVIOUS),
        3 => Just(BEST),
        2 => Just(EVENTS),
        1 => Just(COUNTS),
        1 => Just(RECORD),
        1 => Just(LOG),
    ];
    let how = prop_oneof![
        3 => (any::<usize>(), 1..=255_u8).prop_map(|(at, bits)| How::Flip(at, bits)),
        2 => any::<usize>().prop_map(How::Cut),
        1 => Just(How::Empty),
        2 => Just(How::Remove),
    ];
    (0..3_usize, file, how).prop_map(|(run, file, how)| Harm { run, file, how })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::option::weighted(0.7, 1..9_usize).prop_map(Step::Run),
        5 => (0..200_usize).prop_map(Step::Kill),
        5 => (0..200_usize).prop_map(Step::Power),
        4 => harm().prop_map(Step::Harm),
        2 => (0..9000_u64).prop_map(Step::Fill),
        2 => Just(Step::MakeRoom),
        1 => (0..3_usize).prop_map(Step::Delete),
        2 => asked().prop_map(Step::Ask),
        1 => (0..3_usize, proptest::bool::weighted(0.1)).prop_map(|(run, only)| Step::Crowd(run, only)),
    ]
}

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a whole number is expected"))
}

#[test]
fn whatever_happens_runs_keep_their_promises() {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("EGE_BENCH_MODEL_SEED", 1).to_le_bytes());
    let config = Config {
        cases: number("EGE_BENCH_MODEL_CASES", 400) as u32,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let sequences = (any::<u64>(), asked(), proptest::collection::vec(step(), 1..14));
    let outcome = runner.run(&sequences, |(seed, asked, steps)| {
        let mut world = World::new(seed, asked);
        for step in &steps {
            world.step(step);
            world.check();
        }
        world.end();
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
