use std::sync::Arc;

use jiff::Timestamp;
use xpander_report_http::body::Bodies;

use crate::refusals::Refusals;
use crate::status::Status;
use crate::store::Store;

/// The state that every handler receives.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) store: Arc<dyn Store>,
    /// The address of the platform.
    pub(crate) forwards_to: Arc<str>,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) refusals: Arc<Refusals>,
    /// Random to the process.
    pub(crate) name: Arc<str>,
    /// The organization that the platform's key is for, if it was said.
    pub(crate) organization: Option<Arc<str>>,
    pub(crate) started_at: Timestamp,
}

impl App {
    /// The organization of records: the platform knows it, but the relay may not.
    pub(crate) fn organization(&self) -> &str {
        self.organization.as_deref().unwrap_or("unknown")
    }

    /// How the relay stands.
    pub(crate) async fn status(&self) -> Status {
        let refused = self.refusals.read();
        let mut status = Status {
            relay: self.name.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            forwards_to: self.forwards_to.to_string(),
            organization: self.organization.as_deref().map(str::to_owned),
            refused: refused
                .map(|(reason, count)| (reason.to_owned(), count))
                .collect(),
            ..Status::default()
        };
        if let Err(not_done) = self.store.describe(&mut status).await {
            status.last_error = Some(not_done.to_string());
        }
        status
    }
}
