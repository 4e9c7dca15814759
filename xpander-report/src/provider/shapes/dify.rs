//! Dify: the answer of an app that chats or completes, and what a workflow puts out.

use crate::provider::failure;
use crate::provider::format::Format;
use crate::provider::reading::Reading;
use crate::provider::shape::Shape;
use crate::provider::usage::Usage;

keys! {
    AGENT_THOUGHTS ANSWER DATA ERROR MESSAGE_ID METADATA OUTPUT OUTPUTS PROMPT_TOKENS RESULT STATUS
    TASK_ID TEXT TOOL USAGE WORKFLOW_ID WORKFLOW_RUN_ID
}

pub(in crate::provider) const MESSAGE: Format = Format {
    shape: Shape::Dify,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[ANSWER].is_text()
            && document[MESSAGE_ID].is_text()
            && (document[TASK_ID].is_text() || document[METADATA][USAGE].has(PROMPT_TOKENS))
    },
    read: |document| {
        let mut reading = Reading {
            id: document[MESSAGE_ID].text(),
            ..Reading::default()
        };
        reading.push_text(&document[ANSWER]);
        for thought in document[AGENT_THOUGHTS].items() {
            // Several tools are one text.
            let tools = thought[TOOL].text().unwrap_or_default();
            let tools = tools.split(';').filter(|tool| !tool.is_empty());
            reading.tools.extend(tools);
        }
        reading.usage = Usage::openai(&document[METADATA][USAGE]);
        reading
    },
};

pub(in crate::provider) const WORKFLOW: Format = Format {
    shape: Shape::Dify,
    keys: KEYS,
    only_declared: false,
    matches: |document| {
        document[WORKFLOW_RUN_ID].is_text()
            && document[DATA][WORKFLOW_ID].is_text()
            && document[DATA][STATUS].is_text()
    },
    read: |document| {
        let data = &document[DATA];
        let outputs = [TEXT, ANSWER, RESULT, OUTPUT].map(|key| &data[OUTPUTS][key]);
        let mut reading = Reading {
            id: document[WORKFLOW_RUN_ID].text(),
            finish_reason: data[STATUS].text(),
            failure: failure::error(&data[ERROR]),
            ..Reading::default()
        };
        if let Some(output) = outputs.into_iter().find(|output| output.is_text()) {
            reading.push_text(output);
        }
        reading
    },
};
