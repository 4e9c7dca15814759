pub(crate) mod agent;
pub(crate) mod dead_letter;
pub(crate) mod json;
pub(crate) mod object;
pub(crate) mod task;
pub(crate) mod task_id;
pub(crate) mod tokens;

use std::time::Duration;

use agent::Agent;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use tokens::Tokens;

/// A report of one run: the parameters of the platform's `report_external_task` call.
///
/// All fields are optional. Unset fields are sent as the platform's defaults. It serialises to the body of the request,
/// and deserialises from it.
///
/// ```
/// use std::time::Duration;
/// use xpander_report::{TaskReport, Tokens};
///
/// let report = TaskReport::new()
///     .id("order-9921")
///     .input("Summarise Q4 earnings")
///     .result("Q4 revenue grew 22 %")
///     .tokens(Tokens::new(2_140, 380))
///     .used_tools(["web_search"])
///     .duration(Duration::from_millis(4_700));
/// let body = serde_json::to_string(&report).unwrap();
/// assert!(body.starts_with(r#"{"id":"order-9921","input":"Summarise Q4 earnings""#));
///
/// let same: TaskReport = serde_json::from_str(&body).unwrap();
/// assert_eq!(same.id, report.id);
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TaskReport {
    /// The task's id. Re-using an id updates that task, so a retried job keeps one record.
    /// `None` or empty: a reporter makes one; a direct call leaves it to the platform.
    pub id: Option<String>,
    /// The agent whose history shows the task. `None` uses the configuration's agent.
    pub agent_id: Option<String>,
    /// The input of the run.
    pub input: Option<String>,
    /// The provider's raw response, which the platform keeps for debugging.
    pub llm_response: Option<Box<RawValue>>,
    /// The tokens of the run.
    pub tokens: Option<Tokens>,
    /// Whether the run succeeded. `None` is sent as `true`, the platform's default.
    pub is_success: Option<bool>,
    /// The result of the run, or its error.
    pub result: Option<String>,
    /// The duration of the run, in seconds. `None` is sent as `0.0`, the platform's default; a
    /// number that JSON cannot hold (NaN, infinity) is sent as null.
    pub duration: Option<f64>,
    /// The tools that the run called, in order.
    pub used_tools: Vec<String>,
    agent: Option<String>,
}

impl TaskReport {
    /// An empty report.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the task's id. Re-using an id updates that task.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the agent by its id. An agent set with [`agent`](Self::agent) overrides it.
    #[must_use]
    pub fn agent_id(mut self, agent_id: impl Into<String>) -> Self {
        self.agent_id = Some(agent_id.into());
        self
    }

    /// Sets the agent by its loaded record, which overrides `agent_id`.
    #[must_use]
    pub fn agent(mut self, agent: &Agent) -> Self {
        self.agent = Some(agent.id.clone());
        self
    }

    /// Sets the input of the run.
    #[must_use]
    pub fn input(mut self, input: impl Into<String>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Sets the provider's response: any serialisable value. A
    /// [`RawValue`](serde_json::value::RawValue) is sent byte for byte.
    ///
    /// A value that JSON cannot represent, such as a map with keys that are not strings, becomes a string that
    /// says so.
    #[must_use]
    pub fn llm_response(mut self, response: impl Serialize) -> Self {
        self.llm_response = Some(json::raw(&response));
        self
    }

    /// Sets the tokens of the run.
    #[must_use]
    pub fn tokens(mut self, tokens: impl Into<Tokens>) -> Self {
        self.tokens = Some(tokens.into());
        self
    }

    /// Sets whether the run succeeded; `false` marks the task as failed.
    #[must_use]
    pub fn is_success(mut self, is_success: bool) -> Self {
        self.is_success = Some(is_success);
        self
    }

    /// Sets the result of the run, or its error.
    #[must_use]
    pub fn result(mut self, result: impl Into<String>) -> Self {
        self.result = Some(result.into());
        self
    }

    /// Sets the duration of the run.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration.as_secs_f64());
        self
    }

    /// Sets the tools that the run called, in order.
    #[must_use]
    pub fn used_tools<T: Into<String>>(mut self, tools: impl IntoIterator<Item = T>) -> Self {
        self.used_tools = tools.into_iter().map(Into::into).collect();
        self
    }

