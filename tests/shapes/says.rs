//! Data → expectation: the exact fields that must be read from a response.

use xpander_report::{ProviderResponse, Shape, TaskReport, Tokens, external_task};
use xpander_report_tests::record;

/// The fields of a response. All others must be absent.
#[derive(Debug, PartialEq)]
pub struct Says {
    shape: Shape,
    id: Option<String>,
    model: Option<String>,
    result: Option<String>,
    tokens: Option<Tokens>,
    tools: Vec<String>,
    finish_reason: Option<String>,
    failure: Option<String>,
}

pub fn says(shape: Shape) -> Says {
    Says {
        shape,
        id: None,
        model: None,
        result: None,
        tokens: None,
        tools: Vec::new(),
        finish_reason: None,
        failure: None,
    }
}

impl Says {
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    pub fn model(mut self, model: &str) -> Self {
        self.model = Some(model.to_owned());
        self
    }

    pub fn result(mut self, text: &str) -> Self {
        self.result = Some(text.to_owned());
        self
    }

    /// Prompt and completion tokens; nothing cached.
    pub fn tokens(self, prompt: u64, completion: u64) -> Self {
        self.cached(prompt, completion, 0, 0)
    }

    /// Prompt and completion tokens, then tokens read from the cache and written to it.
    pub fn cached(mut self, prompt: u64, completion: u64, read: u64, write: u64) -> Self {
        let tokens = Tokens::new(prompt, completion);
        self.tokens = Some(tokens.cache_read(read).cache_write(write));
        self
    }

    pub fn tools(mut self, tools: &[&str]) -> Self {
        self.tools = tools.iter().map(|tool| (*tool).to_owned()).collect();
        self
    }

    pub fn finish(mut self, reason: &str) -> Self {
        self.finish_reason = Some(reason.to_owned());
        self
    }

    pub fn failure(mut self, failure: &str) -> Self {
        self.failure = Some(failure.to_owned());
        self
    }

    /// The result of a run that returns the response.
    fn report_result(&self) -> Option<String> {
        match (&self.failure, &self.result) {
            (Some(failure), Some(result)) if !failure.ends_with(result) => {
                Some(format!("{failure}: {result}"))
            }
            (failure, result) => failure.clone().or_else(|| result.clone()),
        }
    }
}

/// The fields that are read from a declared response.
pub fn read(json: &str) -> Option<Says> {
    ProviderResponse::read(json).map(|response| Says {
        shape: response.shape,
        id: response.id,
        model: response.model,
        result: response.result,
        tokens: response.tokens,
        tools: response.used_tools,
        finish_reason: response.finish_reason,
        failure: response.failure,
    })
}

/// The report of a run that returns this value.
pub fn returned(json: &str) -> TaskReport {
    #[external_task]
    fn run(json: &str) -> serde_json::Value {
        serde_json::from_str(json).expect("JSON")
    }
    record(|| run(json))
}

/// The response has exactly these fields, declared and returned, on one line and on many.
#[track_caller]
pub fn expect(json: &str, says: Says) {
    let value = serde_json::from_str::<serde_json::Value>(json).expect("JSON");
    let minified = serde_json::to_string(&value).expect("JSON");
    let pretty = serde_json::to_string_pretty(&value).expect("JSON");
    for json in [json, &minified, &pretty] {
        assert_eq!(read(json).as_ref(), Some(&says), "{json}");
    }

    let report = returned(json);
    assert!(
        report.llm_response.is_some(),
        "not recognised when returned"
    );
    assert_eq!(report.result, says.report_result());
    assert_eq!(report.tokens, says.tokens);
    assert_eq!(report.used_tools, says.tools);
    assert_eq!(report.is_success, Some(says.failure.is_none()));
}

/// A declared response has exactly these fields. A returned value could be something else.
#[track_caller]
pub fn expect_only_declared(json: &str, says: Says) {
    assert_eq!(read(json), Some(says), "{json}");
    expect_ordinary(json);
}

/// The same JSON as a returned value is not a response.
#[track_caller]
pub fn expect_ordinary(json: &str) {
    let report = returned(json);
    assert!(
        report.llm_response.is_none(),
        "taken for a response: {json}"
    );
    assert_eq!(report.tokens, None);
    assert_eq!(report.is_success, Some(true));
    let result = report.result.expect("a result");
    let value = |json| serde_json::from_str::<serde_json::Value>(json).expect("JSON");
    assert_eq!(value(&result), value(json));
}
