use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::http::access::Access;
use crate::http::body::Bodies;
use crate::http::faults::Faults;
use crate::http::problem::Problem;
use crate::pricing::Prices;
use crate::store::Store;

/// The state that every handler receives.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) store: Arc<Store>,
    pub(crate) access: Arc<Access>,
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) prices: Arc<Prices>,
    /// The base URL of the pages for browsers on this machine.
    pub(crate) url: Arc<str>,
    /// Closed when the platform stops.
    pub(crate) stop: watch::Receiver<()>,
}

impl App {
    /// Runs work on the store on a blocking thread.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Problem>
    where
        F: FnOnce(&Store) -> Result<T, Problem> + Send + 'static,
        T: Send + 'static,
    {
        let store = Arc::clone(&self.store);
        match spawn_blocking(move || work(&store)).await {
            Ok(outcome) => outcome,
            Err(error) => Err(Problem::internal(error)),
        }
    }
}