    /// The agent of this report: the loaded record, else the id.
    pub(crate) fn named_agent(&self) -> Option<&str> {
        self.agent
            .as_deref()
            .or(self.agent_id.as_deref())
            .filter(|id| !id.is_empty())
    }

    /// The body of a request, the same as by [`Serialize`].
    #[cfg(feature = "http")]
    pub(crate) fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        let mut body = Vec::with_capacity(self.bytes() + self.bytes() / 16 + 256);
        let text = |body: &mut Vec<u8>, name: &str, text: &Option<String>| {
            body.extend_from_slice(name.as_bytes());
            match text {
                Some(text) => json::write_string(body, text),
                None => body.extend_from_slice(b"null"),
            }
        };
        text(&mut body, r#"{"id":"#, &self.id);
        text(&mut body, r#","input":"#, &self.input);
        body.extend_from_slice(br#","llm_response":"#);
        let response = self.llm_response.as_ref();
        body.extend_from_slice(response.map_or("null", |raw| raw.get()).as_bytes());
        body.extend_from_slice(br#","tokens":"#);
        serde_json::to_writer(&mut body, &self.tokens)?;
        body.extend_from_slice(br#","is_success":"#);
        serde_json::to_writer(&mut body, &self.is_success.unwrap_or(true))?;
        text(&mut body, r#","result":"#, &self.result);
        body.extend_from_slice(br#","duration":"#);
        serde_json::to_writer(&mut body, &self.duration.unwrap_or(0.0))?;
        body.extend_from_slice(br#","used_tools":"#);
        serde_json::to_writer(&mut body, &self.used_tools)?;
        body.push(b'}');
        Ok(body)
    }

    /// Takes the ids of the other report.
    pub(crate) fn keep_ids(&mut self, other: Self) {
        self.id = other.id;
        self.agent_id = other.agent_id;
        self.agent = other.agent;
    }

    /// The approximate number of bytes it holds on the heap.
    #[cfg(feature = "http")]
    pub(crate) fn bytes(&self) -> usize {
        let texts = [&self.id, &self.agent_id, &self.input, &self.result];
        let texts = texts.into_iter().flatten().map(String::len);
        let response = self.llm_response.as_ref().map(|raw| raw.get().len());
        let tools = self.used_tools.iter();
        let tools = tools.map(|tool| size_of::<String>() + tool.len());
        texts.chain(response).chain(tools).sum()
    }
}

impl Serialize for TaskReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("TaskReport", 8)?;
        body.serialize_field("id", &self.id)?;
        body.serialize_field("input", &self.input)?;
        body.serialize_field("llm_response", &self.llm_response)?;
        body.serialize_field("tokens", &self.tokens)?;
        body.serialize_field("is_success", &self.is_success.unwrap_or(true))?;
        body.serialize_field("result", &self.result)?;
        body.serialize_field("duration", &self.duration.unwrap_or(0.0))?;
        body.serialize_field("used_tools", &self.used_tools)?;
        body.end()
    }
}

impl<'de> Deserialize<'de> for TaskReport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename = "TaskReport")]
        struct Body {
            id: Option<String>,
            agent_id: Option<String>,
            input: Option<String>,
            llm_response: Option<Box<RawValue>>,
            tokens: Option<Tokens>,
            is_success: Option<bool>,
            result: Option<String>,
            #[serde(deserialize_with = "number")]
            duration: Option<f64>,
            used_tools: Option<Vec<String>>,
        }

        /// Null stands for a number that JSON cannot hold.
        fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
            let number = Option::deserialize(deserializer)?;
            Ok(Some(number.unwrap_or(f64::NAN)))
        }

        let body = Body::deserialize(deserializer)?;
        Ok(Self {
            id: body.id,
            agent_id: body.agent_id,
            input: body.input,
            llm_response: body.llm_response,
            tokens: body.tokens,
            is_success: body.is_success,
            result: body.result,
            duration: body.duration,
            used_tools: body.used_tools.unwrap_or_default(),
            agent: None,
        })
    }
}
