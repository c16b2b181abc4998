//! The HTTP client: its patience, its proxy, and whose certificates it believes.

use std::time::Duration;

use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

use super::FetchError;

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(30);

/// A client that follows redirects and takes its proxy from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
///
/// It believes the certificate authorities that Mozilla does and, for a proxy that looks into connections, those of the
/// PEM file that `SSL_CERT_FILE` names.
pub(super) struct Client {
    /// For addresses of http.
    plain: Agent,
    /// For addresses of https, which lead nowhere else.
    safe: Agent,
    /// The proxy's address without name and password.
    pub proxy: Option<String>,
}

impl Client {
    /// A client that gives up a connection on which nothing comes for as long as `patience`.
    ///
    /// # Errors
    /// When the file of `SSL_CERT_FILE` can't be read or isn't PEM.
    pub fn new(patience: Duration) -> Result<Self, FetchError> {
        let roots = roots()?;
        let proxy = Proxy::try_from_env();
        let agent = |https_only| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .https_only(https_only)
                .timeout_connect(Some(CONNECT))
                .timeout_per_read(Some(patience))
                .proxy(proxy.clone())
                .user_agent(concat!("ege-bench/", env!("CARGO_PKG_VERSION")));
            let config = match &roots {
                Some(roots) => config.tls_config(TlsConfig::builder().root_certs(roots.clone()).build()),
                None => config,
            };
            config.build().new_agent()
        };
        let shown = proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port()));
        Ok(Self { plain: agent(false), safe: agent(true), proxy: shown })
    }

    /// The client for an address.
    pub fn agent(&self, url: &str) -> Agent {
        if url.starts_with("https://") { self.safe.clone() } else { self.plain.clone() }
    }
}

/// Certificate authorities of the user's own.
fn roots() -> Result<Option<RootCerts>, FetchError> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let unfit = |what: String| {
        FetchError::Usage(format!("SSL_CERT_FILE names {}: {what}", std::path::Path::new(&path).display()))
    };
    let text = fs_err::read(&path).map_err(|error| unfit(error.kind().to_string()))?;
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
