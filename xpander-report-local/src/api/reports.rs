use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};

use super::caller::{Caller, Id};
use super::json::Task;
use crate::body;
use crate::problem::Problem;
use crate::report::Report;
use crate::server::App;

/// `POST /agent-execution/{agent_id}/report_task`
pub(super) async fn accept(
    State(app): State<App>,
    caller: Caller,
    Id(agent): Id,
    request: Request,
) -> Result<Response, Problem> {
    let body = body::read(request.into_body()).await?;
    app.run(move |store| {
        let report = Report::parse(&body)?;
        let task = store.accept(&caller.organization, &agent, &report, &body)?;
        Ok(Json(Task::from(&task)).into_response())
    })
    .await
}
