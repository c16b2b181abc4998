//! Names of devices of libtorch.

use std::fmt;

/// A device of libtorch, whether it is there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The processor.
    Cpu,
    /// The graphics card of that index among those that the process sees (`CUDA_VISIBLE_DEVICES`).
    Cuda(usize),
}

impl Place {
    /// What names look like.
    pub const FORMS: [&'static str; 2] = ["libtorch", "libtorch:cuda:N"];

    /// The device of a name; none where it doesn't look like one.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "libtorch" {
            return Some(Self::Cpu);
        }
        let index = name.strip_prefix("libtorch:cuda:")?;
        // `+1` is a number for Rust, but no index.
        let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
        index.parse().ok().filter(|_| digits).map(Self::Cuda)
    }

    /// The class of devices whose results are comparable, as it enters a run's id.
    pub fn class(self) -> &'static str {
        match self {
            Self::Cpu => "libtorch-cpu",
            Self::Cuda(_) => "libtorch-cuda",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("libtorch"),
            Self::Cuda(index) => write!(f, "libtorch:cuda:{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn names_are_read_and_written() {
        for (name, place) in [
            ("libtorch", Place::Cpu),
            ("libtorch:cuda:0", Place::Cuda(0)),
            ("libtorch:cuda:12", Place::Cuda(12)),
        ] {
            assert_eq!(Place::parse(name), Some(place));
            assert_eq!(place.to_string(), name);
        }
        for name in
            ["cpu", "", "libtorch:", "libtorch:cuda", "libtorch:cuda:", "libtorch:cuda:+1", "libtorch:cuda:x"]
        {
            assert_eq!(Place::parse(name), None, "{name}");
        }
    }
}
