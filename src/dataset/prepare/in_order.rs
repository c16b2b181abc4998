//! Work that is done on all threads and taken in order.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

/// Where work stands.
struct Line {
    /// The next piece that nobody works on.
    next: usize,
    /// Pieces that were taken.
    taken: usize,
    /// True once nobody is to begin another.
    stopped: bool,
}

struct Queue {
    count: usize,
    /// Pieces that may be begun beyond those that were taken.
    ahead: usize,
    line: Mutex<Line>,
    moved: Condvar,
}

impl Queue {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next piece to work on; waits where too many are ahead of the one that is due.
    fn next(&self) -> Option<usize> {
        let mut line = self.line();
        loop {
            if line.stopped || line.next == self.count {
                return None;
            }
            if line.next < line.taken + self.ahead {
                line.next += 1;
                return Some(line.next - 1);
            }
            line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn change(&self, change: impl FnOnce(&mut Line)) {
        change(&mut self.line());
        self.moved.notify_all();
    }
}

/// Ends the queue, whatever happens to who holds it: nobody may wait for ever.
struct Stop<'a>(&'a Queue);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.change(|line| line.stopped = true);
    }
}

/// Calls `work` with 0 to `count - 1` on `threads` threads and `take` with each result, in order, on this one.
///
/// No more than two results a thread wait to be taken.
///
/// # Errors
/// The first of `take`'s, after which no work is begun.
pub(super) fn in_order<T: Send, E>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(usize, T) -> Result<(), E>,
) -> Result<(), E> {
    let line = Mutex::new(Line { next: 0, taken: 0, stopped: false });
    let queue = Queue { count, ahead: 3 * threads, line, moved: Condvar::new() };
    let (done, results) = mpsc::channel();
    std::thread::scope(|scope| {
        let _stop = Stop(&queue);
        for _ in 0..threads.min(count) {
            let (queue, work, done) = (&queue, &work, done.clone());
            scope.spawn(move || {
                // A panic ends the others as well, and is told when the scope ends.
                let stop = Stop(queue);
                while let Some(index) = queue.next() {
                    if done.send((index, work(index))).is_err() {
                        return;
                    }
                }
                // Others may still have pieces to do.
                std::mem::forget(stop);
            });
        }
        drop(done);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (index, result) in results {
            early.insert(index, result);
            while let Some(result) = early.remove(&due) {
                take(due, result)?;
                due += 1;
                queue.change(|line| line.taken = due);
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_on_any_number_of_threads() {
        for threads in [1, 2, 7] {
            let mut taken = Vec::new();
            let work = |index: usize| {
                std::thread::sleep(std::time::Duration::from_micros((index * 37 % 11) as u64 * 20));
                index * index
            };
            in_order(50, threads, work, |index, result| {
                taken.push((index, result));
                Ok::<_, ()>(())
            })
            .unwrap();
            assert_eq!(taken, (0..50).map(|index| (index, index * index)).collect::<Vec<_>>());
        }
        assert_eq!(in_order(0, 4, |_| (), |_, ()| Err(())), Ok(()));
    }

    #[test]
    fn an_error_ends_the_work() {
        let begun = std::sync::atomic::AtomicUsize::new(0);
        let work = |_| begun.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let result = in_order(1000, 2, work, |index, _| if index == 3 { Err("full") } else { Ok(()) });
        assert_eq!(result, Err("full"));
        assert!(begun.into_inner() < 100);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_ends_the_work_too() {
        let work = |index: usize| assert_ne!(index, 5);
        in_order(1000, 3, work, |_, ()| Ok::<_, ()>(())).unwrap();
    }
}
