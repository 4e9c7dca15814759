use std::time::Duration;

use axum::extract::State;
use axum::{Extension, Json};
use tokio::time::{Instant, sleep};
use xpander_report_http::access::Agents;
use xpander_report_http::caller::Id;
use xpander_report_http::problem::Problem;

use super::for_all_agents;
use crate::app::App;
use crate::status::Purged;

/// How long to wait for a report that is on its way, and how often to look.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// `DELETE /xpander-relay/tasks/{task_id}`: deletes what is here of a task.
pub(super) async fn purge(
    State(app): State<App>,
    Extension(agents): Extension<Agents>,
    Id(id): Id,
) -> Result<Json<Purged>, Problem> {
    for_all_agents(&agents)?;
    let deadline = Instant::now() + PATIENCE;
    let mut all = Purged::default();
    loop {
        let purged = app.forwarder.purge(&id).await;
        all.waiting += purged.waiting;
        all.dead_letters += purged.dead_letters;
        all.is_in_flight = purged.is_in_flight;
        if !purged.is_in_flight || Instant::now() >= deadline {
            return Ok(Json(all));
        }
        sleep(PAUSE).await;
    }
}
