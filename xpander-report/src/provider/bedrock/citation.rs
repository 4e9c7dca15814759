//! Text with the places that it was taken from.

use aws_sdk_bedrockruntime::types::{
    Citation, CitationGeneratedContent, CitationLocation, CitationSourceContent,
    CitationsContentBlock,
};
use serde_json::{Value, json};

use super::object;

pub(super) fn content(block: &CitationsContentBlock) -> Value {
    let content = |content: &Vec<CitationGeneratedContent>| {
        let text = |content: &CitationGeneratedContent| match content {
            CitationGeneratedContent::Text(text) => json!({"text": text}),
            _ => json!({}),
        };
        content.iter().map(text).collect()
    };
    let citations = |citations: &Vec<Citation>| citations.iter().map(citation).collect();
    object([
        ("content", block.content.as_ref().map(content)),
        ("citations", block.citations.as_ref().map(citations)),
    ])
}

fn citation(citation: &Citation) -> Value {
    let content = |content: &Vec<CitationSourceContent>| {
        let text = |content: &CitationSourceContent| match content {
            CitationSourceContent::Text(text) => json!({"text": text}),
            _ => json!({}),
        };
        content.iter().map(text).collect()
    };
    object([
        ("title", citation.title().map(Value::from)),
        ("source", citation.source().map(Value::from)),
        (
            "sourceContent",
            citation.source_content.as_ref().map(content),
        ),
        ("location", citation.location().map(location)),
    ])
}

fn location(location: &CitationLocation) -> Value {
    let range = |index: &str, of: Option<i32>, start: Option<i32>, end: Option<i32>| {
        object([
            (index, of.map(Value::from)),
            ("start", start.map(Value::from)),
            ("end", end.map(Value::from)),
        ])
    };
    match location {
        CitationLocation::Web(web) => json!({"web": object([
            ("url", web.url().map(Value::from)),
            ("domain", web.domain().map(Value::from)),
        ])}),
        CitationLocation::DocumentChar(at) => {
            let at = range("documentIndex", at.document_index(), at.start(), at.end());
            json!({"documentChar": at})
        }
        CitationLocation::DocumentChunk(at) => {
            let at = range("documentIndex", at.document_index(), at.start(), at.end());
            json!({"documentChunk": at})
        }
        CitationLocation::DocumentPage(at) => {
            let at = range("documentIndex", at.document_index(), at.start(), at.end());
            json!({"documentPage": at})
        }
        CitationLocation::SearchResultLocation(at) => {
            let index = at.search_result_index();
            let at = range("searchResultIndex", index, at.start(), at.end());
            json!({"searchResultLocation": at})
        }
        _ => json!({}),
    }
}
