mod settings;

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{ClientBuilder, Url};
pub use settings::{Setting, Source};

use super::error::ConfigError;
use super::secret::ApiKey;

const API_KEY: &str = "XPANDER_API_KEY";
const AGENT_ID: &str = "XPANDER_AGENT_ID";
const BASE_URL: &str = "XPANDER_BASE_URL";
const ORGANIZATION_ID: &str = "XPANDER_ORGANIZATION_ID";
const ALLOW_HTTP: &str = "XPANDER_REPORT_ALLOW_HTTP";
const CAPTURE_CONTENT: &str = "XPANDER_REPORT_CAPTURE_CONTENT";
const SCRUB: &str = "XPANDER_REPORT_SCRUB";
const DISABLED: &str = "XPANDER_REPORT_DISABLED";
const TARGETS: &str = "XPANDER_REPORT_TARGETS";
const ROLLUP: &str = "XPANDER_REPORT_ROLLUP";
const SPOOL_DIR: &str = "XPANDER_REPORT_SPOOL_DIR";
const IS_STG: &str = "IS_STG";

const PRODUCTION: &str = "https://inbound.xpander.ai";
const STAGING: &str = "https://inbound.stg.xpander.ai";

pub(crate) type CustomiseHttp = dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync;

/// All characters except RFC 3986's unreserved ones are encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The platform's address and the key, for a [`Client`] or a [`Reporter`].
///
/// Settings that the builder does not set come from the environment:
///
/// | setting | variable | if neither is set |
/// |---|---|---|
/// | `api_key` | `XPANDER_API_KEY` | an error |
/// | `agent_id` | `XPANDER_AGENT_ID` | each report must name its agent |
/// | `base_url` | `XPANDER_BASE_URL` | the public platform (its staging if `IS_STG` is `true`) |
/// | `organization_id` | `XPANDER_ORGANIZATION_ID` | none; an agent controller requires one |
/// | `allow_http` | `XPANDER_REPORT_ALLOW_HTTP` (hosts, comma-separated) | plain http only to private hosts |
///
/// ```
/// use xpander_report::Config;
///
/// let config = Config::builder()
///     .base_url("http://127.0.0.1:4319")
///     .api_key("local")
///     .agent_id("agent-123")
///     .build()?;
/// assert!(!format!("{config:?}").contains("\"local\""), "the key is never shown");
/// # Ok::<(), xpander_report::ConfigError>(())
/// ```
///
/// [`Client`]: crate::Client
/// [`Reporter`]: crate::Reporter
#[derive(Clone)]
pub struct Config {
    pub(crate) base: Url,
    pub(crate) api_key: ApiKey,
    pub(crate) agent_id: Option<Arc<str>>,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) http: Option<Arc<CustomiseHttp>>,
    /// The name of the relay that uses this configuration, if one does.
    #[cfg(feature = "_relay")]
    pub(crate) relay: Option<Arc<str>>,
}

// It never changes, so a panic cannot leave it broken.
impl UnwindSafe for Config {}
impl RefUnwindSafe for Config {}

impl Config {
    /// An empty builder. Unset settings come from the environment.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    /// The configuration from the environment.
    ///
    /// # Errors
    /// A variable is missing or malformed. The error names it.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// The platform's effective address, with the organization if there is one.
    pub fn base_url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The agent of reports without an agent of their own.
    pub fn agent_id(&self) -> Option<&str> {
        self.agent_id.as_deref()
    }

    /// The agent `named`, else the configuration's.
    pub(crate) fn agent<'a>(&'a self, named: Option<&'a str>) -> Result<&'a str, ConfigError> {
        named
            .or(self.agent_id.as_deref())
            .ok_or(ConfigError::missing(AGENT_ID, "agent_id"))
    }

    /// The URL of an endpoint. Each segment is encoded.
    pub(crate) fn endpoint(&self, segments: &[&str]) -> Result<Url, ConfigError> {
        let mut address = self.base_url().to_owned();
        for segment in segments {
            // A URL cannot contain these segments, encoded or not: they always mean "this directory" and "its parent".
            if matches!(*segment, "" | "." | "..") {
                return Err(ConfigError::invalid(
                    AGENT_ID,
                    "id",
                    format!("`{segment}` cannot be part of a URL; use another id"),
                ));
            }
            address.push('/');
            address.extend(utf8_percent_encode(segment, ENCODED));
        }
        Url::parse(&address).map_err(|error| {
            ConfigError::invalid(BASE_URL, "base_url", format!("`{address}`: {error}"))
        })
    }

