//! Batches made beside the step that uses the one before.

use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

/// Batches that wait for the step.
const WAITING: usize = 2;

/// Makes the batches on a thread of their own and hands each to `work`, in order, with the time for which it was
/// waited, until `work` returns false or an error; the value is what it last returned, true where there was
/// nothing to do.
pub(super) fn ahead<B: Send, E>(
    orders: &[Vec<usize>],
    make: impl Fn(&[usize]) -> B + Send + Sync,
    mut work: impl FnMut(usize, B, Duration) -> Result<bool, E>,
) -> Result<bool, E> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        let maker = scope.spawn(move || {
            // A pool of one: the step's threads stay with the step.
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
            for indices in orders {
                let batch = match &pool {
                    Ok(pool) => pool.install(|| make(indices)),
                    Err(_) => make(indices),
                };
                // The receiver is gone once `work` has ended early.
                if sender.send(batch).is_err() {
                    break;
                }
            }
        });
        let mut index = 0;
        let ended = loop {
            let asked = Instant::now();
            // None comes once all were made, or after a panic.
            let Ok(batch) = receiver.recv() else { break Ok(true) };
            match work(index, batch, asked.elapsed()) {
                Ok(true) => index += 1,
                ended => break ended,
            }
        };
        drop(receiver);
        // A maker that panicked tells so with its words, unless there is an error to tell or nobody waits for it any more.
        match maker.join() {
            Err(panic) if matches!(ended, Ok(true)) => resume_unwind(panic),
            _ => ended,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn batch(indices: &[usize]) -> Vec<usize> {
        indices.to_vec()
    }

    fn orders() -> Vec<Vec<usize>> {
        (0..10).map(|index| vec![index, index + 1]).collect()
    }

    #[test]
    fn batches_arrive_in_order() {
        let mut seen = Vec::new();
        let ended = ahead::<_, Infallible>(&orders(), batch, |index, batch, _| {
            assert_eq!(seen.len(), index);
            seen.push(batch);
            Ok(true)
        });
        assert_eq!(ended, Ok(true));
        assert_eq!(seen, orders());
    }

    #[test]
    fn an_early_end_stops_the_maker() {
        assert_eq!(ahead::<_, Infallible>(&orders(), batch, |index, _, _| Ok(index < 3)), Ok(false));
        assert_eq!(
            ahead(&orders(), batch, |index, _, _| if index < 3 { Ok(true) } else { Err(index) }),
            Err(3)
        );
        assert_eq!(ahead::<_, Infallible>(&[], batch, |_, _, _| Ok(false)), Ok(true));
    }

    #[test]
    fn a_makers_panic_keeps_its_words() {
        let make = |indices: &[usize]| {
            if indices[0] < 4 { batch(indices) } else { panic!("no memory for {indices:?}") }
        };
        let ended = std::panic::catch_unwind(|| ahead::<_, Infallible>(&orders(), make, |_, _, _| Ok(true)));
        let words = ended.unwrap_err();
        assert_eq!(words.downcast_ref::<String>().map(String::as_str), Some("no memory for [4, 5]"));
        // Two wait while the first is worked on, so the third of them is under way when the work ends.
        let make = |indices: &[usize]| if indices[0] < 1 { batch(indices) } else { panic!("no memory") };
        let slow = |ended: Result<bool, usize>| {
            thread::sleep(Duration::from_millis(20));
            ended
        };
        assert_eq!(ahead(&orders(), make, |_, _, _| slow(Ok(false))), Ok(false));
        assert_eq!(ahead(&orders(), make, |_, _, _| slow(Err(3))), Err(3));
    }
}
