//! Responses of LLM providers of about 8 KiB each, as their APIs send them, and streams with as much text.

/// A response and the name of its shape.
pub struct Response {
    pub shape: &'static str,
    pub json: String,
}

/// One of each of the most frequent shapes.
pub fn all() -> [Response; 4] {
    [chat(), responses(), messages(), gemini()]
}

/// Typical text of a model (paragraphs, code and lists), escaped as the content of a JSON string.
const TEXT: &str = "## What changed\\n\\nThe worker used to ask for a connection per report. It now keeps \
     four of them open, and a report waits only if all four are busy.\\n\\n```rust\\nlet reporter = \
     Reporter::from_env()?;\\nreporter.report(report(\\\"order-9921\\\"));\\n```\\n\\n1. **Latency**: the median \
     falls from 41 ms to 3 ms.\\n2. **Memory**: each connection takes about 60 KiB \\u2014 240 KiB in all.\\n3. \
     **Errors**: a \\\"429\\\" is tried again after the time that the answer names, 1 s \\u2026 60 s.\\n\\nNothing \
     has to be configured for this. Whoever wants fewer connections says so with `connections(1)`; more than \
     eight bring nothing, since the platform answers one agent\u{2019}s reports in turn.\\n\\n";

/// Text of at least this many bytes.
fn text(bytes: usize) -> String {
    TEXT.repeat(bytes.div_ceil(TEXT.len()))
}

/// The items with the numbers below `count`, separated by commas.
fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

/// A chat completion with a long text.
pub fn chat() -> Response {
    let text = text(6 * 1024);
    let ratings = list(4, |at| {
        format!(
            r#"{{"token":"word{at}","logprob":-0.00{at}1,"bytes":[119,111,114,100],"top_logprobs":[{{"token":"word{at}","logprob":-0.00{at}1,"bytes":[119,111,114,100]}},{{"token":"other","logprob":-7.25,"bytes":[111]}}]}}"#
        )
    });
    let json = format!(
        r#"{{"id":"chatcmpl-BkXr6mZ0sDqEvYfJwTtN4cPz","object":"chat.completion","created":1750431192,"model":"gpt-4.1-2025-04-14","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}","refusal":null,"annotations":[]}},"logprobs":{{"content":[{ratings}],"refusal":null}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":1841,"completion_tokens":1522,"total_tokens":3363,"prompt_tokens_details":{{"cached_tokens":1536,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}},"service_tier":"default","system_fingerprint":"fp_51e1070cf2"}}"#
    );
    Response {
        shape: "openai.chat",
        json,
    }
}

/// A response with reasoning, function calls and the request's tools, which it repeats.
pub fn responses() -> Response {
    let encrypted = "gAAAAABoVXr6mZ0sDqEvYfJwTtN4cPz_".repeat(40);
    let text = text(1024);
    let calls = list(6, |at| {
        format!(
            r#"{{"id":"fc_685{at}0c1e","type":"function_call","status":"completed","arguments":"{{\"customer\":\"C-{at}4417\",\"from\":\"2025-01-01\",\"to\":\"2025-06-30\",\"fields\":[\"id\",\"total\",\"currency\"]}}","call_id":"call_{at}Qm7","name":"list_orders"}}"#
        )
    });
    let tools = list(5, |at| {
        format!(
            r#"{{"type":"function","description":"Lists the orders of a customer between two days, the newest first; never more than 100 at once.","name":"list_orders_{at}","parameters":{{"type":"object","properties":{{"customer":{{"type":"string","description":"The customer's number, such as C-4417."}},"from":{{"type":"string","format":"date"}},"to":{{"type":"string","format":"date"}},"fields":{{"type":"array","items":{{"type":"string","enum":["id","total","currency","name","status"]}}}}}},"required":["customer","from","to","fields"],"additionalProperties":false}},"strict":true}}"#
        )
    });
    let json = format!(
        r#"{{"id":"resp_68550c1e9f4c8191","object":"response","created_at":1750404126,"status":"completed","background":false,"error":null,"incomplete_details":null,"instructions":"You answer questions on orders.","max_output_tokens":null,"model":"o4-mini-2025-04-16","output":[{{"id":"rs_68550c1f","type":"reasoning","encrypted_content":"{encrypted}","summary":[{{"type":"summary_text","text":"**Looking for orders**\n\nI need the orders of six customers."}}]}},{calls},{{"id":"msg_68550c2a","type":"message","status":"completed","content":[{{"type":"output_text","annotations":[],"logprobs":[],"text":"{text}"}}],"role":"assistant"}}],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{{"effort":"medium","summary":"detailed"}},"service_tier":"default","store":true,"temperature":1.0,"text":{{"format":{{"type":"text"}}}},"tool_choice":"auto","tools":[{tools}],"top_p":1.0,"truncation":"disabled","usage":{{"input_tokens":1204,"input_tokens_details":{{"cached_tokens":1024}},"output_tokens":688,"output_tokens_details":{{"reasoning_tokens":320}},"total_tokens":1892}},"user":null,"metadata":{{}}}}"#
    );
    Response {
        shape: "openai.responses",
        json,
    }
}

