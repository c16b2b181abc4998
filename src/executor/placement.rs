//! Which worker gets which device.

use std::ffi::OsString;

/// Devices with room for workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    devices: Vec<String>,
    /// Workers that each device has room for.
    rooms: Vec<usize>,
    jobs: usize,
}

impl Placement {
    /// Room for workers on the devices: `jobs` in all, by default one for each device, and `each` on one of them at most, by
    /// default no more than it takes for that many.
    pub fn new(devices: Vec<String>, jobs: Option<usize>, each: Option<usize>) -> Self {
        let count = devices.len().max(1);
        let jobs = jobs.unwrap_or_else(|| count * each.unwrap_or(1)).max(1);
        let each = each.unwrap_or_else(|| jobs.div_ceil(count)).max(1);
        Self { rooms: vec![each; devices.len()], devices, jobs: jobs.min(each * count) }
    }

    /// Workers at one time.
    pub fn jobs(&self) -> usize {
        self.jobs
    }

    /// From now on there is room for so many workers on that device, one at least.
    pub fn narrow(&mut self, device: usize, workers: usize) {
        self.rooms[device] = workers.max(1).min(self.rooms[device]);
    }

    /// For how many workers there is room on a device.
    pub fn room(&self, device: usize) -> usize {
        self.rooms[device]
    }

    /// The name of a device.
    pub fn name(&self, device: usize) -> &str {
        &self.devices[device]
    }

    /// The device for the next worker where workers are on devices of these indices: of those with room the one with the
    /// fewest, the first of equals; none where no worker may begin.
    pub fn free(&self, taken: impl Iterator<Item = usize>) -> Option<usize> {
        let mut workers = vec![0; self.devices.len()];
        for device in taken {
            workers[device] += 1;
        }
        if workers.iter().sum::<usize>() >= self.jobs {
            return None;
        }
        let open = workers.iter().enumerate().filter(|(device, workers)| **workers < self.rooms[*device]);
        open.min_by_key(|(_, workers)| **workers).map(|(device, _)| device)
    }

    /// What a worker is told so that it works on that device.
    pub(super) fn argument(&self, device: usize) -> OsString {
        format!("--device={}", self.devices[device]).into()
    }
}

#[cfg(test)]
mod tests {
    use super::Placement;

    fn placement(devices: usize, jobs: Option<usize>, each: Option<usize>) -> Placement {
        Placement::new((0..devices).map(|index| format!("card-{index}")).collect(), jobs, each)
    }

    /// Begins workers until none may begin, and says on which devices.
    fn filled(placement: &Placement) -> Vec<usize> {
        let mut taken = Vec::new();
        while let Some(device) = placement.free(taken.iter().copied()) {
            taken.push(device);
        }
        taken
    }

    #[test]
    fn devices_are_filled_evenly_and_no_further_than_they_may_be() {
        for (devices, jobs, each, expect) in [
            (1, None, None, &[0][..]),
            (1, Some(3), None, &[0, 0, 0]),
            (1, Some(3), Some(2), &[0, 0]),
            (3, None, None, &[0, 1, 2]),
            (3, Some(2), None, &[0, 1]),
            (2, Some(3), None, &[0, 1, 0]),
            (2, None, Some(2), &[0, 1, 0, 1]),
            (2, Some(3), Some(2), &[0, 1, 0]),
        ] {
            let placement = placement(devices, jobs, each);
            assert_eq!(filled(&placement), expect, "{placement:?}");
            assert_eq!(placement.jobs(), expect.len());
        }
    }

    #[test]
    fn the_device_that_was_left_is_the_next_one() {
        let placement = placement(3, None, None);
        assert_eq!(placement.free([0, 2].into_iter()), Some(1));
        assert_eq!(placement.argument(1), "--device=card-1");
    }

    #[test]
    fn a_device_that_has_room_for_fewer_gets_fewer() {
        let mut placement = placement(2, None, Some(3));
        placement.narrow(1, 2);
        assert_eq!(filled(&placement), [0, 1, 0, 1, 0]);
        placement.narrow(1, 3);
        assert_eq!(placement.room(1), 2, "never more again");
        placement.narrow(0, 0);
        assert_eq!(filled(&placement), [0, 1, 1], "one at least");
    }
}
