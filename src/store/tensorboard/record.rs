//! The framing of an event file: `TFRecord`s, each a length, its checksum, bytes, and their checksum.
//!
//! A torn last record is what a killed process leaves; readers take it for one that is still being written.

/// A `TFRecord`.
pub(super) fn record(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    let (of_length, of_message) = (checksum(&length).to_le_bytes(), checksum(message).to_le_bytes());
    [&length[..], &of_length, message, &of_message].concat()
}

/// The messages of a file's whole records.
pub(super) fn messages(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (of_length, rest) = rest.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*of_length) != checksum(length) {
            return None;
        }
        let (message, rest) = rest.split_at_checked(u64::from_le_bytes(*length) as usize)?;
        let (of_message, rest) = rest.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*of_message) != checksum(message) {
            return None;
        }
        bytes = rest;
        Some(message)
    })
}

/// CRC-32C, masked as `tensorflow/core/lib/hash/crc32c.h` does it.
fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first record of a file that TensorBoard 2.21.0 wrote: `RecordWriter.write` of
    /// `tensorboard.summary.writer.record_writer`.
    #[test]
    fn a_record_is_that_of_tensorboard() {
        let message = b"\x09\x00\x00\x10\x40\xfc\x54\xd9\x41\x1a\x0dbrain.Event:2";
        let expect = [&b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22"[..], message, b"\x33\x8d\x2f\xe9"].concat();
        assert_eq!(record(message), expect);
        assert_eq!(messages(&expect).collect::<Vec<_>>(), [message]);
    }

    #[test]
    fn what_is_torn_or_damaged_ends_the_file() {
        let whole = [record(b"one"), record(b"two")].concat();
        for length in 0..whole.len() {
            let expect = usize::from(length >= record(b"one").len());
            assert_eq!(messages(&whole[..length]).count(), expect, "{length} bytes");
        }
        for position in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[position] ^= 1;
            let expect = usize::from(position >= record(b"one").len());
            assert_eq!(messages(&damaged).count(), expect, "byte {position}");
        }
        assert_eq!(messages(&whole).collect::<Vec<_>>(), [b"one", b"two"]);
    }
}
