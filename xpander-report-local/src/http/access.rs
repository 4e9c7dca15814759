//! Access control: the host names that the server answers to, and its token.

use std::fmt;
use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use subtle::ConstantTimeEq;

/// The secret that requests must carry.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    pub(crate) const fn new(token: String) -> Self {
        Self(token)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn matches(&self, given: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(given).into()
    }

    fn is_in(&self, headers: &HeaderMap) -> bool {
        let key = headers.get("x-api-key");
        if key.is_some_and(|key| self.matches(key.as_bytes())) {
            return true;
        }
        let Some((scheme, credentials)) = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.split_once(' '))
        else {
            return false;
        };
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.matches(credentials.trim().as_bytes());
        }
        scheme.eq_ignore_ascii_case("basic")
            && BASE64_STANDARD
                .decode(credentials.trim())
                .is_ok_and(|pair| match pair.iter().position(|byte| *byte == b':') {
                    Some(colon) => self.matches(pair.get(colon + 1..).unwrap_or_default()),
                    None => false,
                })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The host names that the server answers to, and its token.
#[derive(Debug)]
pub(crate) struct Access {
    listening: IpAddr,
    hosts: Vec<String>,
    token: Option<Token>,
}

impl Access {
    pub(crate) fn new(listening: IpAddr, hosts: Vec<String>, token: Option<Token>) -> Self {
        let hosts = hosts.iter().map(|host| canonical(host)).collect();
        Self {
            listening,
            hosts,
            token,
        }
    }

    /// Whether requests for this host, with or without a port, are for this server.
    pub(crate) fn answers_to(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        // No client sends user information in front of the host.
        if authority.as_str().contains('@') {
            return false;
        }
        let name = canonical(authority.host());
        if name == "localhost" || self.hosts.contains(&name) {
            return true;
        }
        // DNS rebinding needs a name, so IP addresses of this machine are safe.
        name.parse().is_ok_and(|ip: IpAddr| {
            ip.is_loopback() || ip == self.listening || self.listening.is_unspecified()
        })
    }

    /// Whether the request carries the token, if there is one.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        self.token.as_ref().is_none_or(|token| token.is_in(headers))
    }
}

/// The host in canonical form: without brackets, port and trailing dot, in lower case.
fn canonical(host: &str) -> String {
    let host = host.trim();
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.split(']').next())
        .unwrap_or(host);
    // An IPv6 address has several colons, a host with a port has one.
    let host = match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => name,
        _ => host,
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(listening: &str, hosts: &[&str]) -> Access {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        Access::new(listening.parse().unwrap(), hosts, None)
    }

    #[test]
    fn only_loopback_names_and_addresses_are_ours() {
        let access = access("127.0.0.1", &[]);
        for host in [
            "localhost",
            "LOCALHOST:9726",
            "localhost.:9726",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]:9726",
            "[::1]",
        ] {
            assert!(access.answers_to(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "localhost@example.com",
            "example.com@localhost",
            "10.0.0.1",
            "[::2]",
            "2130706433",
            "localhost:80:80",
        ] {
            assert!(!access.answers_to(host), "{host}");
        }
    }

    #[test]
    fn named_hosts_are_ours_whatever_their_port_and_case() {
        let access = access("127.0.0.1", &["Build-Box:9000", "10.0.0.7", "[fd00::7]:1"]);
        for host in [
            "build-box",
            "BUILD-BOX.:80",
            "10.0.0.7:1",
            "[fd00::7]",
            "localhost",
        ] {
            assert!(access.answers_to(host), "{host}");
        }
        for host in ["build-box.example", "other", "10.0.0.8"] {
            assert!(!access.answers_to(host), "{host}");
        }
    }

    #[test]
    fn the_address_it_listens_on_is_ours() {
        assert!(access("10.0.0.7", &[]).answers_to("10.0.0.7:9726"));
        assert!(!access("10.0.0.7", &[]).answers_to("10.0.0.8"));
        assert!(access("0.0.0.0", &[]).answers_to("10.0.0.8"));
        assert!(!access("0.0.0.0", &[]).answers_to("example.com"));
    }
}
