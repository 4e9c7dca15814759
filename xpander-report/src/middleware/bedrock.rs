use std::mem;

use aws_sdk_bedrockruntime::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_bedrockruntime::error::BoxError;
use aws_smithy_types::body::SdkBody;

use super::CatchResponses;
use super::body::CaughtBody;
use crate::run::handle::current_task;

impl Intercept for CatchResponses {
    fn name(&self) -> &'static str {
        "CatchResponses"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response_mut();
        let status = answer.status().as_u16();
        let headers = answer.headers();
        if let Some(copying) = Self::catch(&current_task(), status, |name| headers.get(name)) {
            let body = mem::replace(answer.body_mut(), SdkBody::taken());
            *answer.body_mut() = SdkBody::from_body_1_x(CaughtBody::new(body, Some(copying)));
        }
        Ok(())
    }
}
