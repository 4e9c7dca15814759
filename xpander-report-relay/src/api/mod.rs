//! The platform's calls that a reporting program makes, and the relay's own.

mod dead_letters;
mod health;
mod metrics;
mod reports;
mod setup;
mod tasks;

use axum::Router;
use axum::http::{Method, Uri};
use axum::routing::{delete, get, post};
use xpander_report_http::access::Agents;
use xpander_report_http::problem::Problem;
use xpander_report_http::server::method_not_allowed;

use crate::app::App;
use crate::store::NotDone;

/// After how many seconds somebody may ask again.
const RETRY_AFTER: u32 = 5;

/// What needs a token, if there are some.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/agent-execution/{id}/report_task", post(reports::accept))
        .route("/agents/{id}", get(setup::agent))
        .route("/agents/list", get(not_found))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .route("/xpander-relay", get(health::status))
        .route(
            "/xpander-relay/dead-letters",
            get(dead_letters::list)
                .post(dead_letters::retry_all)
                .delete(dead_letters::purge_all),
        )
        .route(
            "/xpander-relay/dead-letters/{id}",
            post(dead_letters::retry).delete(dead_letters::purge),
        )
        .route("/xpander-relay/tasks/{id}", delete(tasks::purge))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
}

/// What is open to everybody.
pub(crate) fn open_routes() -> Router<App> {
    Router::new().route("/healthz", get(health::alive))
}

async fn not_found(method: Method, uri: Uri) -> Problem {
    Problem::not_found(format!(
        "There is nothing at {method} {}. This is a relay: it accepts and delivers reports. Ask \
         the platform for tasks and agents.",
        uri.path()
    ))
}

/// Lets only who may act for every agent go on.
fn for_all_agents(agents: &Agents) -> Result<(), Problem> {
    match agents {
        Agents::All => Ok(()),
        Agents::These(_) => Err(Problem::forbidden(
            "This needs a token for all agents: a token with * on its line in the relay's tokens \
             file.",
        )),
    }
}

fn not_done(not_done: NotDone) -> Problem {
    match not_done {
        NotDone::Unavailable(why) => Problem::unavailable(sentence(&why), RETRY_AFTER),
        NotDone::TooLarge(why) => Problem::too_large(sentence(&why)),
    }
}

/// With a capital at the start and a stop at the end.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase());
    let first: String = first.into_iter().flatten().collect();
    format!("{first}{}.", characters.as_str())
}
