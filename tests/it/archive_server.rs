//! A small HTTP server that gives archives well or badly, as a test wants it.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Path of the address, from `/`.
    pub path: String,
    /// Headers by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// How many requests came before.
    pub number: usize,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Bytes of the body after which the connection is cut.
    cut: Option<usize>,
    /// Bytes of the body after which nothing more comes for this time.
    stall: Option<(usize, Duration)>,
    /// Whether the length is told.
    length: bool,
}

impl Request {
    /// The first byte that is asked for.
    pub fn from(&self) -> Option<usize> {
        self.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut: None, stall: None, length: true }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The whole file, by a server that knows no ranges.
    pub fn whole(bytes: &[u8]) -> Self {
        Self { body: bytes.to_vec(), ..Self::status(200) }
    }

    /// The part that is asked for, as the standard has it (RFC 9110, sections 13.1.5 and 14).
    pub fn file(bytes: &[u8], etag: &str, request: &Request) -> Self {
        let same = request.headers.get("if-range").is_none_or(|mark| mark == etag);
        Self::part(bytes, etag, if same { request.from() } else { None })
    }

    /// The bytes from there on, whatever `If-Range` says.
    pub fn part(bytes: &[u8], etag: &str, from: Option<usize>) -> Self {
        let all = bytes.len();
        let reply = match from {
            None => Self::whole(bytes),
            Some(from) if from >= all => Self::status(416).header("Content-Range", &format!("bytes */{all}")),
            Some(from) => Self { body: bytes[from..].to_vec(), ..Self::status(206) }
                .header("Content-Range", &format!("bytes {from}-{}/{all}", all - 1)),
        };
        reply.header("ETag", etag).header("Accept-Ranges", "bytes")
    }

    /// Cuts the connection after so many bytes.
    pub fn cut(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    /// Sends nothing for a time after so many bytes.
    pub fn stall(mut self, bytes: usize, time: Duration) -> Self {
        self.stall = Some((bytes, time));
        self
    }

    /// Doesn't tell the length: the end is where the connection ends.
    pub fn without_length(mut self) -> Self {
        self.length = false;
        self
    }
}

/// A running server; it goes with the test's process.
pub struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

type Answer = dyn Fn(&Request) -> Reply + Send + Sync;

impl Server {
    pub fn new(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::listening("http", "127.0.0.1", answer, |stream, seen, answer| serve(stream, seen, answer))
    }

    /// Gives these bytes under any name.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self::new(move |request| Reply::file(&bytes, "\"one\"", request))
    }

    /// Answers over TLS under `host`, which is this machine.
    pub fn safe(
        host: &str,
        tls: Arc<rustls::ServerConfig>,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listening("https", host, answer, move |stream, seen, answer| {
            let connection =
                rustls::ServerConnection::new(Arc::clone(&tls)).map_err(std::io::Error::other)?;
            let mut stream = rustls::StreamOwned::new(connection, stream);
            serve(&mut stream, seen, answer)?;
            stream.conn.send_close_notify();
            stream.flush()
        })
    }

    fn listening(
        scheme: &str,
        host: &str,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
        serve: impl Fn(TcpStream, &Mutex<Vec<Request>>, &Answer) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("{scheme}://{host}:{}/", listener.local_addr().unwrap().port());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer, serve) = (Arc::clone(&requests), Arc::new(answer), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer, serve) = (Arc::clone(&seen), Arc::clone(&answer), Arc::clone(&serve));
                std::thread::spawn(move || {
                    // A client that goes away is no failure of the test.
                    let _ = serve(stream, &seen, &*answer);
                });
            }
        });
        Self { address, requests }
    }

    /// Its address, with `/` at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The port that it listens to.
    pub fn port(&self) -> u16 {
        self.address.trim_end_matches('/').rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// What was asked for so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// First bytes that were asked for so far; none where the whole was.
    pub fn asked_from(&self) -> Vec<Option<usize>> {
        self.requests().iter().map(Request::from).collect()
    }
}

/// The lines of a request up to the empty one, the first by itself and the others by their names in lower case.
pub fn head(stream: &mut impl Read) -> std::io::Result<(String, BTreeMap<String, String>)> {
    let mut text = Vec::new();
    // Byte by byte: what follows is none of this reader's business.
    while !text.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        text.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    Ok((first, headers.collect()))
}

fn serve(mut stream: impl Read + Write, seen: &Mutex<Vec<Request>>, answer: &Answer) -> std::io::Result<()> {
    let (first, headers) = head(&mut stream)?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let request = {
        let mut seen = seen.lock().unwrap();
        let request = Request { path, headers, number: seen.len() };
        seen.push(request.clone());
        request
    };
    send(stream, &answer(&request))
}

fn send(mut stream: impl Write, reply: &Reply) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Told\r\nConnection: close\r\n", reply.status);
    if reply.length {
        write!(head, "Content-Length: {}\r\n", reply.body.len()).unwrap();
    }
    for (name, value) in &reply.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    let end = reply.cut.unwrap_or(usize::MAX).min(reply.body.len());
    let pause = reply.stall.map_or(end, |(bytes, _)| bytes.min(end));
    stream.write_all(&reply.body[..pause])?;
    stream.flush()?;
    if let Some((_, time)) = reply.stall {
        std::thread::sleep(time);
    }
    stream.write_all(&reply.body[pause..end])?;
    stream.flush()
}
