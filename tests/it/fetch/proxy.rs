//! Fetching through a proxy that connects, refuses, or asks for a password.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::secure::{Authority, LATER};
use super::setting::{bytes, command, is_whole, program, sure};
use crate::archive_server::{Reply, Server, head};
use crate::program::Output;

type Headers = BTreeMap<String, String>;

/// A proxy that connects to one port of this machine, whatever host it is asked for.
struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// `status` says what it answers to whom.
    fn new(to: u16, status: impl Fn(&Headers) -> u16 + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, status) = (Arc::clone(&asked), Arc::new(status));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, status) = (Arc::clone(&seen), Arc::clone(&status));
                std::thread::spawn(move || connect(stream, to, &seen, &*status));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn connect(
    mut client: TcpStream,
    to: u16,
    seen: &Mutex<Vec<String>>,
    status: &dyn Fn(&Headers) -> u16,
) -> std::io::Result<()> {
    let (first, headers) = head(&mut client)?;
    seen.lock().unwrap().push(first);
    let status = status(&headers);
    write!(client, "HTTP/1.1 {status} Told\r\n\r\n")?;
    if status != 200 {
        return client.shutdown(Shutdown::Write);
    }
    let host = TcpStream::connect(("127.0.0.1", to))?;
    let (mut from_host, mut to_client) = (host.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_host, &mut to_client);
        to_client.shutdown(Shutdown::Write)
    });
    std::io::copy(&mut client, &mut &host)?;
    host.shutdown(Shutdown::Write)
}

/// A host that nobody but the proxy finds.
const HOST: &str = "https://archives.test/";

/// Base64 of `me:s@cret`.
const CREDENTIALS: &str = "Basic bWU6c0BjcmV0";

#[test]
fn a_proxy_connects_to_hosts_that_only_it_knows() {
    let bytes = bytes(700_000, 40);
    let authority = Authority::new("ours");
    let served = bytes.clone();
    let server = Server::safe("localhost", authority.server("archives.test", LATER), move |request| {
        Reply::file(&served, "\"one\"", request)
    });
    let open = Proxy::new(server.port(), |_| 200);
    let closed = Proxy::new(server.port(), |headers| {
        if headers.get("proxy-authorization").is_some_and(|told| told == CREDENTIALS) { 200 } else { 407 }
    });
    for (name, proxy, credentials) in [("HTTPS_PROXY", &open, ""), ("ALL_PROXY", &closed, "me:s%40cret@")] {
        let program = program(&sure(&bytes));
        let mut command = command(&program, &[HOST], &["--patience", "5s"]);
        command.env(name, format!("http://{credentials}{}", proxy.address));
        command.env("SSL_CERT_FILE", authority.file(&program));
        Output::of(command).expect(0, &["fetched"]);
        is_whole(&program, &bytes);
        assert_eq!(proxy.asked(), ["CONNECT archives.test:443 HTTP/1.1"]);
    }
}

#[test]
fn what_a_proxy_does_not_do_is_told_plainly() {
    let program = program(&sure(&bytes(1000, 41)));
    let through = |address: &str| {
        let mut command = command(&program, &[HOST], &["--patience", "1s"]);
        command.env("HTTPS_PROXY", address);
        Output::of(command)
    };
    for (status, expect) in [
        (403, "the proxy refuses to connect to this host (HTTP 403)"),
        (407, "the proxy asks for a name and a password (HTTP 407)"),
        (502, "the proxy doesn't connect: HTTP 502"),
    ] {
        let proxy = Proxy::new(1, move |_| status);
        let output = through(&format!("http://me:s%40cret@{}", proxy.address));
        output.expect(3, &[expect, &proxy.address, "http://NAME:PASSWORD@proxy.example.org:3128"]);
        assert!(!output.stderr.contains("cret"), "passwords aren't told: {output:?}");
        assert_eq!(proxy.asked().len(), 1, "asking again is of no use");
    }
    through("socks5://127.0.0.1:1").expect(2, &["HTTPS_PROXY names a SOCKS proxy"]);
    through("http://")
        .expect(2, &["HTTPS_PROXY names no proxy", "http://proxy.example.org:3128 is expected"]);
}

#[test]
fn addresses_of_http_go_through_a_proxy_too_and_some_hosts_need_none() {
    let bytes = bytes(1000, 42);
    let server = Server::of(bytes.clone());
    let proxy = Proxy::new(server.port(), |_| 200);
    let fetch = |no_proxy: &str| {
        let program = program(&sure(&bytes));
        let mut command = command(&program, &["http://archives.test/"], &[]);
        command.env("HTTP_PROXY", format!("http://{}", proxy.address)).env("NO_PROXY", no_proxy);
        (Output::of(command), program)
    };
    let (output, program) = fetch("other.test");
    output.expect(0, &["fetched"]);
    is_whole(&program, &bytes);
    assert_eq!(proxy.asked(), ["CONNECT archives.test:80 HTTP/1.1"]);
    fetch("other.test, archives.test").0.expect(3, &["archives.test: the name can't be found"]);
    assert_eq!(proxy.asked().len(), 1);
}
