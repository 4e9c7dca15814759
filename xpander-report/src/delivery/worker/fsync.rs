use std::sync::{Arc, mpsc};
use std::{io, thread};

use tokio::sync::oneshot;

use crate::spool::writer::Spool;
use crate::support::suppress::suppressed;

/// A thread that waits for the disk, so that the worker need not. It ends with this value.
pub(super) struct Fsync(mpsc::Sender<oneshot::Sender<io::Result<()>>>);

impl Fsync {
    pub(super) fn start(spool: Arc<Spool>) -> io::Result<Self> {
        let (ask, asked) = mpsc::channel::<oneshot::Sender<_>>();
        thread::Builder::new()
            .name("xpander-sync".to_owned())
            .spawn(move || {
                suppressed(|| {
                    for answer in asked {
                        // The worker may be gone.
                        let _ = answer.send(spool.sync());
                    }
                });
            })?;
        Ok(Self(ask))
    }

    /// Makes what was written so far survive a loss of power. Nothing comes back if the thread has died.
    pub(super) fn sync(&self) -> oneshot::Receiver<io::Result<()>> {
        let (answer, answered) = oneshot::channel();
        let _ = self.0.send(answer);
        answered
    }
}
