//! Reads responses of providers inside the HTTP client.

#[cfg(feature = "bedrock")]
mod bedrock;
pub(crate) mod body;
#[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
mod reqwest;
#[cfg(feature = "reqwest-middleware")]
mod reqwest_middleware;
#[cfg(feature = "tower")]
pub(crate) mod tower;

use body::Copying;

use crate::run::handle::TaskHandle;

/// The maximum size in bytes of a response that is read.
const MAX_RESPONSE: usize = 16 << 20;
/// The maximum size in bytes of all responses of a run that are read.
const MAX_RESPONSES: usize = 4 * MAX_RESPONSE;

/// Media types that are never a provider's response.
const NO_TEXT: [&str; 4] = ["audio", "font", "image", "video"];

/// A middleware for HTTP clients that adds each response of a provider to the run that made the request, as
/// [`llm_response`](crate::TaskHandle::llm_response) does. So functions that return only a `String` report their tokens, tools
/// and responses, without a line in their bodies.
///
/// It copies the bytes of an answer, plain or streamed, without delaying or changing them. They are read where reports are
/// delivered. An answer that is not a provider's response is ignored. If the program drops a stream, the received part counts.
///
/// The run is the [current one](crate::current_task) when the request is made. Outside a run, nothing is copied. Only
/// successful answers are copied, and no images, audio or compressed bodies. Responses over 16 MiB, and responses beyond 64 MiB
/// in one run, are not kept; [`Stats::oversized`](crate::Stats::oversized) counts them. If the body also passes the response on
/// itself, it counts once.
///
/// # `async-openai`, or any client that takes `tower`'s layers
/// With the feature `tower` it is a layer over every service that answers with a `reqwest::Response` or an
/// `http::Response`. Clients of `async-openai` accept such a service with that crate's feature `middleware`. With one,
/// they no longer retry by themselves, so add that crate's retry layer as well:
///
#[cfg_attr(feature = "tower", doc = "```no_run")]
#[cfg_attr(not(feature = "tower"), doc = "```ignore")]
/// use async_openai::middleware::{ReqwestService, retry::OpenAIRetryLayer};
/// use async_openai::types::chat::{ChatCompletionRequestUserMessage, CreateChatCompletionRequestArgs};
/// use async_openai::{Client, config::OpenAIConfig, error::OpenAIError};
/// use tower::ServiceBuilder;
/// use xpander_report::{CatchResponses, external_task};
///
/// #[external_task(input(question))]
/// async fn ask(client: &Client<OpenAIConfig>, question: &str) -> Result<String, OpenAIError> {
///     let message = ChatCompletionRequestUserMessage::from(question);
///     let request = CreateChatCompletionRequestArgs::default()
///         .model("gpt-5.4-mini")
///         .messages([message.into()])
///         .build()?;
///     let mut answer = client.chat().create(request).await?;
///     Ok(answer.choices.remove(0).message.content.unwrap_or_default())
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), OpenAIError> {
/// let http = ServiceBuilder::new()
///     .layer(CatchResponses::new())
///     .layer(OpenAIRetryLayer::default())
///     .service(ReqwestService::new(reqwest::Client::new()));
/// let client = Client::new().with_http_service(http);
/// ask(&client, "Will it rain?").await?; // its report has tokens, tools and the response
/// # Ok(())
/// # }
/// ```
///
/// # `rig`, or any client that takes `reqwest-middleware`
/// With the feature `reqwest-middleware`:
///
#[cfg_attr(feature = "reqwest-middleware", doc = "```no_run")]
#[cfg_attr(not(feature = "reqwest-middleware"), doc = "```ignore")]
/// use xpander_report::CatchResponses;
///
/// let http = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///     .with(CatchResponses::new())
///     .build();
/// # let _ = http;
/// ```
///
/// # The SDK of Amazon Bedrock
/// With the feature `bedrock` it is an interceptor:
///
#[cfg_attr(feature = "bedrock", doc = "```no_run")]
#[cfg_attr(not(feature = "bedrock"), doc = "```ignore")]
/// use aws_sdk_bedrockruntime::Config;
/// use xpander_report::CatchResponses;
///
/// let config = Config::builder().interceptor(CatchResponses::new());
/// # let _ = config;
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct CatchResponses {}

impl CatchResponses {
    /// Creates the middleware. It has no settings.
    pub fn new() -> Self {
        Self {}
    }

    /// Starts the copy of an answer if it belongs to a run and may be a provider's response.
    fn catch<'a>(
        task: &TaskHandle,
        status: u16,
        header: impl Fn(&'static str) -> Option<&'a str>,
    ) -> Option<Copying> {
        if is_readable(status, header) {
            Copying::begin(task)
        } else {
            None
        }
    }
}

/// Whether an answer may be a provider's response, judged by its headers.
fn is_readable<'a>(status: u16, header: impl Fn(&'static str) -> Option<&'a str>) -> bool {
    let content_type = header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let kind = media_type.split('/').next().unwrap_or_default();
    let is_plain = |coding: &str| coding.trim().eq_ignore_ascii_case("identity");
    (200..300).contains(&status)
        && header("content-encoding").is_none_or(is_plain)
        && !NO_TEXT.iter().any(|other| kind.eq_ignore_ascii_case(other))
        && !media_type.eq_ignore_ascii_case("application/octet-stream")
}
