//! The blocks of a message's content.

use aws_sdk_bedrockruntime::types::{
    CachePointBlock, ContentBlock, GuardrailConverseContentBlock, GuardrailConverseTextBlock,
    ReasoningContentBlock, ReasoningTextBlock, ToolResultBlock, ToolResultContentBlock,
    ToolUseBlock,
};
use serde_json::{Value, json};

use super::{attachment, citation, object, smithy};

pub(super) fn content(block: &ContentBlock) -> Value {
    match block {
        ContentBlock::Text(text) => json!({"text": text}),
        ContentBlock::ToolUse(tool) => json!({"toolUse": tool_use(tool)}),
        ContentBlock::ToolResult(result) => json!({"toolResult": tool_result(result)}),
        ContentBlock::ReasoningContent(block) => json!({"reasoningContent": reasoning(block)}),
        ContentBlock::CitationsContent(block) => {
            json!({"citationsContent": citation::content(block)})
        }
        ContentBlock::Image(image) => json!({"image": attachment::image(image)}),
        ContentBlock::Audio(audio) => json!({"audio": attachment::audio(audio)}),
        ContentBlock::Video(video) => json!({"video": attachment::video(video)}),
        ContentBlock::Document(document) => json!({"document": attachment::document(document)}),
        ContentBlock::SearchResult(result) => {
            json!({"searchResult": attachment::search_result(result)})
        }
        ContentBlock::GuardContent(block) => json!({"guardContent": guarded(block)}),
        ContentBlock::CachePoint(point) => json!({"cachePoint": cache_point(point)}),
        _ => json!({}),
    }
}

fn tool_use(tool: &ToolUseBlock) -> Value {
    object([
        ("toolUseId", Some(tool.tool_use_id().into())),
        ("name", Some(tool.name().into())),
        ("input", Some(smithy::document(tool.input()))),
        ("type", tool.r#type().map(|kind| kind.as_str().into())),
    ])
}

fn tool_result(result: &ToolResultBlock) -> Value {
    let content = result.content().iter().map(|block| match block {
        ToolResultContentBlock::Text(text) => json!({"text": text}),
        ToolResultContentBlock::Json(document) => json!({"json": smithy::document(document)}),
        ToolResultContentBlock::Image(image) => json!({"image": attachment::image(image)}),
        ToolResultContentBlock::Video(video) => json!({"video": attachment::video(video)}),
        ToolResultContentBlock::Document(document) => {
            json!({"document": attachment::document(document)})
        }
        ToolResultContentBlock::SearchResult(result) => {
            json!({"searchResult": attachment::search_result(result)})
        }
        _ => json!({}),
    });
    object([
        ("toolUseId", Some(result.tool_use_id().into())),
        ("content", Some(content.collect())),
        (
            "status",
            result.status().map(|status| status.as_str().into()),
        ),
        ("type", result.r#type().map(Value::from)),
    ])
}

fn reasoning(block: &ReasoningContentBlock) -> Value {
    let text = |block: &ReasoningTextBlock| {
        object([
            ("text", Some(block.text().into())),
            ("signature", block.signature().map(Value::from)),
        ])
    };
    match block {
        ReasoningContentBlock::ReasoningText(block) => json!({"reasoningText": text(block)}),
        ReasoningContentBlock::RedactedContent(blob) => {
            json!({"redactedContent": smithy::blob(blob)})
        }
        _ => json!({}),
    }
}

fn guarded(block: &GuardrailConverseContentBlock) -> Value {
    let text = |block: &GuardrailConverseTextBlock| {
        let qualifiers = block.qualifiers.as_ref();
        let qualifiers = qualifiers.map(|all| all.iter().map(|one| one.as_str()).collect());
        object([
            ("text", Some(block.text().into())),
            ("qualifiers", qualifiers),
        ])
    };
    match block {
        GuardrailConverseContentBlock::Text(block) => json!({"text": text(block)}),
        GuardrailConverseContentBlock::Image(image) => {
            json!({"image": attachment::guarded_image(image)})
        }
        _ => json!({}),
    }
}

fn cache_point(point: &CachePointBlock) -> Value {
    object([
        ("type", Some(point.r#type().as_str().into())),
        ("ttl", point.ttl().map(|ttl| ttl.as_str().into())),
    ])
}
