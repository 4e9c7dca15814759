use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::ops::Range;

use serde_json::{Value, json};
use xpander_report_local::LocalPlatform;

/// Sends reports to a local platform over one connection.
#[derive(Debug)]
struct Client {
    connection: BufReader<TcpStream>,
}

impl Client {
    fn new(platform: &LocalPlatform) -> Self {
        let connection = TcpStream::connect(platform.address()).unwrap();
        Self {
            connection: BufReader::new(connection),
        }
    }

    fn report(&mut self, agent: &str, report: &Value) {
        let body = report.to_string();
        let request = format!(
            "POST /agent-execution/{agent}/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: any\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.connection
            .get_mut()
            .write_all(request.as_bytes())
            .unwrap();
        let mut line = String::new();
        self.connection.read_line(&mut line).unwrap();
        assert!(line.contains(" 200 "), "{line}");
        let mut length = 0;
        loop {
            line.clear();
            self.connection.read_line(&mut line).unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).unwrap();
    }
}

/// Sends one report of an agent.
///
/// # Panics
///
/// It is refused.
pub fn report(platform: &LocalPlatform, agent: &str, report: &Value) {
    Client::new(platform).report(agent, report);
}

/// Reports ten realistic tasks, the newest last. One of them is hostile.
///
/// # Panics
///
/// They are refused.
pub fn varied(platform: &LocalPlatform) {
    let mut client = Client::new(platform);
    let contract = "The supplier shall deliver the goods within thirty days of the order. Where delivery is late, \
                    the buyer may withhold payment in proportion to the delay. "
        .repeat(600);
    let markdown = "# Q4 in brief\n\n**Revenue** grew by 12 % to € 48.1 M:\n\n- Cloud: +31 %\n- Licences: −4 %\n\n\
                    | Region | Q3 | Q4 |\n|---|---|---|\n| EMEA | 18.2 | 20.9 |\n| AMER | 21.4 | 22.0 |\n\n\
                    > Guidance for next year is unchanged.\n";
    let hostile = "\"'><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\
                   </pre></bdi>{{7*7}} \u{202e}txt.exe";
    let chat = |model: &str, content: &str, prompt: u64, completion: u64| {
        json!({"id": "chatcmpl-9f3k2m", "object": "chat.completion", "created": 1_764_000_000, "model": model,
               "choices": [{"index": 0, "message": {"role": "assistant", "content": content, "refusal": null},
                            "logprobs": null, "finish_reason": "stop"}],
               "usage": {"prompt_tokens": prompt, "completion_tokens": completion,
                         "total_tokens": prompt + completion},
               "service_tier": "default", "system_fingerprint": "fp_50cad350e4"})
    };
    let tasks = [
        (
            "contract-review",
            json!({"id": "0198c0de-0001-7000-8000-5eed00000001", "input": contract,
            "result": "Two clauses deserve attention: late delivery (4.2) and liability (9.1).",
            "duration": 18.42, "tokens": {"prompt_tokens": 1_270, "completion_tokens": 412,
            "cache_read_tokens": 22_016, "cache_write_tokens": 1_024},
            "llm_response": {"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant",
                "model": "claude-sonnet-4-5", "content": [{"type": "text",
                "text": "Two clauses deserve attention: late delivery (4.2) and liability (9.1)."}],
                "stop_reason": "end_turn", "usage": {"input_tokens": 1_270, "output_tokens": 412,
                "cache_read_input_tokens": 22_016, "cache_creation_input_tokens": 1_024}}}),
        ),
        (
            "support-triage",
            json!({"id": "ticket-48213", "input": "My invoice shows the wrong VAT number. Can you fix it before Friday?",
            "result": "{\"category\": \"billing\", \"urgency\": 2, \"needs_human\": false, \"tags\": [\"invoice\", \"vat\"]}",
            "duration": 0.84, "tokens": {"prompt_tokens": 612, "completion_tokens": 41}, "used_tools": ["lookup_customer"],
            "llm_response": chat("gpt-4o-mini-2024-07-18", "{\"category\": \"billing\"}", 612, 41)}),
        ),
        (
            "research",
            json!({"id": "research-7", "input": r#"{"question": "Which EU countries tax sugar in drinks?", "depth": 3, "language": "en"}"#,
            "result": markdown, "duration": 47.3, "tokens": {"prompt_tokens": 38_204, "completion_tokens": 2_114},
            "used_tools": ["web_search", "web_search", "fetch_page", "fetch_page", "fetch_page", "calculator"],
            "llm_response": [chat("gpt-4.1-2025-04-14", "Fourteen.", 30_104, 1_702),
                {"id": "msg_01Aq9w938a90dw8q", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001",
                "content": [{"type": "text", "text": markdown}], "stop_reason": "end_turn",
                "usage": {"input_tokens": 8_100, "output_tokens": 412, "cache_read_input_tokens": 4_096}}]}),
        ),
        (
            "support-triage",
            json!({"id": "ticket-48214", "input": "Summarise Q4 earnings from the attached call transcript",
            "is_success": false, "result": "rate limited: 429 Too Many Requests: tokens per minute (TPM): limit 30000, used 28412, requested 4120; try again in 5.06 s",
            "duration": 4.71, "tokens": {"prompt_tokens": 0, "completion_tokens": 0}}),
        ),
        (
            "quarterly-report",
            json!({"id": "q4-summary", "input": "Write the summary of Q4 for the board, in Markdown, one page.",
            "result": markdown, "duration": 6.02, "tokens": {"prompt_tokens": 2_140, "completion_tokens": 380, "cache_read_tokens": 1_792},
            "used_tools": ["sql_query", "render_chart"], "llm_response": chat("gpt-4o-2024-08-06", markdown, 2_140, 380)}),
        ),
        (
            "research",
            json!({"id": "research-8", "input": "Find the three most cited papers on retrieval augmented generation since 2024",
            "is_success": false, "result": "cancelled: the future was dropped after 12.0 s, while web_search was running",
            "duration": 12.0, "used_tools": ["web_search"]}),
        ),
        (
            "translator",
            json!({"id": "tr-1", "input": "Wie spät ist es in 東京, wenn es in München 9 Uhr ist? 🕘",
            "result": "東京は午後4時です。", "duration": 0.31, "tokens": {"prompt_tokens": 38, "completion_tokens": 9},
            "llm_response": {"model": "llama3.2", "created_at": "2026-11-15T12:00:00Z", "done": true,
                "done_reason": "stop", "message": {"role": "assistant", "content": "東京は午後4時です。"},
                "prompt_eval_count": 38, "eval_count": 9}}),
        ),
        (
            "support-triage",
            json!({"id": "ticket-48215", "input": hostile, "result": hostile, "duration": 1.12,
            "tokens": {"prompt_tokens": 701, "completion_tokens": 88}, "used_tools": [hostile, "lookup_customer"],
            "llm_response": {hostile: hostile, "model": hostile}}),
        ),
        (
            "nightly-batch",
            json!({"id": "batch-2", "input": "{\"rows\": 5000, \"source\": \"s3://exports/2026-11\"}",
            "is_success": false, "result": "panicked at src/rows.rs:214:9: index out of bounds: the len is 0 but the index is 0",
            "duration": 251.7}),
        ),
        (
            "support-triage",
            json!({"id": "ticket-48216", "input": "How do I reset my password?",
            "result": "Open Settings → Security and choose “Reset password”.", "duration": 1.18,
            "tokens": {"prompt_tokens": 812, "completion_tokens": 96}, "used_tools": ["search_docs"],
            "llm_response": chat("gpt-4o-mini-2024-07-18", "Open Settings → Security and choose “Reset password”.", 812, 96)}),
        ),
    ];
    for (agent, task) in tasks {
        client.report(agent, &task);
    }
}

/// Reports small tasks with these numbers, of which one in thirty-seven fails.
///
/// # Panics
///
/// They are refused.
pub fn many(platform: &LocalPlatform, numbers: Range<usize>) {
    const WORDS: [&str; 12] = [
        "invoice", "contract", "refund", "delivery", "password", "report", "forecast", "meeting",
        "license", "shipment", "survey", "renewal",
    ];
    const AGENTS: [&str; 5] = [
        "support-triage",
        "contract-review",
        "research",
        "translator",
        "nightly-batch",
    ];
    const TOOLS: [&str; 6] = [
        "web_search",
        "search_docs",
        "sql_query",
        "lookup_customer",
        "calculator",
        "fetch_page",
    ];
    let mut client = Client::new(platform);
    for index in numbers {
        let word = |step: usize| WORDS[(index / step + index * step) % WORDS.len()];
        let tools: Vec<&str> = (0..index % 4)
            .map(|tool| TOOLS[(index + tool) % TOOLS.len()])
            .collect();
        let fails = index % 37 == 5;
        let result = if fails {
            format!(
                "timed out after {} s while it waited for the model",
                30 + index % 3
            )
        } else {
            format!(
                "The {} is settled; the {} follows next week.",
                word(3),
                word(7)
            )
        };
        client.report(
            AGENTS[index % AGENTS.len()],
            &json!({"id": format!("task-{index}"), "input": format!("What about the {} and the {} of customer {}?", word(1), word(5), index % 997),
                    "result": result, "is_success": !fails, "used_tools": tools,
                    "duration": 0.2 + (index * 7919 % 4000) as f64 / 500.0,
                    "tokens": {"prompt_tokens": 200 + index * 31 % 3000, "completion_tokens": 20 + index * 17 % 400}}),
        );
    }
}
