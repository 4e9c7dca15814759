//! Normalizes the paths of requests. Clients are configured with base URLs that contain mounts and
//! organizations, and join them with more or fewer slashes.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use percent_encoding::percent_decode_str;

/// The first segments of the API. A segment before them is a mount or an organization.
const API: [&str; 5] = [
    "agent-execution",
    "agents",
    "agents-metrics",
    "activity",
    "xpander-relay",
];

/// The first segments of the pages. A task id after them may be `agents`.
const PAGES: [&str; 2] = ["assets", "tasks"];

/// The one path of the public API, which has other mounts.
const PUBLIC: [&str; 2] = ["v1", "tasks"];

/// A mount of the public platform, which is not an organization.
const MOUNT: &str = "agent-controller";

/// The organization of a request whose path names none.
pub const LOCAL: &str = "local";

/// The organization that a request's path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization(
    /// Its id, decoded.
    pub String,
);

/// Reduces the path of an API request to the route, and stores its organization in the request.
pub async fn rewrite(mut request: Request) -> Request {
    if let Some((path, organization)) = split(request.uri().path()) {
        let rewritten = match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        if let Ok(rewritten) = rewritten.parse::<PathAndQuery>() {
            *request.uri_mut() = Uri::from(rewritten);
            request.extensions_mut().insert(organization);
        }
    }
    request
}

/// The route's path and the organization. The path stays percent-encoded, so that `%2F` stays inside its
/// segment. `None` for a path that is not the API's.
fn split(path: &str) -> Option<(String, Organization)> {
    let segments: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    if segments.first().is_some_and(|first| PAGES.contains(first)) {
        return None;
    }
    let start = segments
        .iter()
        .position(|segment| API.contains(segment))
        .or_else(|| {
            segments
                .ends_with(&PUBLIC)
                .then(|| segments.len() - PUBLIC.len())
        })?;
    let (dropped, kept) = segments.split_at(start);
    let organization = dropped
        .iter()
        .rfind(|segment| !segment.eq_ignore_ascii_case(MOUNT))
        .map_or_else(
            || LOCAL.into(),
            |segment| percent_decode_str(segment).decode_utf8_lossy(),
        );
    Some((
        format!("/{}", kept.join("/")),
        Organization(organization.into_owned()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, rewritten: &str, organization: &str) {
        let expected = Some((rewritten.to_owned(), Organization(organization.to_owned())));
        assert_eq!(split(path), expected, "{path}");
    }

    #[test]
    fn the_last_segment_in_front_is_the_organization() {
        check(
            "/agent-execution/a/report_task",
            "/agent-execution/a/report_task",
            "local",
        );
        check(
            "//org-1/agent-execution/a/report_task",
            "/agent-execution/a/report_task",
            "org-1",
        );
        check(
            "/agent-controller/org-1/agents/list",
            "/agents/list",
            "org-1",
        );
        check("/Agent-Controller//agents/list", "/agents/list", "local");
        check(
            "/proxy/v2/org-1/agent-controller/activity/a/t",
            "/activity/a/t",
            "org-1",
        );
        check("/my%20org/agents/list", "/agents/list", "my org");
        check("/v1/tasks", "/v1/tasks", "local");
        check("//org-1//v1/tasks", "/v1/tasks", "org-1");
        check("/v1/org-1/agents/list", "/agents/list", "org-1");
    }

    #[test]
    fn ids_that_look_like_routes_stay_ids() {
        check(
            "/agent-execution/agents/report_task",
            "/agent-execution/agents/report_task",
            "local",
        );
        check(
            "/agent-execution/a%2Fagents%2Fb/status",
            "/agent-execution/a%2Fagents%2Fb/status",
            "local",
        );
        assert_eq!(split("/tasks/agents"), None);
        assert_eq!(split("/"), None);
    }
}
