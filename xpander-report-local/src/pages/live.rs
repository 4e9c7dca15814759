//! Live updates of open pages (server-sent events).

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::watch;

use super::view::PageProblem;
use super::zone;
use crate::app::App;
use crate::http::query_string::QueryString;
use crate::model::event::Event;

/// Events within this time are sent as one.
const DEBOUNCE: Duration = Duration::from_millis(200);

/// The tasks that a page shows.
#[derive(Debug)]
struct LiveFilter {
    id: Option<String>,
    agent: Option<String>,
    organization: Option<String>,
}

impl LiveFilter {
    fn is_about(&self, event: &Event) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        is(&self.id, &event.id)
            && is(&self.agent, &event.agent_id)
            && is(&self.organization, &event.organization_id)
    }
}

/// `GET /live`: a message whenever one of the page's tasks is created, changed or deleted. It has no content:
/// the script then loads the page again.
pub(super) async fn live(
    State(app): State<App>,
    Query(parameters): Query<HashMap<String, String>>,
) -> Result<Response, PageProblem> {
    let mut query_string = QueryString::new(parameters);
    let id = query_string.text("id");
    let filter = query_string.filter(&zone::zone());
    let filter = query_string.finish(filter)?;
    let news = News {
        events: app.store.events(),
        stop: app.stop,
        filter: LiveFilter {
            id,
            agent: filter.agent_id,
            organization: filter.organization_id,
        },
    };
    let messages = stream::unfold(news, |mut news| async {
        news.next().await?;
        let message = Message::default().event("news").data("changed");
        Some((Ok::<_, Infallible>(message), news))
    });
    Ok(Sse::new(messages)
        .keep_alive(KeepAlive::default())
        .into_response())
}

struct News {
    events: Receiver<Event>,
    stop: watch::Receiver<()>,
    filter: LiveFilter,
}

impl News {
    /// Waits for the next event of the page's tasks. `None` when the platform stops.
    async fn next(&mut self) -> Option<()> {
        loop {
            let received = tokio::select! {
                received = self.events.recv() => received,
                _ = self.stop.changed() => return None,
            };
            match received {
                Ok(event) if !self.filter.is_about(&event) => {}
                // A missed event may be about the page.
                Ok(_) | Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return None,
            }
        }
        tokio::time::sleep(DEBOUNCE).await;
        while let Ok(_) | Err(TryRecvError::Lagged(_)) = self.events.try_recv() {}
        Some(())
    }
}
