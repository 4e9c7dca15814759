//! A response's JSON, as far as any shape reads it.
//!
//! One pass keeps what stands under known keys and skips the rest, so that a response costs little
//! more to read than to skip.

use std::borrow::Cow;
use std::fmt;
use std::ops::Index;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// No shape reads anything that lies deeper.
const DEPTH: usize = 16;

/// No response has longer lists of anything but numbers.
const ITEMS: usize = 1 << 14;

/// A count beyond it is no count: JSON's numbers are exact up to here.
const LARGEST_COUNT: f64 = 9_007_199_254_740_991.0;

static NULL: Node<'static> = Node::Null;

/// A value. What is not there is null, so paths need no questions on their way.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Object<'a>),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Object<'a> {
    fields: Vec<(Key, Node<'a>)>,
    /// How many fields have keys that no shape reads.
    unread: usize,
}

impl<'a> Node<'a> {
    /// Reads a document; `None` if it is not JSON.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let document = Depth(0).deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        Some(document)
    }

    /// The text, unless it is empty: some providers fill absent fields with that.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text() == Some(text)
    }

    /// The number, if it can be one of tokens.
    pub(super) fn count(&self) -> Option<u64> {
        let number = match self {
            Self::Number(number) => *number,
            Self::Text(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok()?
            }
            _ => return None,
        };
        let is_count = (0.0..=LARGEST_COUNT).contains(&number);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it was found to be in range"
        )]
        is_count.then_some(number.round() as u64)
    }

    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The items of a list whose `type` is this.
    pub(super) fn of_type(&self, name: &'static str) -> impl Iterator<Item = &Self> {
        self.items()
            .iter()
            .filter(move |item| item[Key::Type].is(name))
    }

    /// Whether an object has this key, be it null.
    pub(super) fn has(&self, key: Key) -> bool {
        match self {
            Self::Object(object) => object.fields.iter().any(|(name, _)| *name == key),
            _ => false,
        }
    }

    /// Whether an object has no other keys than these.
    pub(super) fn has_only(&self, keys: &[Key]) -> bool {
        match self {
            Self::Object(object) => {
                object.unread == 0 && object.fields.iter().all(|(name, _)| keys.contains(name))
            }
            _ => false,
        }
    }

    /// The field of an object that has just one, such as a Rust enum's variant.
    pub(super) fn only_field(&self) -> Option<(Key, &Self)> {
        match self {
            Self::Object(Object { fields, unread: 0 }) => match fields.as_slice() {
                [(key, value)] => Some((*key, value)),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(super) fn is_bool(&self) -> bool {
        matches!(self, Self::Bool(_))
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    pub(super) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

/// A field; of several with one key the last.
impl<'a> Index<Key> for Node<'a> {
    type Output = Self;

    fn index(&self, key: Key) -> &Self {
        let Self::Object(object) = self else {
            return &NULL;
        };
        let field = object.fields.iter().rev().find(|(name, _)| *name == key);
        field.map_or(&NULL, |(_, value)| value)
    }
}

impl<'a> Index<usize> for Node<'a> {
    type Output = Self;

    fn index(&self, at: usize) -> &Self {
        self.items().get(at).unwrap_or(&NULL)
    }
}

/// Reads a value that lies this deep.
#[derive(Clone, Copy)]
struct Depth(usize);

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        if self.0 > DEPTH {
            return IgnoredAny::deserialize(deserializer).map(|_| Node::Null);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "what a number loses is more than a count has"
    )]
    fn visit_u64<E>(self, number: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "what a number loses is more than a count has"
    )]
    fn visit_i64<E>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        while items.len() < ITEMS {
            let Some(item) = list.next_element_seed(Self(self.0 + 1))? else {
                return Ok(Node::List(items));
            };
            // An embedding is a thousand numbers; that there are any is all that counts.
            if items.is_empty() || !item.is_number() {
                items.push(item);
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut object = Object::default();
        while let Some(key) = map.next_key_seed(Name)? {
            match key {
                Some(Key::ExactNumber) => {
                    let digits = map.next_value::<Cow<'de, str>>()?;
                    return Ok(digits.parse().map_or(Node::Null, Node::Number));
                }
                Some(key) => {
                    let value = map.next_value_seed(Self(self.0 + 1))?;
                    object.fields.push((key, value));
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    object.unread += 1;
                }
            }
        }
        Ok(Node::Object(object))
    }
}

/// Reads a key.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<Key>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Key>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<Key>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<Key>, E> {
        Ok(Key::named(name))
    }
}

