//! What a reporting program asks to check its set-up.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use xpander_report_http::access::Agents;
use xpander_report_http::caller::{Caller, Id};
use xpander_report_http::problem::Problem;
use xpander_report_http::record::AgentJson;

use super::reports::check_agent;
use crate::app::App;

/// `GET /agents/{agent_id}`: any agent that the token is for.
pub(super) async fn agent(
    State(app): State<App>,
    _caller: Caller,
    Extension(agents): Extension<Agents>,
    Id(agent): Id,
) -> Result<Response, Problem> {
    check_agent(&agents, &agent)?;
    let record = AgentJson::new(&agent, app.organization(), app.started_at);
    Ok(Json(record.of_relay(&app.name)).into_response())
}
