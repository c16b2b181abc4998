//! What can go wrong between this machine and a host, in words, and whether it is worth another try.

use std::io;
use std::time::Duration;

/// What a host, or the way to it, answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub kind: FaultKind,
    /// What happened, in words.
    pub message: String,
    /// How long the host asks to wait.
    pub wait: Option<Duration>,
}

/// How a fault is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// It may go better the next time.
    Passing,
    /// The host's name can't be found.
    NoName,
    /// The proxy doesn't do what it should.
    Proxy,
    /// The host's certificate isn't accepted.
    Certificate,
    /// This host doesn't give this file.
    Refused,
}

impl Fault {
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), wait: None }
    }

    /// What an answer that isn't the file means.
    pub fn status(status: u16, wait: Option<Duration>) -> Self {
        let (kind, what) = match status {
            404 | 410 => (FaultKind::Refused, "there is no such file"),
            401 | 403 => (FaultKind::Refused, "the host denies access"),
            407 => (FaultKind::Proxy, "the proxy asks for a name and a password"),
            408 => (FaultKind::Passing, "the host waited too long"),
            429 => (FaultKind::Passing, "the host asks to slow down"),
            500..=599 => (FaultKind::Passing, "the host has trouble"),
            _ => (FaultKind::Refused, "not an answer with the file"),
        };
        Self { kind, message: format!("HTTP {status}: {what}"), wait }
    }

    /// What an error of the client means.
    pub fn of(error: &ureq::Error, proxy: Option<&str>) -> Self {
        let through = proxy.map(|proxy| format!(" (through the proxy {proxy})")).unwrap_or_default();
        let (kind, message) = match error {
            ureq::Error::HostNotFound => (FaultKind::NoName, format!("the name can't be found{through}")),
            ureq::Error::InvalidProxyUrl => {
                (FaultKind::Proxy, "the address of the proxy in the environment is not one".to_owned())
            }
            ureq::Error::ConnectProxyFailed(told) => {
                (FaultKind::Proxy, format!("{}{through}", refused(told)))
            }
            ureq::Error::Timeout(_) => (FaultKind::Passing, format!("nothing came for too long{through}")),
            ureq::Error::ConnectionFailed => (FaultKind::Passing, format!("can't connect{through}")),
            ureq::Error::Tls(told) => (FaultKind::Certificate, format!("TLS: {told}{through}")),
            ureq::Error::Rustls(told) => return Self::of_tls(&told.to_string(), &through),
            ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed => {
                (FaultKind::Refused, "it is redirected without end".to_owned())
            }
            ureq::Error::RequireHttpsOnly(to) => {
                (FaultKind::Refused, format!("it is redirected from https to {to}, which is not safe"))
            }
            ureq::Error::BadUri(told) => (FaultKind::Refused, format!("not an address: {told}")),
            ureq::Error::Io(error) => return Self::io(error, proxy),
            other => (FaultKind::Passing, format!("{other}{through}")),
        };
        Self::new(kind, message)
    }

    /// What the TLS library says of a connection.
    fn of_tls(told: &str, through: &str) -> Self {
        let Some(told) = told.strip_prefix(BAD_CERTIFICATE) else {
            return Self::new(FaultKind::Passing, format!("no safe connection: {told}{through}"));
        };
        let message = match told {
            "UnknownIssuer" => "its certificate is from nobody who is trusted here".to_owned(),
            told if told.starts_with("certificate expired") => {
                format!("its certificate has expired, or this machine's clock is wrong ({told})")
            }
            told => format!("its certificate isn't accepted: {told}"),
        };
        Self::new(FaultKind::Certificate, format!("{message}{through}"))
    }

    /// What an error of the connection means.
    pub fn io(error: &io::Error, proxy: Option<&str>) -> Self {
        // The client hands some of its own errors through a reader.
        if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
            return Self::of(inner, proxy);
        }
        let through = proxy.map(|proxy| format!(" (through the proxy {proxy})")).unwrap_or_default();
        // So does the TLS library, whose errors wait for nothing.
        if error.kind() == io::ErrorKind::InvalidData && error.get_ref().is_some() {
            return Self::of_tls(&error.to_string(), &through);
        }
        // The standard library gives this error no kind of its own.
        let text = error.to_string();
        if ["failed to lookup address", "No such host is known"].iter().any(|begin| text.starts_with(begin)) {
            return Self::new(FaultKind::NoName, format!("the name can't be found{through}"));
        }
        let message = match error.kind() {
            io::ErrorKind::ConnectionRefused => "the connection is refused".to_owned(),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                "the connection was cut".to_owned()
            }
            io::ErrorKind::UnexpectedEof => "the connection ended early".to_owned(),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "nothing came for too long".to_owned(),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
                "the network can't be reached".to_owned()
            }
            _ => text,
        };
        Self::new(FaultKind::Passing, format!("{message}{through}"))
    }
}

/// How the TLS library begins what it says of a certificate.
const BAD_CERTIFICATE: &str = "invalid peer certificate: ";

/// Why a proxy doesn't connect, of the client's words.
fn refused(told: &str) -> String {
    let status = told.strip_prefix("proxy server responded ").and_then(|rest| rest.split('/').next());
    match status {
        Some("407") => "the proxy asks for a name and a password (HTTP 407)".to_owned(),
        Some("403") => "the proxy refuses to connect to this host (HTTP 403)".to_owned(),
        Some(status) => format!("the proxy doesn't connect: HTTP {status}"),
        None => format!("the proxy doesn't connect: {told}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_go_better_is_told_from_what_does_not() {
        for (status, kind) in [
            (404, FaultKind::Refused),
            (403, FaultKind::Refused),
            (418, FaultKind::Refused),
            (407, FaultKind::Proxy),
            (429, FaultKind::Passing),
            (500, FaultKind::Passing),
            (503, FaultKind::Passing),
        ] {
            assert_eq!(Fault::status(status, None).kind, kind, "{status}");
        }
        let fault = Fault::of(&ureq::Error::HostNotFound, Some("http://proxy:3128"));
        assert_eq!(fault.kind, FaultKind::NoName);
        assert_eq!(fault.message, "the name can't be found (through the proxy http://proxy:3128)");
        let wrapped = io::Error::other(ureq::Error::HostNotFound);
        assert_eq!(Fault::io(&wrapped, None).kind, FaultKind::NoName);
    }
}
