//! A short run, killed or left without power at every change that it makes to the disk, goes on to the same bits.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::collections::BTreeSet;

use ege_bench::random;
use ege_bench::store::{RunState, atomic};

use super::fake_sweep::{Asked, End, Sweep, gallery, items};

const SHORT: Asked = Asked { epochs: 3, seeds: 1, other: false };

/// Works on the short run to its end.
fn finish(sweep: &Sweep, told: &str) {
    sweep.left.take();
    sweep.work(&items(SHORT), None, None).unwrap().unwrap();
    let left = sweep.left.take();
    assert!(left.iter().all(|(_, state)| matches!(state, RunState::Done { .. })), "{told}: {left:?}");
    assert_eq!(unfinished(sweep), [""; 0], "{told}");
}

/// Temporary files in the run's folder.
fn unfinished(sweep: &Sweep) -> Vec<String> {
    let run = sweep.results.run(&items(SHORT)[0].id);
    let names = ["", "checkpoint", "masks"].into_iter().flat_map(|folder| {
        let entries = fs_err::read_dir(run.path().join(folder)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
    });
    names.filter(|name| name.starts_with(atomic::TEMPORARY_PREFIX)).collect()
}

/// Kills the work at each change in turn, lets `then` happen, goes on, and compares with the undisturbed run.
fn at_every_change(sessions: u64, then: impl Fn(&Sweep)) {
    let item = &items(SHORT)[0];
    let whole = Sweep::new(0);
    finish(&whole, "undisturbed");
    let changes = whole.disk.changes();
    assert!(changes > 50, "only {changes} changes");
    let (expect, shown) = (End::undisturbed(item), gallery(&whole.results.run(&item.id)));
    assert!(!shown.is_empty());
    let mut saved = BTreeSet::new();
    for at in 0..changes {
        for seed in 0..sessions {
            let told = format!("killed at change {at} of {changes}, seed {seed}");
            let sweep = Sweep::new(seed);
            let mut draws = random::stream(seed, "kill-sweep", at as u64, "");
            assert!(sweep.work(&items(SHORT), Some(at), None).is_none(), "{told}");
            then(&sweep);
            // From the second on a kill of the session that goes on, at any change of it.
            for _ in 0..seed {
                if sweep.work(&items(SHORT), Some(draws.below(100) as usize), None).is_none() {
                    then(&sweep);
                }
            }
            let folder = sweep.results.run(&item.id);
            let kept = folder.checkpoint().unwrap().map_or(0, |checkpoint| checkpoint.epochs_done);
            let promised = sweep.saved.borrow().get(&item.id).copied().unwrap_or(0);
            assert!(kept >= promised, "{told}: a checkpoint that was saved is lost");
            saved.insert(kept);
            finish(&sweep, &told);
            assert_eq!(End::of(&folder).unwrap(), expect, "{told}");
            assert_eq!(gallery(&folder), shown, "{told}");
            assert_eq!(*sweep.warnings.borrow(), [""; 0], "{told}");
        }
    }
    assert_eq!(saved.into_iter().collect::<Vec<_>>(), (0..=SHORT.epochs).collect::<Vec<_>>());
}

#[test]
fn a_process_killed_at_any_change_goes_on_to_the_same_bits() {
    at_every_change(2, |_| ());
}

#[test]
fn power_lost_at_any_change_costs_an_epoch_and_changes_no_bit() {
    at_every_change(4, |sweep| sweep.disk.lose_power());
}

#[test]
fn a_session_vouches_for_what_a_killed_one_left() {
    let item = &items(SHORT)[0];
    let expect = End::undisturbed(item);
    for at in 0.. {
        let sweep = Sweep::new(at as u64);
        if sweep.work(&items(SHORT), Some(at), None).is_some() {
            break;
        }
        finish(&sweep, "after a kill");
        sweep.disk.lose_power();
        // No session goes on: what was done must be there.
        let folder = sweep.results.run(&item.id);
        assert!(folder.record().unwrap().is_some(), "killed at change {at}: the run is lost");
        assert_eq!(End::of(&folder).unwrap(), expect, "killed at change {at}");
    }
}

#[test]
fn a_disk_that_fills_up_at_any_byte_tears_nothing() {
    let item = &items(SHORT)[0];
    let expect = End::undisturbed(item);
    let mut full = 0;
    for room in (0..20_000).step_by(97) {
        let sweep = Sweep::new(room);
        sweep.disk.set_room(Some(room));
        match sweep.work(&items(SHORT), None, None).unwrap() {
            Err(error) => {
                full += 1;
                assert!(error.to_string().contains("results"), "no path: {error}");
                assert!(error.hint().unwrap().contains("free some disk space"), "{error}");
            }
            Ok(()) => match &sweep.left.borrow()[0].1 {
                RunState::Done { .. } => {}
                RunState::Failed { kind, message } => {
                    full += 1;
                    assert_eq!(kind, "host", "{message}");
                }
                state => panic!("{state:?}"),
            },
        }
        assert_eq!(unfinished(&sweep), [""; 0], "room for {room} bytes");
        sweep.disk.set_room(None);
        finish(&sweep, &format!("room for {room} bytes"));
        assert_eq!(End::of(&sweep.results.run(&item.id)).unwrap(), expect, "room for {room} bytes");
    }
    assert!(full > 10, "the disk was full only {full} times");
}
