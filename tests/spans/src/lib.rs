//! The spans that an OpenTelemetry backend receives from code under test.

use std::collections::BTreeMap;

use opentelemetry::trace::{SpanId, SpanKind, Status, TracerProvider as _};
use opentelemetry::{Array, Value};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt;

/// A span as it was exported.
#[derive(Debug)]
pub struct Exported {
    pub name: String,
    pub kind: SpanKind,
    pub status: Status,
    pub attributes: BTreeMap<String, Value>,
    pub scope: String,
    id: SpanId,
    parent: SpanId,
}

/// All spans that have ended, in the order of their ends.
#[derive(Debug)]
pub struct Spans(pub Vec<Exported>);

/// A `tracing` subscriber that exports spans to memory.
pub struct Collector {
    exporter: InMemorySpanExporter,
    _provider: SdkTracerProvider,
    dispatch: Dispatch,
}

impl Collector {
    #[expect(clippy::new_without_default, reason = "it starts something")]
    pub fn new() -> Self {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tests"));
        let subscriber = tracing_subscriber::registry().with(layer);
        Self {
            exporter,
            _provider: provider,
            dispatch: Dispatch::new(subscriber),
        }
    }

    /// Runs code whose spans are collected.
    pub fn run<T>(&self, code: impl FnOnce() -> T) -> T {
        tracing::dispatcher::with_default(&self.dispatch, code)
    }

    /// The spans exported so far.
    pub fn spans(&self) -> Spans {
        let spans = self.exporter.get_finished_spans().expect("spans");
        Spans(spans.into_iter().map(Exported::of).collect())
    }
}

/// The spans of this code.
pub fn spans(code: impl FnOnce()) -> Spans {
    let collector = Collector::new();
    collector.run(code);
    collector.spans()
}

impl Spans {
    /// The only span with this name.
    #[track_caller]
    pub fn named(&self, name: &str) -> &Exported {
        let mut named = self.0.iter().filter(|span| span.name == name);
        match (named.next(), named.next()) {
            (Some(only), None) => only,
            (None, _) => panic!("no span is called {name}: {:?}", self.names()),
            (Some(_), Some(_)) => panic!("several spans are called {name}"),
        }
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| &*span.name).collect()
    }

    /// The parent of a span.
    pub fn parent_of(&self, span: &Exported) -> Option<&Exported> {
        self.0.iter().find(|other| other.id == span.parent)
    }

    /// The names of a span and of its ancestors.
    pub fn path<'a>(&'a self, span: &'a Exported) -> Vec<&'a str> {
        let up = std::iter::successors(Some(span), |span| self.parent_of(span));
        up.map(|span| &*span.name).collect()
    }
}

impl Exported {
    fn of(span: SpanData) -> Self {
        let attributes = span.attributes.into_iter();
        Self {
            name: span.name.into_owned(),
            kind: span.span_kind,
            status: span.status,
            attributes: attributes
                .map(|it| (it.key.to_string(), it.value))
                .collect(),
            scope: span.instrumentation_scope.name().to_owned(),
            id: span.span_context.span_id(),
            parent: span.parent_span_id,
        }
    }

    /// A text.
    #[track_caller]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.attributes.get(key)? {
            Value::String(text) => Some(text.as_str()),
            other => panic!("{key} is {other:?}"),
        }
    }

    /// A whole number.
    #[track_caller]
    pub fn count(&self, key: &str) -> Option<i64> {
        match self.attributes.get(key)? {
            Value::I64(count) => Some(*count),
            other => panic!("{key} is {other:?}"),
        }
    }

    /// Input and output tokens, tokens read from a cache, written to one, and reasoning tokens.
    pub fn usage(&self) -> [Option<i64>; 5] {
        [
            "input_tokens",
            "output_tokens",
            "cache_read.input_tokens",
            "cache_creation.input_tokens",
            "reasoning.output_tokens",
        ]
        .map(|key| self.count(&format!("gen_ai.usage.{key}")))
    }

    /// Whether it has failed, without saying why.
    pub fn is_error(&self) -> bool {
        matches!(self.status, Status::Error { .. })
    }

    /// Whether some attribute contains this text.
    pub fn holds(&self, text: &str) -> bool {
        let holds = |value: &Value| match value {
            Value::String(value) => value.as_str().contains(text),
            Value::Array(Array::String(values)) => {
                values.iter().any(|it| it.as_str().contains(text))
            }
            _ => false,
        };
        self.attributes.values().any(holds) || format!("{:?}", self.status).contains(text)
    }
}
