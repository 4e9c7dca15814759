//! The page of all agents.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::filter_params::{FAILED, FilterParams};
use super::format::{Clock, Moment};
use super::totals::FormattedTotals;
use super::view::{PageProblem, render};
use crate::app::App;
use crate::http::path::LOCAL;
use crate::query::metrics::AgentMetrics;

/// How many agents the page lists.
const MAX_AGENTS: usize = 500;

#[derive(Template)]
#[template(path = "agents.html")]
struct AgentsPage {
    url: String,
    agents: Vec<AgentRow>,
    more: usize,
    /// Whether any agent belongs to another organization than `local`.
    organizations: bool,
}

struct AgentRow {
    id: String,
    organization: String,
    tasks: String,
    failures: String,
    metrics: String,
    first: Moment,
    latest: Option<Moment>,
    totals: FormattedTotals,
}

/// `GET /agents`
pub(super) async fn agents(State(app): State<App>) -> Result<Response, PageProblem> {
    let url = app.url.to_string();
    let agents = app.run(|store| Ok(store.agent_metrics()?)).await?;
    let clock = Clock::local();
    let page = AgentsPage {
        url,
        more: agents.len().saturating_sub(MAX_AGENTS),
        organizations: agents.iter().any(|agent| agent.organization_id != LOCAL),
        agents: agents
            .into_iter()
            .take(MAX_AGENTS)
            .map(|agent| AgentRow::new(agent, &clock))
            .collect(),
    };
    Ok(render(&page)?.into_response())
}

impl AgentRow {
    fn new(agent: AgentMetrics, clock: &Clock) -> Self {
        let of = FilterParams::default().with_agent(&agent.agent_id, &agent.organization_id);
        Self {
            tasks: of.at("/"),
            failures: of.with("status", FAILED).at("/"),
            metrics: of.at("/metrics"),
            first: clock.moment(agent.created_at),
            latest: agent.latest_task_at.map(|at| clock.moment(at)),
            totals: FormattedTotals::new(&agent.totals),
            id: agent.agent_id,
            organization: agent.organization_id,
        }
    }
}
