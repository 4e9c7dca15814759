//! The open connections. Their number is bounded: when it is reached, a new connection takes the place of the
//! one that has been idle the longest. So nobody keeps others out by opening connections.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;

use crate::sync::ignore_poison;

/// The open connections.
#[derive(Debug)]
pub struct Connections {
    max: usize,
    open: Mutex<Open>,
    /// Notified when a connection is closed or idle.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    /// Counts how often a connection became idle, which gives idle connections an order.
    turn: u64,
    by_id: HashMap<u64, State>,
}

#[derive(Debug)]
struct State {
    /// Requests whose answers are not sent yet.
    requests: u32,
    idle_since: u64,
    close: Arc<Notify>,
}

impl Connections {
    /// No connections yet, and at most `max`.
    pub fn new(max: usize) -> Self {
        Self {
            max,
            open: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Waits until there is room for one more connection, and makes room by closing an idle one.
    pub async fn admit(self: &Arc<Self>) -> Connection {
        loop {
            if let Some(connection) = self.try_admit() {
                return connection;
            }
            self.close_oldest_idle();
            self.changed.notified().await;
        }
    }

    /// Closes the connection that has been idle the longest, if any is idle.
    pub fn close_oldest_idle(&self) {
        let mut open = self.open();
        let oldest = open
            .by_id
            .iter()
            .filter(|(_, state)| state.requests == 0)
            .min_by_key(|(_, state)| state.idle_since)
            .map(|(id, _)| *id);
        if let Some(state) = oldest.and_then(|id| open.by_id.get_mut(&id)) {
            state.close.notify_one();
        }
    }

    fn try_admit(self: &Arc<Self>) -> Option<Connection> {
        let mut open = self.open();
        if open.by_id.len() >= self.max {
            return None;
        }
        open.turn += 1;
        let id = open.turn;
        let close = Arc::new(Notify::new());
        let state = State {
            requests: 0,
            idle_since: id,
            close: Arc::clone(&close),
        };
        open.by_id.insert(id, state);
        Some(Connection {
            id,
            close,
            all: Arc::clone(self),
        })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        ignore_poison(self.open.lock())
    }
}

/// The place of an open connection. Dropping it frees the place.
#[derive(Debug)]
pub struct Connection {
    id: u64,
    close: Arc<Notify>,
    all: Arc<Connections>,
}

impl Connection {
    /// Waits until the connection must be closed for another one.
    pub async fn must_close(&self) {
        self.close.notified().await;
    }

    /// Marks a request in progress until the guard is dropped.
    pub fn request(self: &Arc<Self>) -> Request {
        if let Some(state) = self.all.open().by_id.get_mut(&self.id) {
            state.requests += 1;
        }
        Request(Arc::clone(self))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.open().by_id.remove(&self.id);
        self.all.changed.notify_one();
    }
}

/// A request in progress.
#[derive(Debug)]
pub struct Request(Arc<Connection>);

impl Request {
    /// The body of the answer. The request ends with it.
    pub fn answer(self, body: Body) -> Body {
        Body::new(AnswerBody {
            body,
            _request: self,
        })
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let mut open = self.0.all.open();
        open.turn += 1;
        let turn = open.turn;
        if let Some(state) = open.by_id.get_mut(&self.0.id) {
            state.requests -= 1;
            state.idle_since = turn;
        }
        self.0.all.changed.notify_one();
    }
}

struct AnswerBody {
    body: Body,
    _request: Request,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
