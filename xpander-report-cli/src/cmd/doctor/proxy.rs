use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use xpander_report::{Config, ConfigBuilder};

use super::finding::Finding;

/// The proxy that the requests take, without its user and password.
pub(super) fn of(config: &Config) -> Option<Uri> {
    if config.bypasses_proxy() {
        return None;
    }
    let base = config.base_url().parse().ok()?;
    let intercept = Matcher::from_system().intercept(&base)?;
    // The part after the authority may contain a secret.
    let uri = intercept.uri();
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    format!("{scheme}://{authority}").parse().ok()
}

/// The proxy as a setting. `None` when the base URL is invalid.
pub(super) fn setting(builder: &ConfigBuilder) -> Option<Finding> {
    // The proxy does not depend on the key.
    let config = builder.clone().api_key("none").build().ok()?;
    let variables: &[_] = if config.base_url().starts_with("https:") {
        &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    };
    let variable = variables
        .iter()
        .find(|variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty()));
    let mut finding = Finding::ok("proxy", "none");
    finding.source = match (of(&config), variable) {
        (Some(proxy), variable) => {
            finding.says = Some(proxy.to_string());
            Some(
                variable
                    .map_or("the system's settings", |variable| *variable)
                    .to_owned(),
            )
        }
        (None, Some(_)) if config.is_loopback() => {
            Some("the platform is on this machine".to_owned())
        }
        (None, Some(_)) if config.bypasses_proxy() => {
            Some("plain http to a private host uses no proxy".to_owned())
        }
        (None, Some(variable)) => Some(format!("{variable} does not apply to this address")),
        (None, None) => None,
    };
    Some(finding)
}
