use axum::extract::State;
use axum::{Extension, Json};
use xpander_report_http::access::Agents;
use xpander_report_http::caller::Id;
use xpander_report_http::problem::Problem;

use super::{for_all_agents, not_done};
use crate::app::App;
use crate::status::Purged;

/// `DELETE /xpander-relay/tasks/{task_id}`: deletes what is here of a task.
pub(super) async fn purge(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
    Id(id): Id,
) -> Result<Json<Purged>, Problem> {
    for_all_agents(&agents)?;
    app.store.purge(id).await.map(Json).map_err(not_done)
}