/// A message with text between calls of tools.
pub fn messages() -> Response {
    let part = text(1024);
    let content = list(5, |at| {
        format!(
            r#"{{"type":"text","text":"{part}"}},{{"type":"tool_use","id":"toolu_01A09q90qw90lq9{at}","name":"read_file","input":{{"path":"src/delivery/worker.rs","lines":{{"from":1{at}0,"to":1{at}80}},"reason":"The loop that sends \"what is due\".","content":["imports","types"]}}}}"#
        )
    });
    let json = format!(
        r#"{{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","model":"claude-sonnet-4-20250514","content":[{content}],"stop_reason":"tool_use","stop_sequence":null,"usage":{{"input_tokens":2095,"cache_creation_input_tokens":512,"cache_read_input_tokens":18432,"cache_creation":{{"ephemeral_5m_input_tokens":512,"ephemeral_1h_input_tokens":0}},"output_tokens":1503,"service_tier":"standard"}}}}"#
    );
    Response {
        shape: "anthropic.messages",
        json,
    }
}

/// An answer with thoughts, text and calls.
pub fn gemini() -> Response {
    let signature = "CpQEAcu98PAXkN0rD3hZ7mW2bYtQ".repeat(40);
    let part = text(2 * 1024);
    let parts = list(2, |at| {
        format!(
            r#"{{"text":"{part}"}},{{"functionCall":{{"name":"list_orders","args":{{"customer":"C-{at}4417","from":"2025-01-01","fields":["id","total"]}}}},"thoughtSignature":"{signature}"}}"#
        )
    });
    let ratings = list(4, |at| {
        format!(
            r#"{{"category":"HARM_CATEGORY_{at}","probability":"NEGLIGIBLE","probabilityScore":0.0{at}41,"severity":"HARM_SEVERITY_NEGLIGIBLE"}}"#
        )
    });
    let json = format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"text":"I look for the orders first.","thought":true}},{parts}],"role":"model"}},"finishReason":"STOP","avgLogprobs":-0.08,"safetyRatings":[{ratings}],"index":0}}],"usageMetadata":{{"promptTokenCount":912,"candidatesTokenCount":1204,"totalTokenCount":2436,"thoughtsTokenCount":320,"promptTokensDetails":[{{"modality":"TEXT","tokenCount":912}}],"candidatesTokensDetails":[{{"modality":"TEXT","tokenCount":1204}}]}},"modelVersion":"gemini-2.5-pro","responseId":"HgxVaPqKJ5-tvdIPk8LvkQE"}}"#
    );
    Response {
        shape: "gemini",
        json,
    }
}

/// A stream of each of the same shapes, as server-sent events.
pub fn streams() -> [Response; 4] {
    [
        chat_stream(),
        responses_stream(),
        messages_stream(),
        gemini_stream(),
    ]
}

/// A model's text in pieces of a few words.
fn pieces() -> Vec<String> {
    let text = text(6 * 1024);
    let words = text.split_inclusive(' ').collect::<Vec<_>>();
    words.chunks(4).map(|words| words.concat()).collect()
}

fn server_sent(events: impl IntoIterator<Item = String>) -> String {
    let events = events.into_iter();
    events.map(|event| format!("data: {event}\n\n")).collect()
}

