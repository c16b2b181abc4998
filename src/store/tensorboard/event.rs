//! The messages of an event file: `Event` and `Summary` of `tensorflow/core/util/event.proto` and
//! `tensorflow/core/framework/summary.proto`, as far as scalars need them.

use crate::store::EpochEvent;

/// The first event of every file.
const VERSION: &str = "brain.Event:2";
/// `SessionLog.SessionStatus.START`: what earlier files have from its step on is drawn no more.
const SESSION_START: u64 = 1;

/// Fields of `Event`, `SessionLog`, `Summary` and `Summary.Value`.
const WALL_TIME: u64 = 1;
const STEP: u64 = 2;
const FILE_VERSION: u64 = 3;
const SUMMARY: u64 = 5;
const SESSION_LOG: u64 = 7;
const STATUS: u64 = 1;
const VALUE: u64 = 1;
const TAG: u64 = 1;
const SIMPLE_VALUE: u64 = 2;

/// The message that says what the file is.
pub(super) fn version(time: f64) -> Vec<u8> {
    message(time, 0, FILE_VERSION, VERSION.as_bytes())
}

/// The message that a session begins with this epoch.
pub(super) fn session_start(time: f64, epoch: usize) -> Vec<u8> {
    let mut content = Vec::new();
    put_varint_field(&mut content, STATUS, SESSION_START);
    message(time, epoch, SESSION_LOG, &content)
}

/// The message of an epoch's scalars.
pub(super) fn epoch(time: f64, event: &EpochEvent) -> Vec<u8> {
    let scalars = [
        ("loss/train", event.train_loss),
        ("loss/selection", event.selection_loss),
        ("iou/selection", event.selection_iou),
        ("learning_rate", event.learning_rate),
        ("images_per_second", event.images_per_second),
    ];
    message(time, event.epoch, SUMMARY, &summary(&scalars))
}

/// An `Event` whose content is the field `field`.
fn message(time: f64, step: usize, field: u64, content: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    put_varint(&mut message, WALL_TIME << 3 | 1);
    message.extend(time.to_le_bytes());
    if step > 0 {
        put_varint_field(&mut message, STEP, step as u64);
    }
    put_bytes_field(&mut message, field, content);
    message
}

/// A `Summary` of named scalars, which TensorBoard keeps in single precision.
fn summary(scalars: &[(&str, f64)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, value) in scalars {
        let mut content = Vec::new();
        put_bytes_field(&mut content, TAG, tag.as_bytes());
        put_varint(&mut content, SIMPLE_VALUE << 3 | 5);
        content.extend((*value as f32).to_le_bytes());
        put_bytes_field(&mut summary, VALUE, &content);
    }
    summary
}

fn put_varint_field(message: &mut Vec<u8>, field: u64, value: u64) {
    put_varint(message, field << 3);
    put_varint(message, value);
}

fn put_bytes_field(message: &mut Vec<u8>, field: u64, content: &[u8]) {
    put_varint(message, field << 3 | 2);
    put_varint(message, content.len() as u64);
    message.extend(content);
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn put_varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

/// The step of an `Event` with scalars; none for any other.
pub(super) fn epoch_of(mut message: &[u8]) -> Option<usize> {
    let (mut step, mut scalars) = (0, false);
    while !message.is_empty() {
        let key = take_varint(&mut message)?;
        let length = match key & 7 {
            0 => {
                let value = take_varint(&mut message)?;
                if key >> 3 == STEP {
                    step = value as usize;
                }
                0
            }
            1 => 8,
            2 => take_varint(&mut message)? as usize,
            5 => 4,
            _ => return None,
        };
        message = message.get(length..)?;
        scalars |= key >> 3 == SUMMARY;
    }
    scalars.then_some(step)
}

fn take_varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TensorBoard 2.21.0: `Event(...).SerializeToString()` of `tensorboard.compat.proto.event_pb2`.
    #[test]
    fn messages_are_those_of_tensorboard() {
        let check = |message: &[u8], expect: &str| {
            let hex: Vec<String> = message.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex.concat(), expect);
        };
        check(&version(1_700_000_000.25), "0900001040fc54d9411a0d627261696e2e4576656e743a32");
        check(&session_start(1_700_000_000.5, 300), "0900002040fc54d94110ac023a020801");
        let scalars = [("loss/train", 0.375), ("iou/selection", 0.0)];
        check(
            &message(1_700_000_001.5, 300, SUMMARY, &summary(&scalars)),
            "0900006040fc54d94110ac022a290a110a0a6c6f73732f747261696e150000c03e0a140a0d696f752f73656c656374696f\
             6e1500000000",
        );
    }

    #[test]
    fn only_scalars_tell_of_an_epoch() {
        assert_eq!(epoch_of(&message(1.0, 300, SUMMARY, &summary(&[("a", 1.0)]))), Some(300));
        assert_eq!(epoch_of(&version(1.0)), None);
        assert_eq!(epoch_of(&session_start(1.0, 300)), None);
        for bytes in [&b"\xff"[..], b"\x0f", b"\x2a\x05ab", &[0xff; 12]] {
            assert_eq!(epoch_of(bytes), None, "{bytes:?}");
        }
    }
}
