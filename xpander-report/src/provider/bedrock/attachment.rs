//! Images, sounds, films and documents. The SDK gives a source that was not sent as one that it does not
//! know; neither is written.

use aws_sdk_bedrockruntime::types::{
    AudioBlock, AudioSource, CitationsConfig, DocumentBlock, DocumentContentBlock, DocumentSource,
    ErrorBlock, GuardrailConverseImageBlock, GuardrailConverseImageSource, ImageBlock, ImageSource,
    S3Location, SearchResultBlock, SearchResultContentBlock, VideoBlock, VideoSource,
};
use serde_json::{Value, json};

use super::{object, smithy};

pub(super) fn image(image: &ImageBlock) -> Value {
    let source = |source: &ImageSource| match source {
        ImageSource::Bytes(blob) => Some(json!({"bytes": smithy::blob(blob)})),
        ImageSource::S3Location(location) => Some(json!({"s3Location": s3(location)})),
        _ => None,
    };
    object([
        ("format", Some(image.format().as_str().into())),
        ("source", image.source().and_then(source)),
        ("error", image.error().map(error)),
    ])
}

pub(super) fn guarded_image(image: &GuardrailConverseImageBlock) -> Value {
    let source = |source: &GuardrailConverseImageSource| match source {
        GuardrailConverseImageSource::Bytes(blob) => Some(json!({"bytes": smithy::blob(blob)})),
        _ => None,
    };
    object([
        ("format", Some(image.format().as_str().into())),
        ("source", image.source().and_then(source)),
    ])
}

pub(super) fn audio(audio: &AudioBlock) -> Value {
    let source = |source: &AudioSource| match source {
        AudioSource::Bytes(blob) => Some(json!({"bytes": smithy::blob(blob)})),
        AudioSource::S3Location(location) => Some(json!({"s3Location": s3(location)})),
        _ => None,
    };
    object([
        ("format", Some(audio.format().as_str().into())),
        ("source", audio.source().and_then(source)),
        ("error", audio.error().map(error)),
    ])
}

pub(super) fn video(video: &VideoBlock) -> Value {
    let source = |source: &VideoSource| match source {
        VideoSource::Bytes(blob) => Some(json!({"bytes": smithy::blob(blob)})),
        VideoSource::S3Location(location) => Some(json!({"s3Location": s3(location)})),
        _ => None,
    };
    object([
        ("format", Some(video.format().as_str().into())),
        ("source", video.source().and_then(source)),
    ])
}

pub(super) fn document(document: &DocumentBlock) -> Value {
    let text = |content: &DocumentContentBlock| match content {
        DocumentContentBlock::Text(text) => json!({"text": text}),
        _ => json!({}),
    };
    let source = |source: &DocumentSource| match source {
        DocumentSource::Bytes(blob) => Some(json!({"bytes": smithy::blob(blob)})),
        DocumentSource::Content(content) => {
            let content: Value = content.iter().map(text).collect();
            Some(json!({"content": content}))
        }
        DocumentSource::S3Location(location) => Some(json!({"s3Location": s3(location)})),
        DocumentSource::Text(text) => Some(json!({"text": text})),
        _ => None,
    };
    object([
        ("format", Some(document.format().as_str().into())),
        ("name", Some(document.name().into())),
        ("source", document.source().and_then(source)),
        ("context", document.context().map(Value::from)),
        ("citations", document.citations().map(citations)),
    ])
}

pub(super) fn search_result(result: &SearchResultBlock) -> Value {
    let text = |content: &SearchResultContentBlock| json!({"text": content.text()});
    object([
        ("source", Some(result.source().into())),
        ("title", Some(result.title().into())),
        ("content", Some(result.content().iter().map(text).collect())),
        ("citations", result.citations().map(citations)),
    ])
}

fn citations(config: &CitationsConfig) -> Value {
    json!({"enabled": config.enabled()})
}

fn error(error: &ErrorBlock) -> Value {
    object([("message", error.message().map(Value::from))])
}

fn s3(location: &S3Location) -> Value {
    object([
        ("uri", Some(location.uri().into())),
        ("bucketOwner", location.bucket_owner().map(Value::from)),
    ])
}
