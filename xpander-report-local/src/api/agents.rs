use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::caller::{Caller, Id};
use super::json::{self, ListedAgentJson};
use crate::app::App;
use crate::http::problem::{Invalid, Loc, Problem};

/// `GET /agents/list`
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // Only a request for one agent has this header, so the agent is called `list`. Without the header it is
    // found as `%6Cist`.
    if headers.contains_key("x-agent-version") {
        return one(app, caller, "list".to_owned()).await;
    }
    app.run(move |store| {
        let agents = store.agents(&caller.organization)?;
        Ok(Json(agents.iter().map(ListedAgentJson::from).collect::<Vec<_>>()).into_response())
    })
    .await
}

/// `GET /agents/{agent_id}`
pub(super) async fn agent(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Problem> {
    one(app, caller, id).await
}

async fn one(app: App, caller: Caller, id: String) -> Result<Response, Problem> {
    app.run(move |store| match store.agent(&caller.organization, &id)? {
        Some(agent) => Ok(Json(json::agent(&agent)).into_response()),
        None => Err(no_agent(&id, &caller)),
    })
    .await
}

/// `PATCH /agents/{agent_id}/sync_local_tools`: checks the body and stores nothing, since the local platform
/// calls no tools.
pub(super) async fn sync_local_tools(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    request: Request,
) -> Result<Response, Problem> {
    let (body, _in_progress) = app.bodies.read_text(request.into_body()).await?;
    if serde_json::from_str::<Vec<&serde_json::value::RawValue>>(&body).is_err() {
        let at = [Loc::Name("body")];
        let invalid = Invalid::new(&at, "list_type", "Input should be a valid list");
        return Err(Problem::invalid(vec![invalid]));
    }
    app.run(move |store| match store.agent(&caller.organization, &id)? {
        Some(_) => Ok(Json(json!({ "graph": [] })).into_response()),
        None => Err(no_agent(&id, &caller)),
    })
    .await
}

fn no_agent(id: &str, caller: &Caller) -> Problem {
    Problem::not_found(format!(
        "There is no agent {id:?} in the organization {:?}; the first report creates it.",
        caller.organization
    ))
}
