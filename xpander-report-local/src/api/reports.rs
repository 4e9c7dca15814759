use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;

use super::body;
use super::caller::{Caller, Id};
use super::tasks::{accept_change, answer};
use crate::app::App;
use crate::http::faults::FaultKind;
use crate::http::problem::Problem;

/// `POST /agent-execution/{agent_id}/report_task`
pub(super) async fn accept(
    State(app): State<App>,
    caller: Caller,
    Id(agent): Id,
    request: Request,
) -> Result<Response, Problem> {
    let (body, _in_progress) = app.bodies.read_text(request.into_body()).await?;
    let fault = app.faults.next(&agent);
    match fault {
        Some(FaultKind::Delay(delay)) => tokio::time::sleep(delay).await,
        Some(FaultKind::Status {
            status,
            retry_after,
        }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut refusal =
                Problem::with_status(status, "This is an injected fault.").into_response();
            if let Some(after) = retry_after {
                let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
                refusal
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            return Ok(refusal);
        }
        Some(FaultKind::Drop) => return Ok(no_answer()),
        Some(FaultKind::LoseAnswer) | None => {}
    }
    let task = accept_change(&app, caller, agent, body, body::report::parse).await?;
    Ok(match fault {
        Some(FaultKind::LoseAnswer) => no_answer(),
        _ => answer(&task),
    })
}

/// A body that fails before its first byte, so that the connection is closed without an answer.
fn no_answer() -> Response {
    Response::new(Body::new(Failing))
}

struct Failing;

impl HttpBody for Failing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::Error::other("an injected fault"))))
    }
}
