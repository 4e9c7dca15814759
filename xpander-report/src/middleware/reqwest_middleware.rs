use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

use super::CatchResponses;
use crate::run::handle::current_task;

#[async_trait::async_trait]
impl Middleware for CatchResponses {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let task = current_task();
        let answer = next.run(request, extensions).await?;
        Ok(Self::pass(answer, &task))
    }
}
