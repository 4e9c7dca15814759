use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use tokio::task::spawn_blocking;
use xpander_report::TaskReport;
use xpander_report::relay::{Forwarder, SEQUENCE_HEADER, SenderSequence};
use xpander_report_http::access::Agents;
use xpander_report_http::caller::{Caller, Id};
use xpander_report_http::field::Counts;
use xpander_report_http::path::LOCAL;
use xpander_report_http::problem::Problem;
use xpander_report_http::reader::Details;
use xpander_report_http::record::{InputJson, SOURCE, TaskJson, TokensJson};

use super::RETRY_AFTER;
use crate::app::App;
use crate::received;
use crate::store::{Incoming, NotDone};

/// The same while the platform refuses the key: somebody has to mend that.
const RETRY_AFTER_REFUSAL: u32 = 30;

/// A larger body is read on a blocking thread, so that it does not delay other requests.
const MAX_INLINE_BYTES: usize = 64 * 1024;

/// Where the report lies in the stream, if there is one. It tells a loss by a server of NATS from one by a relay.
const STREAM_SEQUENCE: HeaderName = HeaderName::from_static("x-xpander-stream-sequence");

/// What a task says of the relay.
const ACCEPTED: &str = "accepted by a relay, which delivers it";

/// `POST /agent-execution/{agent_id}/report_task`
pub(super) async fn accept(
    State(app): State<App>,
    caller: Caller,
    Extension(agents): Extension<Agents>,
    Id(agent): Id,
    request: Request,
) -> Result<Response, Problem> {
    check_organization(&app, &caller.organization)?;
    check_agent(&agents, &agent)?;
    let header = request.headers().get(SEQUENCE_HEADER);
    let sender = header.and_then(|header| SenderSequence::parse(header.to_str().ok()?));
    let (body, in_progress) = app.bodies.read_text(request.into_body()).await?;
    let read = {
        let organization = app.organization().to_owned();
        let relay = app.name.to_string();
        let is_large = body.len() > MAX_INLINE_BYTES;
        let read = move || {
            let read = read(&body, agent, &organization, &relay)?;
            Ok::<_, Problem>((body, read))
        };
        match is_large {
            true => spawn_blocking(read).await.map_err(Problem::internal)??,
            false => read()?,
        }
    };
    let (body, (id, report, answer)) = read;
    if let Some(refusal) = app.store.key_refusal() {
        return Err(Problem::unavailable(
            format!(
                "The report is not accepted, because the platform refuses this relay's key: {refusal}"
            ),
            RETRY_AFTER_REFUSAL,
        ));
    }
    let incoming = Incoming {
        id,
        body,
        report,
        sender,
        in_progress,
    };
    let sequence = app
        .store
        .keep(incoming)
        .await
        .map_err(|not_done| match not_done {
            NotDone::Unavailable(why) => Problem::unavailable(
                format!("The report is not accepted: {why}. Send it again."),
                RETRY_AFTER,
            ),
            NotDone::TooLarge(why) => {
                Problem::too_large(format!("The report is not accepted: {why}."))
            }
        })?;
    let json = HeaderValue::from_static("application/json");
    let mut response = ([(header::CONTENT_TYPE, json)], answer).into_response();
    if let Some(sequence) = sequence {
        let headers = response.headers_mut();
        headers.insert(STREAM_SEQUENCE, HeaderValue::from(sequence));
    }
    Ok(response)
}

fn check_organization(app: &App, organization: &str) -> Result<(), Problem> {
    if organization == LOCAL || app.organization.as_deref() == Some(organization) {
        return Ok(());
    }
    let own = app.organization.as_deref().map_or_else(
        || "no named organization (XPANDER_ORGANIZATION_ID of the relay)".to_owned(),
        |own| format!("the organization {own:?}"),
    );
    Err(Problem::forbidden(format!(
        "The report is for the organization {organization:?}. This relay has the key of {own}."
    )))
}

pub(super) fn check_agent(agents: &Agents, agent: &str) -> Result<(), Problem> {
    if matches!(agent, "." | "..") {
        return Err(Problem::bad_request(format!(
            "{agent:?} cannot be the id of an agent, because it cannot be part of a URL."
        )));
    }
    if agents.contain(agent) {
        return Ok(());
    }
    Err(Problem::forbidden(format!(
        "This token may not report for the agent {agent:?}. Its line in the relay's tokens file \
         lists the allowed agents."
    )))
}

/// The id, the report and the answer.
fn read(
    body: &str,
    agent: String,
    organization: &str,
    relay: &str,
) -> Result<(String, TaskReport, Vec<u8>), Problem> {
    let (id, report, tokens) = received::report(body, agent)?;
    let id = id.unwrap_or_else(Forwarder::new_id);
    let report = report.id(&id);
    let answer = task(&id, &report, tokens, organization, relay);
    Ok((id, report, answer.map_err(Problem::internal)?))
}

/// The task that the report makes, as far as the relay can say.
fn task(
    id: &str,
    report: &TaskReport,
    tokens: Option<Counts>,
    organization: &str,
    relay: &str,
) -> serde_json::Result<Vec<u8>> {
    let now = Timestamp::now();
    let duration = report.duration.filter(|duration| duration.is_finite());
    let started_at = duration.and_then(|seconds| {
        let duration = SignedDuration::try_from_secs_f64(seconds).ok()?;
        now.checked_sub(duration).ok()
    });
    let relay = serde_json::value::to_raw_value(relay)?;
    serde_json::to_vec(&TaskJson {
        id,
        agent_id: report.agent_id.as_deref().unwrap_or_default(),
        organization_id: organization,
        input: InputJson::new(report.input.as_deref(), Details::new()),
        status: match report.is_success {
            Some(false) => "failed",
            Some(true) | None => "completed",
        },
        internal_status: Some(ACCEPTED),
        created_at: now,
        updated_at: now,
        started_at: Some(started_at.unwrap_or(now)),
        finished_at: Some(now),
        paused_at: None,
        result: report.result.as_deref(),
        duration,
        tokens: tokens.map(TokensJson::from),
        model: None,
        cost_usd: None,
        used_tools: &report.used_tools,
        source: SOURCE,
        title: None,
        background_auth_eligible: false,
        details: Details::from([("relay".to_owned(), relay)]),
    })
}
