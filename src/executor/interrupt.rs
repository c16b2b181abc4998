//! Ctrl-C and its kin: the first asks for a checkpoint, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// The exit code after a second signal, as shells give it to a process that SIGINT ended: 128 + 2.
pub const SECOND_INTERRUPT_CODE: i32 = 130;

/// Whether a stop was requested; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    requests: Arc<AtomicUsize>,
    /// No request of the user's: a signal after it is the first one.
    expired: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens to SIGINT, SIGTERM and SIGHUP from now on.
    ///
    /// The first one requests a stop and calls `announce`. The second one ends the process at once with
    /// [`SECOND_INTERRUPT_CODE`]: every file is replaced as a whole, so nothing is damaged, and the last
    /// checkpoint stands.
    ///
    /// A signal that the parent had set to be ignored is listened to as well: shells do that to SIGINT for jobs in
    /// the background of a script, `nohup` to SIGHUP. A run below `nohup` so ends at a checkpoint when its terminal
    /// goes; `setsid` keeps it going.
    ///
    /// # Errors
    /// When the signals can't be listened to, or this was called before.
    pub fn on_signals(announce: impl Fn() + Send + 'static) -> Result<Self, ctrlc::Error> {
        let interrupt = Self::default();
        let heard = interrupt.clone();
        ctrlc::set_handler(move || {
            if heard.request() > 1 {
                std::process::exit(SECOND_INTERRUPT_CODE);
            }
            announce();
        })?;
        Ok(interrupt)
    }

    /// Listens to the same signals from now on; each requests a stop, and none ends the process.
    ///
    /// For a process whose parent hears them as well and decides.
    ///
    /// # Errors
    /// When the signals can't be listened to, or this or [`on_signals`](Self::on_signals) was called before.
    pub fn on_signals_patiently() -> Result<Self, ctrlc::Error> {
        let interrupt = Self::default();
        let heard = interrupt.clone();
        ctrlc::set_handler(move || {
            heard.request();
        })?;
        Ok(interrupt)
    }

    /// Requests a stop once so much time has passed, and calls `announce`.
    pub fn after(&self, time: Duration, announce: impl FnOnce() + Send + 'static) {
        let interrupt = self.clone();
        // The thread ends with the process, if not before.
        std::thread::spawn(move || {
            std::thread::sleep(time);
            if !interrupt.is_requested() {
                interrupt.expired.store(true, Ordering::SeqCst);
                announce();
            }
        });
    }

    /// Requests a stop and returns how many requests there are now.
    pub fn request(&self) -> usize {
        self.requests.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// True once a stop is requested.
    pub fn is_requested(&self) -> bool {
        self.requests.load(Ordering::SeqCst) > 0 || self.expired.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_request() {
        let interrupt = Interrupt::default();
        let clone = interrupt.clone();
        assert!(!clone.is_requested());
        assert_eq!(interrupt.request(), 1);
        assert!(clone.is_requested());
        assert_eq!(clone.request(), 2);
    }

    #[test]
    fn time_runs_out_without_a_signal() {
        let interrupt = Interrupt::default();
        let (told, hears) = std::sync::mpsc::channel();
        interrupt.after(Duration::from_millis(1), move || told.send(()).expect("the test listens"));
        hears.recv_timeout(Duration::from_mins(1)).unwrap();
        assert!(interrupt.is_requested());
        // The first signal after it is the first one.
        assert_eq!(interrupt.request(), 1);
    }
}
