//! The differences between two versions of a task.

use crate::model::revision::Changed;
use crate::model::task::{TaskRecord, Tokens};
use crate::model::text::first_chars;

/// How many characters of a value are kept.
const MAX_CHARS: usize = 160;

/// The fields that differ, without times. A changed raw response is listed without its value.
pub(crate) fn differences(before: &TaskRecord, after: &TaskRecord) -> Vec<Changed> {
    let mut changes = Vec::new();
    let mut compare = |field: &str, before: Option<String>, after: Option<String>| {
        changes.push(Changed {
            field: field.to_owned(),
            before,
            after,
        });
    };
    if before.status != after.status {
        let word = |task: &TaskRecord| Some(task.status.to_string());
        compare("status", word(before), word(after));
    }
    for (field, before, after) in [
        ("agent_id", Some(&before.agent_id), Some(&after.agent_id)),
        (
            "internal_status",
            before.internal_status.as_ref(),
            after.internal_status.as_ref(),
        ),
        ("title", before.title.as_ref(), after.title.as_ref()),
        ("input", before.input.as_ref(), after.input.as_ref()),
        ("result", before.result.as_ref(), after.result.as_ref()),
        ("source", before.source.as_ref(), after.source.as_ref()),
    ] {
        if before != after {
            compare(
                field,
                before.map(|text| start(text)),
                after.map(|text| start(text)),
            );
        }
    }
    if before.llm_response != after.llm_response {
        compare("llm_response", None, None);
    }
    if before.tokens != after.tokens {
        compare(
            "tokens",
            before.tokens.map(tokens),
            after.tokens.map(tokens),
        );
    }
    if before.models != after.models {
        let names = |task: &TaskRecord| list(&task.models);
        compare("model", names(before), names(after));
    }
    if before.cost != after.cost {
        let dollars = |task: &TaskRecord| task.cost.map(|cost| format!("$ {cost}"));
        compare("cost", dollars(before), dollars(after));
    }
    if before.used_tools != after.used_tools {
        compare(
            "used_tools",
            list(&before.used_tools),
            list(&after.used_tools),
        );
    }
    if before.duration != after.duration {
        let seconds = |task: &TaskRecord| task.duration.map(|seconds| format!("{seconds} s"));
        compare("duration", seconds(before), seconds(after));
    }
    if before.details != after.details {
        compare("details", None, None);
    }
    changes
}

fn start(text: &str) -> String {
    first_chars(text, MAX_CHARS).to_owned()
}

fn tokens(tokens: Tokens) -> String {
    format!(
        "{} in, {} out",
        tokens.prompt_tokens, tokens.completion_tokens
    )
}

fn list(all: &[String]) -> Option<String> {
    let mut names = String::new();
    for name in all {
        if !names.is_empty() {
            names.push_str(", ");
        }
        names.push_str(first_chars(name, MAX_CHARS));
        if names.len() > MAX_CHARS {
            break;
        }
    }
    (!names.is_empty()).then(|| start(&names))
}
