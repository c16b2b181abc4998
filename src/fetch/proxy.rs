//! Which proxy the environment names for an address.

use std::ffi::OsString;

use ureq::{Proxy, ProxyProtocol};

use super::FetchError;

/// Variables that name the proxy for addresses of https, and those for addresses of http; the first that is set decides.
const OF_HTTPS: [&str; 3] = ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"];
const OF_HTTP: [&str; 3] = ["HTTP_PROXY", "ALL_PROXY", "HTTPS_PROXY"];

/// A proxy, and how it is told: its address without name and password.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen {
    pub proxy: Option<Proxy>,
    pub shown: Option<String>,
}

/// The proxy for addresses of https, or else for those of http.
///
/// # Errors
/// When the variable holds no address, or one of another kind of proxy: going without a proxy that was asked for would end
/// in an error that says nothing of it.
pub(super) fn of_environment(https: bool) -> Result<Chosen, FetchError> {
    chosen(https, |name| std::env::var_os(name))
}

fn chosen(https: bool, environment: impl Fn(&str) -> Option<OsString>) -> Result<Chosen, FetchError> {
    let set = |name: &str| {
        let value = environment(name).or_else(|| environment(&name.to_lowercase()))?;
        let value = value.to_string_lossy().trim().to_owned();
        (!value.is_empty()).then_some(value)
    };
    let names = if https { OF_HTTPS } else { OF_HTTP };
    let Some((name, value)) = names.iter().find_map(|name| Some((*name, set(name)?))) else {
        return Ok(Chosen::default());
    };
    // A password may stand in the value, so it isn't told.
    let unfit = |what: &str| {
        FetchError::Usage(format!(
            "{name} names {what}; an address such as http://proxy.example.org:3128 is expected, with \
             http://NAME:PASSWORD@ in front where the proxy asks for it"
        ))
    };
    let proxy = Proxy::new(&value).map_err(|_| unfit("no proxy"))?;
    if !matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https) {
        return Err(unfit("a SOCKS proxy, which this program doesn't know"));
    }
    let shown = format!("{}:{}", proxy.host(), proxy.port());
    let mut builder = Proxy::builder(proxy.protocol()).host(proxy.host()).port(proxy.port());
    if let Some(name) = proxy.username() {
        builder = builder.username(name);
    }
    if let Some(password) = proxy.password() {
        builder = builder.password(password);
    }
    for host in set("NO_PROXY").unwrap_or_default().split(',') {
        builder = builder.no_proxy(host.trim());
    }
    let proxy = builder.build().map_err(|_| unfit("no proxy"))?;
    Ok(Chosen { proxy: Some(proxy), shown: Some(shown) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(https: bool, variables: &[(&str, &str)]) -> Result<Chosen, FetchError> {
        let value = |name: &str| Some(variables.iter().find(|(other, _)| *other == name)?.1.into());
        chosen(https, value)
    }

    #[test]
    fn each_kind_of_address_has_its_proxy_and_any_is_better_than_none() {
        let all =
            [("HTTPS_PROXY", "http://safe:1"), ("http_proxy", "plain:2"), ("ALL_PROXY", "http://all:3")];
        for (https, variables, expect) in [
            (true, &all[..], Some("safe:1")),
            (false, &all[..], Some("plain:2")),
            (true, &all[1..], Some("all:3")),
            (true, &all[1..2], Some("plain:2")),
            (true, &[("HTTPS_PROXY", " ")], None),
            (true, &[], None),
        ] {
            assert_eq!(of(https, variables).unwrap().shown.as_deref(), expect, "{variables:?}");
        }
    }

    #[test]
    fn name_and_password_are_used_and_not_told() {
        let found = of(true, &[("HTTPS_PROXY", "http://me:s%40cret@proxy:3128")]).unwrap();
        assert_eq!(found.shown.as_deref(), Some("proxy:3128"));
        let proxy = found.proxy.unwrap();
        assert_eq!((proxy.username(), proxy.password()), (Some("me"), Some("s@cret")));
    }

    #[test]
    fn hosts_that_need_none_are_listed() {
        let found = of(true, &[("HTTPS_PROXY", "proxy:1"), ("NO_PROXY", "a.org, .b.org")]).unwrap();
        let proxy = found.proxy.unwrap();
        for (url, direct) in [("https://a.org/x", true), ("https://x.b.org", true), ("https://c.org", false)]
        {
            assert_eq!(proxy.is_no_proxy(&url.parse().unwrap()), direct, "{url}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_told_without_its_value() {
        for (value, expect) in [("http://", "no proxy"), ("socks5://me:secret@proxy", "a SOCKS proxy")] {
            let error = of(true, &[("ALL_PROXY", value)]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("ALL_PROXY names {expect}")), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
