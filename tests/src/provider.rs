//! A provider of chat completions with scripted answers.

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use xpander_report::Tokens;

use crate::server::{Answer, Server};

pub const TOKENS: Tokens = Tokens::new(19, 10);

/// A chat completion with this text.
pub fn completion(id: &str, text: &str) -> Value {
    json!({
        "id": id,
        "object": "chat.completion",
        "created": 1_741_569_952,
        "model": "gpt-5.4-mini",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": text, "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
        "usage": {
            "prompt_tokens": 19,
            "completion_tokens": 10,
            "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
    })
}

/// A chat completion that calls this tool.
pub fn call(id: &str, tool: &str) -> Value {
    let mut answer = completion(id, "");
    answer["choices"][0]["message"]["content"] = Value::Null;
    answer["choices"][0]["message"]["tool_calls"] = json!([
        {"id": "call_1", "type": "function", "function": {"name": tool, "arguments": "{}"}}
    ]);
    answer["choices"][0]["finish_reason"] = "tool_calls".into();
    answer
}

/// The events of a streamed chat completion, one for each word of the text.
pub fn events(id: &str, text: &str) -> Vec<String> {
    let chunk = |choices: Value, usage: Value| {
        let chunk = json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": 1_741_569_952,
            "model": "gpt-5.4-mini",
            "choices": choices,
            "usage": usage,
        });
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, finish_reason: Value| {
        let choice = json!({
            "index": 0,
            "delta": delta,
            "logprobs": null,
            "finish_reason": finish_reason,
        });
        chunk(json!([choice]), Value::Null)
    };
    let mut events = vec![delta(
        json!({"role": "assistant", "content": ""}),
        Value::Null,
    )];
    let words = text.split_inclusive(' ');
    events.extend(words.map(|word| delta(json!({"content": word}), Value::Null)));
    events.push(delta(json!({}), "stop".into()));
    let usage = json!({"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29});
    events.push(chunk(json!([]), usage));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

/// Answers every request with this JSON.
pub fn answering(answer: &Value) -> Server {
    Server::always(Answer::json(200, answer.to_string()))
}

/// Answers every request with a stream, one chunk for each piece.
pub fn streaming(pieces: Vec<Vec<u8>>) -> Server {
    Server::always(Answer::written(move |to| {
        head(to, "text/event-stream")?;
        pieces.iter().try_for_each(|piece| chunk(to, piece))?;
        to.write_all(b"0\r\n\r\n")
    }))
}

/// Begins a chunked answer.
pub fn head(to: &mut TcpStream, content_type: &str) -> std::io::Result<()> {
    write!(
        to,
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
         transfer-encoding: chunked\r\n\r\n"
    )
}

pub fn chunk(to: &mut TcpStream, data: &[u8]) -> std::io::Result<()> {
    write!(to, "{:x}\r\n", data.len())?;
    to.write_all(data)?;
    to.write_all(b"\r\n")
}

/// A signal that a server waits for before it continues.
#[derive(Clone)]
pub struct Gate {
    open: SyncSender<()>,
    opened: Arc<Mutex<Receiver<()>>>,
}

impl Default for Gate {
    fn default() -> Self {
        let (open, opened) = sync_channel(1);
        let opened = Arc::new(Mutex::new(opened));
        Self { open, opened }
    }
}

impl Gate {
    /// Lets the server continue, once.
    pub fn open(&self) {
        self.open.send(()).expect("a server that waits");
    }

    pub fn wait(&self) {
        let opened = self.opened.lock().expect("no panic");
        opened.recv().expect("a test that goes on");
    }
}
