//! Fetching over TLS: whom a certificate has to be from, and what is told where it isn't.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test that called it")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;

use super::setting::{bytes, command, is_whole, program, sure};
use crate::archive_server::{Reply, Server};
use crate::program::{Output, Program};

/// An authority that nobody but a test trusts.
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// What a server of that host needs, until the end of that year.
    pub fn server(&self, host: &str, year: i32) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth();
        Arc::new(config.with_single_cert(vec![certificate.der().clone()], key.into()).unwrap())
    }

    /// The file that makes it trusted, in the program's folder.
    pub fn file(&self, program: &Program) -> PathBuf {
        let path = program.folder().join("authority.pem");
        fs_err::write(&path, &self.pem).unwrap();
        path
    }
}

/// Long after this test will have been forgotten.
pub const LATER: i32 = 2999;

#[test]
fn a_certificate_of_the_users_authority_is_trusted_and_no_other() {
    let bytes = bytes(700_000, 30);
    let program = program(&sure(&bytes));
    let (authority, other) = (Authority::new("ours"), Authority::new("theirs"));
    let served = bytes.clone();
    let server = Server::safe("localhost", authority.server("localhost", LATER), move |request| {
        Reply::file(&served, "\"one\"", request)
    });
    let fetch = |trusted: Option<&Authority>| {
        let mut command = command(&program, &[server.address()], &["--patience", "5s"]);
        if let Some(authority) = trusted {
            command.env("SSL_CERT_FILE", authority.file(&program));
        }
        Output::of(command)
    };
    for trusted in [None, Some(&other)] {
        let output = fetch(trusted);
        output.expect(3, &["its certificate is from nobody who is trusted here", "SSL_CERT_FILE"]);
        assert!(!output.stderr.contains("trying again"), "asking again is of no use: {output:?}");
    }
    assert!(server.requests().is_empty(), "nothing is asked of whom nobody trusts");
    fetch(Some(&authority)).expect(0, &["fetched"]);
    is_whole(&program, &bytes);
}

#[test]
fn a_certificate_that_has_expired_or_is_for_another_host_is_told() {
    let program = program(&sure(&bytes(1000, 31)));
    let authority = Authority::new("ours");
    let check = |host: &str, year: i32, expect: &str| {
        let server = Server::safe("localhost", authority.server(host, year), |_| Reply::whole(&[]));
        let mut command = command(&program, &[server.address()], &[]);
        command.env("SSL_CERT_FILE", authority.file(&program));
        Output::of(command).expect(3, &[expect, "hint: "]);
    };
    check("localhost", 2001, "its certificate has expired, or this machine's clock is wrong");
    check(
        "elsewhere.test",
        LATER,
        "its certificate isn't accepted: certificate not valid for name \"localhost\"",
    );
}

#[test]
fn a_host_that_speaks_no_tls_is_told() {
    let program = program(&sure(&bytes(1000, 32)));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // What servers of HTTP say to a greeting that they don't understand.
            let _ =
                stream.read(&mut [0; 16]).and_then(|_| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        }
    });
    let output = Output::of(command(&program, &[&address], &["--patience", "5s"]));
    output.expect(3, &["127.0.0.1", "no safe connection", "corrupt message"]);
}

#[test]
fn a_redirect_from_https_to_http_is_refused() {
    let program = program(&sure(&bytes(1000, 33)));
    let authority = Authority::new("ours");
    let plain = Server::of(bytes(1000, 33));
    let to = plain.address().to_owned();
    let server = Server::safe("localhost", authority.server("localhost", LATER), move |_| {
        Reply::status(302).header("Location", &to)
    });
    let mut command = command(&program, &[server.address()], &[]);
    command.env("SSL_CERT_FILE", authority.file(&program));
    Output::of(command).expect(3, &["redirected from https to http://", "not safe"]);
    assert!(plain.requests().is_empty());
}

#[test]
fn a_file_that_holds_no_authority_is_told_before_anything_is_done() {
    let program = program(&sure(&bytes(1000, 34)));
    for (text, expect) in [(None, "authority.pem: "), (Some("text"), "holds no certificate")] {
        let path = program.folder().join("authority.pem");
        if let Some(text) = text {
            fs_err::write(&path, text).unwrap();
        }
        let mut command = command(&program, &["https://host.invalid/"], &[]);
        command.env("SSL_CERT_FILE", &path);
        Output::of(command).expect(2, &["SSL_CERT_FILE names", expect]);
        assert!(!program.folder().join("data/archives").exists());
    }
}
