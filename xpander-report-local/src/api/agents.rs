use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::caller::{Caller, Id};
use super::json::{Agent, ListedAgent};
use crate::problem::Problem;
use crate::server::App;

/// `GET /agents/list`
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    app.run(move |store| {
        let agents = store.agents(&caller.organization)?;
        Ok(Json(agents.iter().map(ListedAgent::from).collect::<Vec<_>>()).into_response())
    })
    .await
}

/// `GET /agents/{agent_id}`
pub(super) async fn agent(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Problem> {
    app.run(move |store| match store.agent(&caller.organization, &id)? {
        Some(agent) => Ok(Json(Agent::from(&agent)).into_response()),
        None => Err(Problem::not_found(format!(
            "There is no agent {id:?} in the organization {:?}; the first report creates it.",
            caller.organization
        ))),
    })
    .await
}
