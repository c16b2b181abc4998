//! One request, on a thread of its own, so that whoever waits for it can stop waiting.

use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use ureq::Agent;
use ureq::http::HeaderMap;

use super::fault::Fault;

/// Bytes that are handed over at a time.
const PIECE: usize = 256 << 10;

/// Pieces that may wait to be written.
const WAITING: usize = 8;

/// What a request brings, in order.
#[derive(Debug)]
pub(super) enum Piece {
    /// The host's answer, first.
    Head(Head),
    /// The next bytes of the file.
    Bytes(Vec<u8>),
    /// The end of what the host sends.
    End,
    /// It failed; nothing follows.
    Failed(Fault),
}

/// The host's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub status: u16,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Bytes that follow, where the host tells it.
    pub length: Option<u64>,
    /// First byte and size of the whole, of a `Content-Range`.
    pub range: Option<(u64, Option<u64>)>,
    pub retry_after: Option<Duration>,
}

/// What is asked for.
pub(super) struct Ask {
    pub url: String,
    /// The first byte; the whole file where it is 0.
    pub from: u64,
    /// What the host must confirm to send a part.
    pub validator: Option<String>,
    /// The proxy, to be told of in faults.
    pub proxy: Option<String>,
}

/// Starts the request. Whoever drops the receiver ends it with its next piece.
pub(super) fn start(agent: Agent, ask: Ask) -> Receiver<Piece> {
    let (pieces, receiver) = sync_channel(WAITING);
    std::thread::spawn(move || {
        if let Err(fault) = run(&agent, &ask, &pieces) {
            let _ = pieces.send(Piece::Failed(fault));
        }
    });
    receiver
}

fn run(agent: &Agent, ask: &Ask, pieces: &SyncSender<Piece>) -> Result<(), Fault> {
    let proxy = ask.proxy.as_deref();
    // Compressed on the way it would have other bytes than those that ranges count.
    let mut request = agent.get(&ask.url).header("Accept-Encoding", "identity");
    if ask.from > 0 {
        request = request.header("Range", format!("bytes={}-", ask.from));
        if let Some(validator) = &ask.validator {
            request = request.header("If-Range", validator);
        }
    }
    let response = request.call().map_err(|error| Fault::of(&error, proxy))?;
    let status = response.status().as_u16();
    let head = head(status, response.headers());
    let follows = matches!(status, 200 | 206);
    if pieces.send(Piece::Head(head)).is_err() || !follows {
        return Ok(());
    }
    let mut body = response.into_body().into_with_config().limit(u64::MAX).reader();
    loop {
        let mut bytes = vec![0; PIECE];
        match body.read(&mut bytes) {
            Ok(0) => {
                let _ = pieces.send(Piece::End);
                return Ok(());
            }
            Ok(read) => {
                bytes.truncate(read);
                if pieces.send(Piece::Bytes(bytes)).is_err() {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Fault::io(&error, proxy)),
        }
    }
}

fn head(status: u16, headers: &HeaderMap) -> Head {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Head {
        status,
        etag: text("etag"),
        last_modified: text("last-modified"),
        length: text("content-length").and_then(|length| length.trim().parse().ok()),
        range: text("content-range").as_deref().and_then(content_range),
        retry_after: text("retry-after").and_then(|wait| wait.trim().parse().ok()).map(Duration::from_secs),
    }
}

/// First byte and size of the whole of `bytes 100-199/1000`; for `bytes */1000` the size stands for both.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let total: Option<u64> = if total == "*" { None } else { Some(total.parse().ok()?) };
    let first = if range == "*" { total? } else { range.split_once('-')?.0.trim().parse().ok()? };
    Some((first, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_answers_are_read() {
        for (text, expect) in [
            ("bytes 100-199/1000", Some((100, Some(1000)))),
            ("bytes 0-9/*", Some((0, None))),
            ("bytes */1000", Some((1000, Some(1000)))),
            ("bytes */*", None),
            ("bytes", None),
            ("items 0-9/10", None),
            ("bytes -5/10", None),
            ("bytes 99999999999999999999-1/2", None),
        ] {
            assert_eq!(content_range(text), expect, "{text}");
        }
    }
}
