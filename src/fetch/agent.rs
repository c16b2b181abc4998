//! The HTTP client: its patience, its proxy, and whose certificates it believes.

use std::time::Duration;

use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::FetchError;
use super::proxy::{self, Chosen};

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(30);

/// A client that follows redirects and takes its proxy from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
///
/// It believes the certificate authorities that Mozilla does or, where `SSL_CERT_FILE` names a PEM file, those in it: a
/// proxy that looks into connections has one of its own.
pub(super) struct Client {
    /// For addresses of http.
    plain: Agent,
    /// For addresses of https, which lead nowhere else.
    safe: Agent,
    /// Addresses of the proxies of both, without name and password.
    shown: [Option<String>; 2],
}

impl Client {
    /// A client that gives up a connection on which nothing comes for as long as `patience`.
    ///
    /// # Errors
    /// When the file of `SSL_CERT_FILE` can't be read or isn't PEM, and when the proxy's address isn't one.
    pub fn new(patience: Duration) -> Result<Self, FetchError> {
        let roots = roots()?;
        let agent = |https_only| {
            let Chosen { proxy, shown } = proxy::of_environment(https_only)?;
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .https_only(https_only)
                .timeout_connect(Some(CONNECT))
                .timeout_per_read(Some(patience))
                .proxy(proxy)
                .user_agent(concat!("ege-bench/", env!("CARGO_PKG_VERSION")));
            let config = match &roots {
                Some(roots) => config.tls_config(TlsConfig::builder().root_certs(roots.clone()).build()),
                None => config,
            };
            Ok::<_, FetchError>((config.build().new_agent(), shown))
        };
        let ((plain, of_plain), (safe, of_safe)) = (agent(false)?, agent(true)?);
        Ok(Self { plain, safe, shown: [of_plain, of_safe] })
    }

    /// The client for an address.
    pub fn agent(&self, url: &str) -> Agent {
        if is_safe(url) { self.safe.clone() } else { self.plain.clone() }
    }

    /// The proxy for an address, to be told of.
    pub fn proxy(&self, url: &str) -> Option<&str> {
        self.shown[usize::from(is_safe(url))].as_deref()
    }
}

fn is_safe(url: &str) -> bool {
    url.starts_with("https://")
}

/// Certificate authorities of the user's own.
fn roots() -> Result<Option<RootCerts>, FetchError> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let unfit = |what: String| {
        FetchError::Usage(format!("SSL_CERT_FILE names {}: {what}", std::path::Path::new(&path).display()))
    };
    let text = fs_err::read(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => unfit("there is no such file".to_owned()),
        kind => unfit(kind.to_string()),
    })?;
    let mut certificates = Vec::new();
    for item in parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(unfit(format!("is not PEM: {error}"))),
        }
    }
    if certificates.is_empty() {
        return Err(unfit("holds no certificate".to_owned()));
    }
    Ok(Some(RootCerts::new_with_certs(&certificates)))
}