    /// Whether the platform runs on this machine: its host is a loopback address, `localhost` or a name that
    /// ends in `.localhost`.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }

    /// Whether requests bypass the environment's proxy. They do for this machine, and for plain http to a private host,
    /// because the proxy would see the key.
    ///
    /// ```
    /// use xpander_report::Config;
    ///
    /// let bypasses_proxy = |url: &str| {
    ///     let config = Config::builder().base_url(url).api_key("k").build();
    ///     config.map(|config| config.bypasses_proxy())
    /// };
    /// assert!(bypasses_proxy("http://platform.internal")?);
    /// assert!(bypasses_proxy("https://app.localhost")?);
    /// assert!(!bypasses_proxy("https://platform.internal")?);
    /// # Ok::<(), xpander_report::ConfigError>(())
    /// ```
    pub fn bypasses_proxy(&self) -> bool {
        self.is_loopback() || (self.base.scheme() == "http" && is_private(self.host()))
    }

    /// If the host is a name of this machine: the name and its loopback addresses (RFC 6761). A DNS server could return
    /// the address of another machine.
    pub(crate) fn loopback_name(&self) -> Option<(&str, [SocketAddr; 2])> {
        const ADDRESSES: [IpAddr; 2] = [
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ];
        let host = self.host();
        // Port 0 means the port of the URL.
        is_localhost(host).then(|| (host, ADDRESSES.map(|ip| SocketAddr::new(ip, 0))))
    }

    fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.base_url())
            .field("api_key", &self.api_key)
            .field("agent_id", &self.agent_id)
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Config`].
#[derive(Clone, Default)]
#[must_use]
pub struct ConfigBuilder {
    base_url: Option<String>,
    api_key: Option<ApiKey>,
    agent_id: Option<String>,
    organization_id: Option<String>,
    allow_http: Vec<String>,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
    variables: Option<Arc<HashMap<String, String>>>,
    http: Option<Arc<CustomiseHttp>>,
}

impl ConfigBuilder {
    /// The platform's address. The default scheme is https. An empty address does not mean the public platform: it
    /// falls back to `XPANDER_BASE_URL`, or is an error.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The API key.
    pub fn api_key(mut self, api_key: impl AsRef<str>) -> Self {
        self.api_key = Some(ApiKey::value(api_key.as_ref()));
        self
    }

    /// A function that returns the key for each request, for keys that rotate. It runs on the library's own thread.
    pub fn api_key_provider(
        mut self,
        provider: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        self.api_key = Some(ApiKey::Provider(Arc::new(provider)));
        self
    }

    /// The agent of reports without an agent of their own.
    pub fn agent_id(mut self, agent_id: impl Into<String>) -> Self {
        self.agent_id = Some(agent_id.into());
        self
    }

    /// The organization, for your own agent controller.
    pub fn organization_id(mut self, organization_id: impl Into<String>) -> Self {
        self.organization_id = Some(organization_id.into());
        self
    }

    /// Allows plain http to this host. Loopback and private hosts (private address literals, names
    /// without a dot, `.local`, `.internal`, `.svc.cluster.local`) need no allowance.
    pub fn allow_http(mut self, host: impl Into<String>) -> Self {
        self.allow_http.push(host.into());
        self
    }

    /// How long a connection may take to open; 5 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How long a request may take, connecting included; 15 s by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Customises the HTTP client before it is built, for example with a proxy, a certificate authority or a TLS
    /// configuration. Afterwards the library sets its timeouts and disables redirects, which would pass on the key. It
    /// is called on the library's own thread.
    pub fn http(
        mut self,
        customise: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.http = Some(Arc::new(customise));
        self
    }

    /// Reads these variables instead of the process's environment.
    pub fn variables<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<String>,
    {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        self.variables = Some(Arc::new(variables));
        self
    }

    /// Whether the environment disables reporting.
    pub(crate) fn is_disabled(&self) -> Result<bool, ConfigError> {
        Ok(self.switch(DISABLED, "disabled")?.unwrap_or(false))
    }

    /// Whether the environment allows content in reports.
    pub(crate) fn captures_content(&self) -> Result<bool, ConfigError> {
        Ok(self
            .switch(CAPTURE_CONTENT, "capture_content")?
            .unwrap_or(true))
    }

    /// Whether the environment has secrets scrubbed.
    pub(crate) fn scrubs(&self) -> Result<bool, ConfigError> {
        Ok(self.switch(SCRUB, "scrub")?.unwrap_or(true))
    }

    /// The targets that the environment lists.
    pub(crate) fn targets(&self) -> Result<String, ConfigError> {
        Ok(self.variable(TARGETS)?.unwrap_or_default())
    }

    /// The rolled-up targets that the environment lists.
    pub(crate) fn rollup(&self) -> Result<String, ConfigError> {
        Ok(self.variable(ROLLUP)?.unwrap_or_default())
    }

    /// The spool directory that the environment names.
    pub(crate) fn spool_dir(&self) -> Result<Option<String>, ConfigError> {
        self.given(None, SPOOL_DIR)
    }

    fn switch(
        &self,
        variable: &'static str,
        setting: &'static str,
    ) -> Result<Option<bool>, ConfigError> {
        let value = self.variable(variable)?.unwrap_or_default();
        match value.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "0" | "false" | "no" | "off" => Ok(Some(false)),
            "1" | "true" | "yes" | "on" => Ok(Some(true)),
            other => Err(ConfigError::invalid(
                variable,
                setting,
                format!("`{other}` is neither `true` nor `false`; use one of these"),
            )),
        }
    }

    /// Checks and completes the configuration.
    ///
    /// # Errors
    /// A setting is missing or malformed. The error names the variable that would set it.
    pub fn build(self) -> Result<Config, ConfigError> {
        Ok(Config {
            api_key: self.resolve_key()?,
            base: self.resolve_base()?,
            agent_id: self
                .given(self.agent_id.as_deref(), AGENT_ID)?
                .map(Into::into),
            connect_timeout: self.connect_timeout.unwrap_or(Duration::from_secs(5)),
            timeout: self.timeout.unwrap_or(Duration::from_secs(15)),
            http: self.http,
            #[cfg(feature = "_relay")]
            relay: None,
        })
    }

    fn resolve_key(&self) -> Result<ApiKey, ConfigError> {
        let api_key = match &self.api_key {
            Some(key) => Some(key.clone()),
            None => self.given(None, API_KEY)?.map(|key| ApiKey::value(&key)),
        };
        match api_key {
            None => Err(ConfigError::missing(API_KEY, "api_key")),
            Some(ApiKey::Value(key)) if key.is_empty() => {
                Err(ConfigError::missing(API_KEY, "api_key"))
            }
            Some(ApiKey::Value(key)) if !key.bytes().all(|byte| matches!(byte, b'!'..=b'~')) => {
                Err(ConfigError::invalid(
                    API_KEY,
                    "api_key",
                    "it contains a character that no key contains (a space, a line break or a \
                     non-ASCII letter); copy it again",
                ))
            }
            Some(key) => Ok(key),
        }
    }

    fn resolve_base(&self) -> Result<Url, ConfigError> {
        let invalid = |problem| ConfigError::invalid(BASE_URL, "base_url", problem);
        let text = match self.base_source()? {
            Source::Code => self.base_url.as_deref().map(|url| url.trim().to_owned()),
            Source::Variable(BASE_URL) => self.variable(BASE_URL)?.map(|url| url.trim().to_owned()),
            _ if self.base_url.is_some() => {
                return Err(ConfigError::missing(BASE_URL, "base_url"));
            }
            Source::Variable(_) => Some(STAGING.to_owned()),
            Source::Default => Some(PRODUCTION.to_owned()),
        };
        let text = text.filter(|text| !text.is_empty()).ok_or_else(|| {
            invalid(
                "it is set but empty; unset it to use the public platform, or set the address"
                    .to_owned(),
            )
        })?;
        let full = if text.contains("://") {
            text.clone()
        } else {
            format!("https://{text}")
        };
        let mut url = Url::parse(&full).map_err(|error| {
            // A URL that cannot be parsed may contain a password anywhere.
            let shown = if text.contains('@') {
                "the address"
            } else {
                without_query(&text)
            };
            invalid(format!("{shown} is not a valid address: {error}"))
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid(
                "it contains a user name or password; put the key into XPANDER_API_KEY".to_owned(),
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid(format!(
                "`{}` is followed by a query or a fragment; remove it",
                without_query(&text)
            )));
        }
        self.check_scheme(&url)?;
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        if wants_organization(&url) {
            let organization = self
                .given(self.organization_id.as_deref(), ORGANIZATION_ID)?
                .ok_or(ConfigError::missing(ORGANIZATION_ID, "organization_id"))?;
            let encoded = utf8_percent_encode(&organization, ENCODED);
            url.set_path(&format!("{path}/{encoded}"));
        }
        Ok(url)
    }

    fn check_scheme(&self, url: &Url) -> Result<(), ConfigError> {
        let host = url.host_str().unwrap_or_default();
        match url.scheme() {
            "https" => Ok(()),
            "http" if is_private(host) || self.allows_http(host)? => Ok(()),
            "http" => Err(ConfigError::invalid(
                BASE_URL,
                "base_url",
                format!(
                    "plain http to `{host}` would expose the key; use https, or allow this host \
                     with `allow_http` or {ALLOW_HTTP}"
                ),
            )),
            scheme => Err(ConfigError::invalid(
                BASE_URL,
                "base_url",
                format!("`{scheme}` is not a supported scheme; use https"),
            )),
        }
    }

    fn allows_http(&self, host: &str) -> Result<bool, ConfigError> {
        let listed = self.variable(ALLOW_HTTP)?.unwrap_or_default();
        Ok(self
            .allow_http
            .iter()
            .map(String::as_str)
            .chain(listed.split(','))
            .any(|allowed| bare(allowed.trim()).eq_ignore_ascii_case(bare(host))))
    }

    /// The explicit value, else the variable's; empty counts as not given.
    fn given(
        &self,
        explicit: Option<&str>,
        variable: &'static str,
    ) -> Result<Option<String>, ConfigError> {
        let value = match self.source(explicit, variable) {
            Source::Code => explicit.map(str::to_owned),
            _ => self.variable(variable)?,
        };
        Ok(value
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty()))
    }

    /// Where a setting comes from: the builder, unless its value is empty, else the variable.
    fn source(&self, explicit: Option<&str>, variable: &'static str) -> Source {
        if explicit.is_some_and(|explicit| !explicit.trim().is_empty()) {
            Source::Code
        } else if matches!(self.variable(variable), Ok(None)) {
            Source::Default
        } else {
            Source::Variable(variable)
        }
    }

    fn base_source(&self) -> Result<Source, ConfigError> {
        Ok(match self.source(self.base_url.as_deref(), BASE_URL) {
            Source::Default if self.variable(IS_STG)?.as_deref() == Some("true") => {
                Source::Variable(IS_STG)
            }
            source => source,
        })
    }

    fn variable(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        match &self.variables {
            Some(variables) => Ok(variables.get(name).cloned()),
            None => std::env::var_os(name)
                .map(|value| {
                    value.into_string().map_err(|_| {
                        ConfigError::invalid(name, name, "its value is not UTF-8; set it again")
                    })
                })
                .transpose(),
        }
    }
}

impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigBuilder")
            .field("agent_id", &self.agent_id)
            .field("organization_id", &self.organization_id)
            .finish_non_exhaustive()
    }
}

/// An agent controller serves each organization under its own path.
fn wants_organization(url: &Url) -> bool {
    const CONTROLLER: &str = "agent-controller";
    let first_segment = url.path_segments().and_then(|mut segments| segments.next());
    url.host_str().is_some_and(|host| host.contains(CONTROLLER))
        || url.port() == Some(9016)
        || first_segment.is_some_and(|segment| segment.eq_ignore_ascii_case(CONTROLLER))
}

fn is_private(host: &str) -> bool {
    match address(host) {
        Some(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        Some(IpAddr::V6(v6)) => {
            v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()
        }
        None => {
            let host = bare(host);
            is_localhost(host)
                || !host.contains('.')
                || [".local", ".internal", ".svc.cluster.local"]
                    .iter()
                    .any(|suffix| host.ends_with(suffix))
        }
    }
}

fn is_loopback(host: &str) -> bool {
    is_localhost(host) || address(host).is_some_and(|address| address.is_loopback())
}

/// Whether the host is a name that always means this machine (RFC 6761).
fn is_localhost(host: &str) -> bool {
    let host = bare(host);
    host == "localhost" || host.ends_with(".localhost")
}

/// The host without the trailing dot of a fully qualified name.
fn bare(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// The IP address that the host is. An IPv4 address inside an IPv6 one counts as the former.
fn address(host: &str) -> Option<IpAddr> {
    let address: IpAddr = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()?;
    Some(address.to_canonical())
}

/// The part of a URL that may be shown: a query and a fragment may contain a secret.
fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}
