//! The model's output: a text, or calls of tools.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time;

use super::call::Call;
use super::turn::Turn;
use crate::tokens;

/// A turn, as it is written piece by piece.
///
/// Dropping it stops generating, as when a client goes away.
#[derive(Debug)]
pub(super) struct Writing {
    left: VecDeque<Piece>,
    limit: u64,
    pace: Duration,
    /// How many tokens are written.
    pub(super) tokens: u64,
    /// Whether the limit cut the output.
    stopped: bool,
    pub(super) calls_tools: bool,
}

/// One piece of the output.
#[derive(Debug)]
pub(super) enum Piece {
    /// A token of the answer.
    Text(String),
    /// The name of a tool, which begins a call. It is never split.
    Name(String),
    /// A token of the arguments of the call that is begun.
    Arguments(String),
}

impl Writing {
    /// Writes `turn` in at most `limit` tokens, each of which takes `pace`.
    pub(super) fn new(turn: Turn, limit: u64, pace: Duration) -> Self {
        let calls_tools = matches!(turn, Turn::Call(_));
        let left = match turn {
            Turn::Answer(answer) => pieces(&answer, Piece::Text).collect(),
            Turn::Call(calls) => calls.into_iter().flat_map(call).collect(),
        };
        Self {
            left,
            limit,
            pace,
            tokens: 0,
            stopped: false,
            calls_tools,
        }
    }

    /// The next piece. `None` at the end or at the limit.
    pub(super) async fn next(&mut self) -> Option<Piece> {
        let piece = self.left.pop_front()?;
        let wanted = piece.tokens();
        let written = wanted.min(self.limit - self.tokens);
        for _ in 0..written {
            if !self.pace.is_zero() {
                time::sleep(self.pace).await;
            }
            self.tokens += 1;
        }
        if written < wanted {
            self.stopped = true;
            self.left.clear();
            return None;
        }
        Some(piece)
    }

    /// The finish reason in OpenAI's words.
    pub(super) fn finish_reason(&self) -> &'static str {
        match (self.stopped, self.calls_tools) {
            (true, _) => "length",
            (false, true) => "tool_calls",
            (false, false) => "stop",
        }
    }
}

impl Piece {
    fn tokens(&self) -> u64 {
        match self {
            Self::Text(_) | Self::Arguments(_) => 1,
            Self::Name(name) => tokens::count(name),
        }
    }
}

fn call(call: Call) -> impl Iterator<Item = Piece> {
    let arguments = call.arguments.to_string();
    let arguments: Vec<_> = pieces(&arguments, Piece::Arguments).collect();
    [Piece::Name(call.name)].into_iter().chain(arguments)
}

fn pieces(text: &str, piece: fn(String) -> Piece) -> impl Iterator<Item = Piece> {
    tokens::pieces(text).map(move |token| piece(token.to_owned()))
}
