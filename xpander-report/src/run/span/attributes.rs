//! The fields of spans. `tracing-opentelemetry` knows neither unsigned numbers nor arrays: counts are signed, and what the
//! conventions have as a list is its JSON.

use std::borrow::Cow;

use serde_json::json;
use tracing::field::Empty;
use tracing::{Level, Span, record_all, span};

use crate::envelope::Envelope;
use crate::envelope::summary::{Counts, Summary};
use crate::provider::shape::Shape;
use crate::reporter::Reporter;
use crate::support::genai_content;

pub(super) const TOOL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
pub(super) const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";

/// What the conventions say where nothing tells the kind of an error.
const OTHER: &str = "_OTHER";

/// The span of a run. `tracing` takes 32 fields at most.
pub(super) fn run(function: &str) -> Span {
    let name = ["invoke_agent ", function].concat();
    span!(
        target: "xpander_report::run",
        Level::INFO,
        "invoke_agent",
        otel.name = &*name,
        otel.kind = "internal",
        otel.status_code = Empty,
        otel.status_description = Empty,
        gen_ai.operation.name = "invoke_agent",
        gen_ai.agent.id = Empty,
        gen_ai.agent.name = function,
        gen_ai.provider.name = Empty,
        gen_ai.request.model = Empty,
        gen_ai.response.model = Empty,
        gen_ai.response.id = Empty,
        gen_ai.response.finish_reasons = Empty,
        gen_ai.response.time_to_first_chunk = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.usage.reasoning.output_tokens = Empty,
        gen_ai.input.messages = Empty,
        gen_ai.output.messages = Empty,
        error.type = Empty,
        xpander.task.id = Empty,
    )
}

/// The span of a call of a tool.
pub(super) fn tool(name: &str) -> Span {
    let full = ["execute_tool ", name].concat();
    span!(
        target: "xpander_report::run",
        Level::INFO,
        "execute_tool",
        otel.name = &*full,
        otel.kind = "internal",
        otel.status_code = Empty,
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = name,
        gen_ai.tool.type = "function",
        gen_ai.tool.call.arguments = Empty,
        error.type = Empty,
    )
}

/// The call of a tool has panicked.
pub(super) fn record_panic(span: &Span) {
    record_all!(span, otel.status_code = "ERROR", error.type = "panicked");
}

/// What is known at the end of a run.
pub(super) struct End<'a> {
    agent_id: Option<&'a str>,
    summary: Cow<'a, Summary>,
    finish_reasons: Option<String>,
    /// Of a run that failed.
    error_type: Option<&'a str>,
    content: Content,
    task_id: Option<String>,
}

#[derive(Default)]
struct Content {
    input: Option<String>,
    output: Option<String>,
    error: Option<String>,
}

impl<'a> End<'a> {
    pub(super) fn of(
        envelope: &'a Envelope,
        reporter: &'a Reporter,
        task_id: Option<String>,
    ) -> Self {
        let summary = envelope.summary.as_deref();
        let summary = summary.map_or_else(|| Cow::Owned(Summary::set(envelope)), Cow::Borrowed);
        let has_failed = envelope.is_success.get() == Some(false);
        let finish_reason = summary.finish_reason.as_ref();
        let agent_id = envelope.agent_id.as_deref();
        Self {
            agent_id: agent_id.or_else(|| reporter.agent_id()),
            finish_reasons: finish_reason.map(|reason| json!([reason]).to_string()),
            error_type: has_failed.then(|| envelope.error_type.as_deref().unwrap_or(OTHER)),
            content: Content::of(envelope, reporter, &summary, has_failed),
            summary,
            task_id,
        }
    }

    pub(super) fn record(&self, span: &Span) {
        let Summary {
            shape,
            id,
            model,
            counts,
            ..
        } = &*self.summary;
        let Counts {
            input,
            output,
            cache_read,
            cache_creation,
            reasoning,
        } = *counts;
        let Content {
            input: asked,
            output: answered,
            error,
        } = &self.content;
        record_all!(
            span,
            otel.status_code = self.error_type.map(|_| "ERROR"),
            otel.status_description = error.as_deref(),
            gen_ai.agent.id = self.agent_id,
            gen_ai.provider.name = shape.and_then(Shape::provider),
            gen_ai.request.model = model.as_deref(),
            gen_ai.response.model = model.as_deref(),
            gen_ai.response.id = id.as_deref(),
            gen_ai.response.finish_reasons = self.finish_reasons.as_deref(),
            gen_ai.usage.input_tokens = signed(input),
            gen_ai.usage.output_tokens = signed(output),
            gen_ai.usage.cache_read.input_tokens = signed(cache_read),
            gen_ai.usage.cache_creation.input_tokens = signed(cache_creation),
            gen_ai.usage.reasoning.output_tokens = signed(reasoning),
            gen_ai.input.messages = asked.as_deref(),
            gen_ai.output.messages = answered.as_deref(),
            error.type = self.error_type,
            xpander.task.id = self.task_id.as_deref(),
        );
    }
}

impl Content {
    /// Nothing, unless the environment asks for it and the reporter lets it leave.
    fn of(envelope: &Envelope, reporter: &Reporter, summary: &Summary, has_failed: bool) -> Self {
        let redaction = reporter.redaction();
        let redaction =
            redaction.filter(|it| genai_content::is_wanted() && it.lets_content_into_spans());
        let Some((input, result)) = redaction.and_then(|it| it.scrubbed(envelope)) else {
            return Self::default();
        };
        let message = |role, text: String| {
            let parts = json!([{"type": "text", "content": text}]);
            json!({"role": role, "parts": parts})
        };
        let (output, error) = match has_failed {
            true => (None, result),
            false => (result, None),
        };
        Self {
            input: input.map(|text| json!([message("user", text)]).to_string()),
            output: output.map(|text| {
                let mut answer = message("assistant", text);
                if let Some(reason) = &summary.finish_reason {
                    answer["finish_reason"] = reason.as_str().into();
                }
                json!([answer]).to_string()
            }),
            error,
        }
    }
}

fn signed(count: Option<u64>) -> Option<i64> {
    count.map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}
