//! What the model writes: a text, or calls of tools.

use std::time::Duration;

use tokio::time;

use super::call::Call;
use super::turn::Turn;
use crate::tokens;

#[derive(Debug, Default)]
pub(super) struct Generation {
    /// None when the model calls tools instead.
    pub(super) text: Option<String>,
    pub(super) calls: Vec<WrittenCall>,
    pub(super) tokens: u64,
    /// Whether it ends where it was meant to, and not at the limit.
    pub(super) finished: bool,
}

/// A call as far as the limit let the model write it.
#[derive(Debug)]
pub(super) struct WrittenCall {
    pub(super) name: String,
    pub(super) arguments: String,
}

impl Generation {
    /// Takes `turn` in at most `limit` tokens, each of which takes `pace`.
    ///
    /// Dropping the future stops generating, as when a client goes away.
    pub(super) async fn run(turn: Turn, limit: u64, pace: Duration) -> Self {
        let mut pen = Pen {
            limit,
            pace,
            tokens: 0,
            stopped: false,
        };
        let mut generation = Self::default();
        match turn {
            Turn::Answer(answer) => generation.text = Some(pen.write(&answer).await),
            Turn::Call(calls) => {
                for Call { name, arguments } in calls {
                    let written = pen.write(&name).await;
                    // Nobody can call half a name.
                    if written == name {
                        let arguments = pen.write(&arguments.to_string()).await;
                        generation.calls.push(WrittenCall { name, arguments });
                    }
                }
            }
        }
        generation.tokens = pen.tokens;
        generation.finished = !pen.stopped;
        generation
    }
}

struct Pen {
    limit: u64,
    pace: Duration,
    tokens: u64,
    /// There was more to write than the limit allows.
    stopped: bool,
}

impl Pen {
    /// Writes as much of `text` as the limit still allows.
    async fn write(&mut self, text: &str) -> String {
        let mut written = String::with_capacity(text.len());
        for piece in tokens::pieces(text) {
            if self.tokens == self.limit {
                self.stopped = true;
                break;
            }
            if !self.pace.is_zero() {
                time::sleep(self.pace).await;
            }
            written.push_str(piece);
            self.tokens += 1;
        }
        written
    }
}