macro_rules! keys {
    ($($key:ident = $($name:literal)|+,)*) => {
        /// A key that some shape reads. Providers spell it as `snake_case`, `camelCase` or both.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Key {
            $($key,)*
        }

        impl Key {
            fn named(name: &str) -> Option<Self> {
                match name {
                    $($($name)|+ => Some(Self::$key),)*
                    _ => None,
                }
            }
        }
    };
}

keys! {
    Aborted = "aborted",
    Agent = "agent",
    Audio = "audio",
    AudioTokens = "audio_tokens",
    B64Json = "b64_json",
    BilledUnits = "billed_units",
    BlockReason = "block_reason" | "blockReason",
    BlockReasonMessage = "block_reason_message" | "blockReasonMessage",
    CacheCreationInputTokens = "cache_creation_input_tokens",
    CacheCreationTokens = "cache_creation_tokens",
    CacheReadInputTokenCount = "cacheReadInputTokenCount",
    CacheReadInputTokens = "cache_read_input_tokens" | "cacheReadInputTokens",
    CacheWriteInputTokenCount = "cacheWriteInputTokenCount",
    CacheWriteInputTokens = "cache_write_input_tokens" | "cacheWriteInputTokens",
    CacheWriteTokens = "cache_write_tokens",
    CachedContentTokenCount = "cached_content_token_count" | "cachedContentTokenCount",
    CachedInputTokens = "cached_input_tokens",
    CachedPromptTextTokens = "cached_prompt_text_tokens" | "cachedPromptTextTokens",
    CachedTokens = "cached_tokens" | "cachedTokens",
    Candidates = "candidates",
    CandidatesTokenCount = "candidates_token_count" | "candidatesTokenCount",
    CapturedContent = "captured_content",
    CapturedUsage = "captured_usage",
    Category = "category",
    Choice = "choice",
    Choices = "choices",
    ChunkVariant = "Chunk",
    CitationTokens = "citation_tokens",
    CitationsContent = "citationsContent",
    Code = "code" | "error_code",
    CompletedVariant = "Completed",
    Completion = "completion",
    CompletionCalls = "completion_calls",
    CompletionMessage = "completion_message",
    CompletionReason = "completionReason",
    CompletionTokens = "completion_tokens" | "completionTokens",
    CompletionTokensDetails = "completion_tokens_details" | "completionTokensDetails",
    Completions = "completions",
    ConnectorTokens = "connector_tokens",
    Content = "content",
    ContentBlock = "content_block",
    ContentBlockDelta = "contentBlockDelta",
    ContentBlockStart = "contentBlockStart",
    ContentFilterVariant = "ContentFilter",
    ConversationId = "conversation_id",
    Created = "created",
    CreatedAt = "created_at",
    Custom = "custom",
    Data = "data",
    Delta = "delta",
    Detail = "detail",
    Details = "details",
    Done = "done",
    DoneReason = "done_reason",
    Embedding = "embedding",
    Embeddings = "embeddings",
    EndVariant = "End",
    Error = "error",
    ErrorType = "error_type",
    Errors = "errors",
    EstimatedTime = "estimated_time",
    EvalCount = "eval_count",
    Event = "event",
    EventType = "event_type",
    // What serde_json makes of a fraction if its feature `arbitrary_precision` is on.
    ExactNumber = "$serde_json::private::Number",
    ExecutableCode = "executable_code" | "executableCode",
    ExecutedTools = "executed_tools",
    Explanation = "explanation",
    FinishMessage = "finish_message" | "finishMessage",
    FinishReason = "finish_reason" | "finishReason",
    FnName = "fn_name",
    Function = "function",
    FunctionCall = "function_call" | "functionCall",
    GeneratedText = "generated_text",
    GeneratedTokenCount = "generated_token_count",
    GeneratedTokens = "generated_tokens",
    Generation = "generation",
    GenerationId = "generation_id",
    GenerationTokenCount = "generation_token_count",
    Generations = "generations",
    Get = "get",
    Id = "id",
    IncompleteDetails = "incomplete_details",
    Index = "index",
    InputTextTokenCount = "inputTextTokenCount",
    InputTokenCount = "input_token_count" | "inputTokenCount",
    InputTokens = "input_tokens" | "inputTokens",
    InputTokensDetails = "input_tokens_details",
    Interaction = "interaction",
    IsFinished = "is_finished",
    Iterations = "iterations",
    Logprobs = "logprobs" | "log_probs",
    MaxTokensVariant = "MaxTokens",
    Message = "message" | "Message",
    MessageStart = "messageStart",
    MessageStop = "messageStop",
    Messages = "messages",
    Meta = "meta",
    Metadata = "metadata",
    Metric = "metric",
    Metrics = "metrics",
    Model = "model",
    ModelId = "model_id" | "modelId",
    ModelIden = "model_iden",
    ModelName = "model_name",
    ModelVersion = "model_version" | "modelVersion",
    Msg = "msg",
    Name = "name",
    NumCachedTokens = "num_cached_tokens",
    NumSearchQueries = "num_search_queries",
    NumTokensGenerated = "num_tokens_generated",
    NumTokensPromptTotal = "num_tokens_prompt_total",
    Object = "object",
    Origin = "origin",
    Other = "other" | "Other",
    Output = "output",
    OutputIndex = "output_index",
    OutputText = "outputText",
    OutputTokenCount = "output_token_count" | "outputTokenCount",
    OutputTokens = "output_tokens" | "outputTokens",
    OutputTokensDetails = "output_tokens_details",
    Outputs = "outputs",
    Parts = "parts",
    Predictions = "predictions",
    Prompt = "prompt",
    PromptCacheHitTokens = "prompt_cache_hit_tokens",
    PromptEvalCount = "prompt_eval_count",
    PromptFeedback = "prompt_feedback" | "promptFeedback",
    PromptTokenCount = "prompt_token_count" | "promptTokenCount",
    PromptTokens = "prompt_tokens" | "promptTokens",
    PromptTokensDetails = "prompt_tokens_details" | "prompt_token_details" | "promptTokensDetails",
    ProviderModelIden = "provider_model_iden",
    Raw = "raw",
    Reason = "reason",
    ReasoningTokens = "reasoning_tokens" | "reasoningTokens",
    Refusal = "refusal",
    RelevanceScore = "relevance_score",
    RequestId = "request_id",
    Response = "response",
    ResponseId = "response_id" | "responseId",
    ResponseModel = "response_model",
    Result = "result",
    Results = "results",
    Role = "role",
    SearchContextSize = "search_context_size",
    Seconds = "seconds",
    SharedVariant = "Shared",
    Start = "start",
    StaticVariant = "Static",
    Statistics = "statistics",
    Status = "status",
    StatusCode = "status_code" | "statusCode",
    Step = "step",
    Steps = "steps",
    Stop = "stop",
    StopDetails = "stop_details",
    StopReason = "stop_reason" | "stopReason",
    StopSequenceVariant = "StopSequence",
    StopType = "stop_type",
    Success = "success",
    Text = "text",
    TextVariant = "Text",
    Thought = "thought",
    ThoughtsTokenCount = "thoughts_token_count" | "thoughtsTokenCount",
    Title = "title",
    Token = "token",
    TokenCount = "tokenCount" | "token_count",
    TokenMetadata = "token_metadata" | "tokenMetadata",
    Tokens = "tokens",
    TokensEvaluated = "tokens_evaluated",
    TokensPredicted = "tokens_predicted",
    ToolCall = "tool_call" | "toolCall",
    ToolCallVariant = "ToolCall",
    ToolCalls = "tool_calls" | "toolCalls",
    ToolType = "tool_type" | "toolType",
    ToolUse = "toolUse",
    ToolUsePromptTokenCount = "tool_use_prompt_token_count" | "toolUsePromptTokenCount",
    TotalCachedTokens = "total_cached_tokens",
    TotalInputTokens = "total_input_tokens",
    TotalOutputTextTokenCount = "totalOutputTextTokenCount",
    TotalOutputTokens = "total_output_tokens",
    TotalThoughtTokens = "total_thought_tokens",
    TotalTokens = "total_tokens" | "totalTokens",
    TotalToolUseTokens = "total_tool_use_tokens",
    Transcript = "transcript",
    Type = "type" | "__type",
    Url = "url",
    Urls = "urls",
    Usage = "usage",
    UsageMetadata = "usage_metadata" | "usageMetadata",
    Value = "value",
    Values = "values",
    Vectors = "float" | "int8" | "uint8" | "binary" | "ubinary" | "base64",
}
