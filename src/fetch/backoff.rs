//! How long to wait before the next try.

use std::time::Duration;

/// The longest wait.
const LONGEST: Duration = Duration::from_mins(1);

/// Waits that double, from a first one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    first: Duration,
    rounds: u32,
}

impl Backoff {
    pub fn new(first: Duration) -> Self {
        Self { first, rounds: 0 }
    }

    /// The wait before the next round, at least as long as a host asked for within the longest.
    pub fn next(&mut self, asked: Option<Duration>) -> Duration {
        let wait = self.first.saturating_mul(2_u32.saturating_pow(self.rounds)).min(LONGEST);
        self.rounds = self.rounds.saturating_add(1);
        wait.max(asked.unwrap_or_default().min(LONGEST))
    }

    /// Starts from the first wait again: something was received.
    pub fn reset(&mut self) {
        self.rounds = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_heed_the_host() {
        let mut backoff = Backoff::new(Duration::from_secs(1));
        let waits: Vec<u64> = (0..9).map(|_| backoff.next(None).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        backoff.reset();
        assert_eq!(backoff.next(Some(Duration::from_secs(5))).as_secs(), 5);
        assert_eq!(backoff.next(Some(Duration::from_hours(5))).as_secs(), 60);
        let mut many = Backoff::new(Duration::from_secs(1));
        many.rounds = u32::MAX;
        assert_eq!(many.next(None), LONGEST);
    }
}
