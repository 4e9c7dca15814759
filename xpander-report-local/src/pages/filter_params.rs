//! The filter parameters in the links of a page.

use std::collections::{BTreeMap, HashMap};

use super::links::encode;
use crate::http::path::LOCAL;

/// The parameters of a filter and its order, as [`QueryString::filter`](crate::http::query_string::QueryString::filter) reads them.
const FILTER: [&str; 10] = [
    "organization",
    "agent",
    "status",
    "tool",
    "model",
    "q",
    "last",
    "from",
    "to",
    "sort",
];

/// The status of a filter for all tasks that count as failed.
pub(super) const FAILED: &str = "failed,error";

/// The filter parameters of a page, which its links keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FilterParams(BTreeMap<&'static str, String>);

impl FilterParams {
    pub(super) fn of(parameters: &HashMap<String, String>) -> Self {
        let params = FILTER.into_iter().filter_map(|name| {
            let value = parameters.get(name).filter(|value| !value.is_empty())?;
            Some((name, value.clone()))
        });
        Self(params.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Adds an agent. An agent of another organization than `local` needs its organization too.
    pub(super) fn with_agent(&self, agent_id: &str, organization_id: &str) -> Self {
        let of = self.with("agent", agent_id);
        match organization_id {
            LOCAL => of,
            other => of.with("organization", other),
        }
    }

    pub(super) fn with(&self, name: &'static str, value: impl Into<String>) -> Self {
        let mut params = self.clone();
        params.0.insert(name, value.into());
        params
    }

    pub(super) fn without(&self, names: &[&str]) -> Self {
        let mut params = self.clone();
        params.0.retain(|name, _| !names.contains(name));
        params
    }

    /// The link to another page with these parameters.
    pub(super) fn at(&self, path: &str) -> String {
        let mut address = path.to_owned();
        for (index, (name, value)) in self.0.iter().enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            address.push_str(&format!("{mark}{name}={}", encode(value)));
        }
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(parameters: &[(&str, &str)]) -> FilterParams {
        let parameters = parameters.iter();
        FilterParams::of(
            &parameters
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn links_keep_the_filter_and_nothing_else() {
        let params = params(&[("q", "a&b"), ("status", ""), ("older", "7"), ("agent", "x")]);
        assert_eq!(params.at("/"), "/?agent=x&q=a%26b");
        assert_eq!(params.without(&["q"]).at("/"), "/?agent=x");
        assert_eq!(
            params.with("agent", "y z").at("/tasks.csv"),
            "/tasks.csv?agent=y%20z&q=a%26b"
        );
        assert_eq!(FilterParams::default().at("/"), "/");
    }
}