fn chat_stream() -> Response {
    let chunk = |choices: &str, usage: &str| {
        format!(
            r#"{{"id":"chatcmpl-BkXr6mZ0sDqEvYfJwTtN4cPz","object":"chat.completion.chunk","created":1750431192,"model":"gpt-4.1-2025-04-14","service_tier":"default","system_fingerprint":"fp_51e1070cf2","choices":[{choices}],"usage":{usage}}}"#
        )
    };
    let texts = pieces().into_iter().map(|piece| {
        let choice = format!(
            r#"{{"index":0,"delta":{{"content":"{piece}"}},"logprobs":null,"finish_reason":null}}"#
        );
        chunk(&choice, "null")
    });
    let usage = r#"{"prompt_tokens":1841,"completion_tokens":1522,"total_tokens":3363,"prompt_tokens_details":{"cached_tokens":1536,"audio_tokens":0}}"#;
    Response {
        shape: "openai.chat",
        json: server_sent(texts.chain([
            chunk(
                r#"{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}"#,
                "null",
            ),
            chunk("", usage),
        ])),
    }
}

fn responses_stream() -> Response {
    let texts = pieces().into_iter().zip(1..).map(|(piece, number)| {
        format!(
            r#"{{"type":"response.output_text.delta","sequence_number":{number},"item_id":"msg_68550c2a","output_index":0,"content_index":0,"delta":"{piece}","logprobs":[],"obfuscation":"Kf3aT0q"}}"#
        )
    });
    let text = text(6 * 1024);
    let whole = format!(
        r#"{{"type":"response.completed","sequence_number":999,"response":{{"id":"resp_68550c1e9f4c8191","object":"response","status":"completed","error":null,"model":"o4-mini-2025-04-16","output":[{{"id":"msg_68550c2a","type":"message","status":"completed","content":[{{"type":"output_text","annotations":[],"text":"{text}"}}],"role":"assistant"}}],"usage":{{"input_tokens":1204,"output_tokens":688,"total_tokens":1892}}}}}}"#
    );
    Response {
        shape: "openai.responses",
        json: server_sent(texts.chain([whole])),
    }
}

fn messages_stream() -> Response {
    let start = r#"{"type":"message_start","message":{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","model":"claude-sonnet-4-20250514","content":[],"stop_reason":null,"usage":{"input_tokens":2095,"output_tokens":1}}}"#;
    let block =
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    let texts = pieces().into_iter().map(|piece| {
        format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{piece}"}}}}"#
        )
    });
    let end = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1503}}"#;
    let begin = [start, block].map(str::to_owned).into_iter();
    Response {
        shape: "anthropic.messages",
        json: server_sent(begin.chain(texts).chain([end.to_owned()])),
    }
}

fn gemini_stream() -> Response {
    let texts = pieces().into_iter().map(|piece| {
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{piece}"}}],"role":"model"}},"index":0}}],"usageMetadata":{{"promptTokenCount":912,"totalTokenCount":912,"promptTokensDetails":[{{"modality":"TEXT","tokenCount":912}}]}},"modelVersion":"gemini-2.5-pro","responseId":"HgxVaPqKJ5-tvdIPk8LvkQE"}}"#
        )
    });
    let end = r#"{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":912,"candidatesTokenCount":1204,"totalTokenCount":2116},"modelVersion":"gemini-2.5-pro","responseId":"HgxVaPqKJ5-tvdIPk8LvkQE"}"#;
    Response {
        shape: "gemini",
        json: server_sent(texts.chain([end.to_owned()])),
    }
}

/// JSON that is no response, with many of the words that providers use.
pub fn ordinary() -> Response {
    let text = text(1024);
    let orders = list(20, |at| {
        format!(
            r#"{{"id":"order-{at}","object":"order","status":"completed","message":"Left at the door {at}.","items":[{{"index":0,"name":"Pump {at}","result":{{"score":0.{at}}}}}],"usage":{{"seconds":{at}}},"metadata":{{"tags":["a","b"],"model":"V70"}}}}"#
        )
    });
    Response {
        shape: "ordinary",
        json: format!(
            r#"{{"object":"list","data":[{orders}],"has_more":false,"text":"{text}","response":{{"status":"ok"}}}}"#
        ),
    }
}
