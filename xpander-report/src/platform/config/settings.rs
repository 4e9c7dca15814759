use super::{
    AGENT_ID, ALLOW_HTTP, API_KEY, BASE_URL, CAPTURE_CONTENT, ConfigBuilder, DISABLED,
    ORGANIZATION_ID, ROLLUP, SCRUB, SPOOL_DIR, TARGETS,
};
use crate::platform::error::ConfigError;
use crate::platform::secret::ApiKey;

/// No characters of a shorter key are shown.
const LONG_KEY: usize = 16;

/// A setting with its effective value; see [`ConfigBuilder::settings`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// Its name in code, such as `base_url`.
    pub name: &'static str,
    /// The environment variable that sets it.
    pub variable: &'static str,
    /// Its value in words. `None` if it has no usable value. For the key, it is only its length, with its last four
    /// characters if there are at least 16.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: Source,
    /// The problem with it, and what to do.
    pub problem: Option<ConfigError>,
}

/// Where a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// A method of the builder.
    Code,
    /// This environment variable.
    Variable(&'static str),
    /// The default.
    Default,
}

impl ConfigBuilder {
    /// All settings that a variable can set, with their value, source and problem, to find out why nothing arrives.
    /// [`build`](Self::build) stops at the first problem; this lists all. The key is not shown.
    ///
    /// ```
    /// use xpander_report::{Config, Source};
    ///
    /// let settings = Config::builder()
    ///     .variables([("XPANDER_API_KEY", "xp-0123456789abcdef"), ("XPANDER_REPORT_DISABLED", "maybe")])
    ///     .agent_id("agent-123")
    ///     .settings();
    /// let setting = |name| settings.iter().find(|setting| setting.name == name).unwrap();
    ///
    /// assert_eq!(setting("agent_id").source, Source::Code);
    /// assert_eq!(setting("base_url").source, Source::Default);
    /// assert_eq!(setting("api_key").source, Source::Variable("XPANDER_API_KEY"));
    /// assert_eq!(setting("api_key").value.as_deref(), Some("19 characters, the last are cdef"));
    /// assert!(setting("disabled").problem.is_some(), "it is neither true nor false");
    /// ```
    pub fn settings(&self) -> Vec<Setting> {
        let base = self
            .resolve_base()
            .map(|url| Some(url.as_str().trim_end_matches('/').to_owned()));
        let (base, no_organization) = match base {
            Err(error) if error.variable == ORGANIZATION_ID => (Ok(None), Some(error)),
            base => (base, None),
        };
        let organization = match no_organization {
            Some(error) => Err(error),
            None => self.given(self.organization_id.as_deref(), ORGANIZATION_ID),
        };
        let base_source = self.base_source().unwrap_or(Source::Variable(BASE_URL));
        let key = self.resolve_key().map(|key| Some(hint(&key)));
        let key_source = match self.api_key {
            Some(_) => Source::Code,
            None => self.source(None, API_KEY),
        };
        let agent = self.given(self.agent_id.as_deref(), AGENT_ID);
        let allow_http = self.variable(ALLOW_HTTP).map(|listed| {
            let hosts = self.allow_http.iter().cloned().chain(listed);
            Some(hosts.collect::<Vec<_>>().join(", "))
        });
        let allow_http_source =
            self.source(self.allow_http.first().map(String::as_str), ALLOW_HTTP);
        let switch = |value: bool| Some(value.to_string());
        [
            ("base_url", BASE_URL, base, base_source),
            (
                "organization_id",
                ORGANIZATION_ID,
                organization,
                self.source(self.organization_id.as_deref(), ORGANIZATION_ID),
            ),
            ("api_key", API_KEY, key, key_source),
            (
                "agent_id",
                AGENT_ID,
                agent,
                self.source(self.agent_id.as_deref(), AGENT_ID),
            ),
            (
                "disabled",
                DISABLED,
                self.is_disabled().map(switch),
                self.source(None, DISABLED),
            ),
            (
                "capture_content",
                CAPTURE_CONTENT,
                self.captures_content().map(switch),
                self.source(None, CAPTURE_CONTENT),
            ),
            (
                "scrub",
                SCRUB,
                self.scrubs().map(switch),
                self.source(None, SCRUB),
            ),
            (
                "targets",
                TARGETS,
                self.targets().map(Some),
                self.source(None, TARGETS),
            ),
            (
                "rollup",
                ROLLUP,
                self.rollup().map(Some),
                self.source(None, ROLLUP),
            ),
            ("allow_http", ALLOW_HTTP, allow_http, allow_http_source),
            (
                "spool",
                SPOOL_DIR,
                self.spool_dir(),
                self.source(None, SPOOL_DIR),
            ),
        ]
        .into_iter()
        .map(|(name, variable, value, source)| {
            let (value, problem) = match value {
                Ok(value) => (value.filter(|value| !value.is_empty()), None),
                Err(error) => (None, Some(error)),
            };
            Setting {
                name,
                variable,
                value,
                source,
                problem,
            }
        })
        .collect()
    }
}

/// The part of the key that may be shown.
fn hint(key: &ApiKey) -> String {
    let ApiKey::Value(key) = key else {
        return "from a function".to_owned();
    };
    let length = key.chars().count();
    if length < LONG_KEY {
        return format!("{length} characters");
    }
    let last: String = key.chars().skip(length - 4).collect();
    format!("{length} characters, the last are {last}")
}
