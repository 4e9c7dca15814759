use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, HttpBody};

use crate::http::problem::Problem;

/// The largest accepted request body: 32 MiB.
pub(crate) const MAX_BYTES: usize = 32 * 1024 * 1024;

/// How much of a body is read before the connection is closed. Bytes beyond [`MAX_BYTES`] are discarded:
/// without reading them, a client that still sends would see a reset connection instead of the answer.
const MAX_READ_BYTES: usize = 4 * MAX_BYTES;

/// The whole body as text.
pub(crate) async fn read_text(mut body: Body) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let mut received = 0_usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| {
            Problem::bad_request(format!("The body could not be read: {error}."))
        })?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        received += data.len();
        if received <= MAX_BYTES {
            bytes.extend_from_slice(&data);
        } else if received <= MAX_READ_BYTES {
            bytes = Vec::new();
        } else {
            break;
        }
    }
    if received > MAX_BYTES {
        return Err(Problem::too_large(format!(
            "The body is larger than {MAX_BYTES} bytes, the most that one report may have."
        )));
    }
    String::from_utf8(bytes)
        .map_err(|error| Problem::bad_request(format!("The body is not UTF-8: {error}.")))
}
