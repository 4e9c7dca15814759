//! Access control: the host names that the server answers to, and its tokens.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, RwLock};

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use subtle::ConstantTimeEq;

use crate::sync::ignore_poison;

/// The agents that the holder of a token may act for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agents {
    /// Every agent, and the server itself.
    All,
    /// These agents.
    These(Arc<[String]>),
}

impl Agents {
    /// Whether this agent is one of them.
    pub fn contain(&self, agent: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(agents) => agents.iter().any(|known| known == agent),
        }
    }
}

/// A secret that requests carry, and the agents that it is for.
#[derive(Clone)]
pub struct Token {
    secret: String,
    agents: Agents,
}

impl Token {
    /// A token for every agent.
    pub const fn new(secret: String) -> Self {
        Self::of(secret, Agents::All)
    }

    /// A token for these agents.
    pub const fn of(secret: String, agents: Agents) -> Self {
        Self { secret, agents }
    }

    /// Whether the secret is empty.
    pub const fn is_empty(&self) -> bool {
        self.secret.is_empty()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The host names that the server answers to, and its tokens.
#[derive(Debug)]
pub struct Access {
    /// `None`: all names are allowed.
    hosts: Option<Hosts>,
    /// `None`: no token is needed.
    tokens: Option<RwLock<Arc<[Token]>>>,
}

#[derive(Debug)]
struct Hosts {
    listening: IpAddr,
    names: Vec<String>,
}

impl Access {
    /// Accepts requests for this machine's own names and for `hosts`. If there is a token, requests must carry it.
    pub fn new(listening: IpAddr, hosts: &[String], token: Option<Token>) -> Self {
        let names = hosts.iter().map(|host| canonical(host)).collect();
        Self {
            hosts: Some(Hosts { listening, names }),
            tokens: token.map(|token| RwLock::new(Arc::from([token]))),
        }
    }

    /// Accepts requests for every name. Requests must carry one of the tokens.
    pub fn by_tokens(tokens: Vec<Token>) -> Self {
        Self {
            hosts: None,
            tokens: Some(RwLock::new(tokens.into())),
        }
    }

    /// Replaces the tokens.
    pub fn replace_tokens(&self, tokens: Vec<Token>) {
        if let Some(known) = &self.tokens {
            *ignore_poison(known.write()) = tokens.into();
        }
    }

    /// Whether requests for this host, with or without a port, are for this server.
    pub fn answers_to(&self, host: &str) -> bool {
        let Some(hosts) = &self.hosts else {
            return true;
        };
        let Ok(authority) = host.parse::<Authority>() else {
            return false;
        };
        // No client sends user information in front of the host.
        if authority.as_str().contains('@') {
            return false;
        }
        let name = canonical(authority.host());
        if name == "localhost" || hosts.names.contains(&name) {
            return true;
        }
        // DNS rebinding needs a name, so IP addresses of this machine are safe.
        name.parse().is_ok_and(|ip: IpAddr| {
            ip.is_loopback() || ip == hosts.listening || hosts.listening.is_unspecified()
        })
    }

    /// The agents for which the request may act. `None` if a token is needed and the request carries none of them.
    pub fn admit(&self, headers: &HeaderMap) -> Option<Agents> {
        let Some(tokens) = &self.tokens else {
            return Some(Agents::All);
        };
        let tokens: Arc<[Token]> = Arc::clone(&*ignore_poison(tokens.read()));
        let given = secrets(headers);
        let mut admitted = None;
        // Compares all tokens, so that the time does not reveal which one matches.
        for token in tokens.iter() {
            for given in &given {
                if token.secret.as_bytes().ct_eq(given).into() {
                    admitted = Some(&token.agents);
                }
            }
        }
        admitted.cloned()
    }
}

/// The secrets that a request carries: the API key, a bearer token, the password of a browser.
fn secrets(headers: &HeaderMap) -> Vec<Vec<u8>> {
    let mut secrets = Vec::new();
    if let Some(key) = headers.get("x-api-key") {
        secrets.push(key.as_bytes().to_vec());
    }
    let Some((scheme, credentials)) = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.split_once(' '))
    else {
        return secrets;
    };
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        secrets.push(credentials.as_bytes().to_vec());
    } else if scheme.eq_ignore_ascii_case("basic")
        && let Ok(pair) = BASE64_STANDARD.decode(credentials)
        && let Some(colon) = pair.iter().position(|byte| *byte == b':')
    {
        secrets.push(pair.get(colon + 1..).unwrap_or_default().to_vec());
    }
    secrets
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
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn access(listening: &str, hosts: &[&str]) -> Access {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        Access::new(listening.parse().unwrap(), &hosts, None)
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

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )])
    }

    #[test]
    fn a_token_is_for_its_agents_until_it_is_replaced() {
        let these = Agents::These(Arc::from(["a".to_owned()]));
        let token = Token::of("one".to_owned(), these.clone());
        let access = Access::by_tokens(vec![token, Token::new("two".to_owned())]);
        assert!(access.answers_to("any.example"));
        assert_eq!(
            access.admit(&headers("x-api-key", "one")),
            Some(these.clone())
        );
        assert!(these.contain("a") && !these.contain("b"));
        let basic = format!("Basic {}", BASE64_STANDARD.encode("user:two"));
        for (name, value) in [
            ("x-api-key", "two"),
            ("authorization", "Bearer two"),
            ("authorization", &basic),
        ] {
            let admitted = access.admit(&headers(name, value));
            assert_eq!(admitted, Some(Agents::All), "{name}: {value}");
        }
        for value in ["", "on", "onee", "TWO", "one two"] {
            assert_eq!(access.admit(&headers("x-api-key", value)), None, "{value}");
        }
        assert_eq!(access.admit(&HeaderMap::new()), None);
        access.replace_tokens(vec![Token::new("three".to_owned())]);
        assert_eq!(access.admit(&headers("x-api-key", "two")), None);
        assert_eq!(
            access.admit(&headers("x-api-key", "three")),
            Some(Agents::All)
        );
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
