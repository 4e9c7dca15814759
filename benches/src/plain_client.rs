//! The baseline of delivery: a plain keep-alive client.

use reqwest::Client;
use tokio::runtime::{Builder, Runtime};

/// A client and the runtime of one thread that it lives in.
pub struct PlainClient {
    client: Client,
    runtime: Runtime,
}

impl PlainClient {
    pub fn new() -> Self {
        // The only provider of this process, unless another client was made before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().build();
        let runtime = Builder::new_current_thread().enable_all().build();
        Self {
            client: client.expect("a client"),
            runtime: runtime.expect("a runtime"),
        }
    }

    /// Posts this many bodies over this many connections. `body` makes the body with a number.
    pub fn post(
        &self,
        address: &str,
        connections: u32,
        count: u32,
        body: impl Fn(u32) -> Vec<u8> + Clone + Send + 'static,
    ) {
        self.runtime.block_on(async {
            let posts: Vec<_> = (0..connections)
                .map(|worker| {
                    let (client, address) = (self.client.clone(), address.to_owned());
                    let body = body.clone();
                    tokio::spawn(async move {
                        for number in (worker..count).step_by(connections as usize) {
                            let request = client
                                .post(&address)
                                .header("x-api-key", "k")
                                .header("content-type", "application/json")
                                .body(body(number));
                            let answer = request.send().await.expect("an answer");
                            answer.bytes().await.expect("a body");
                        }
                    })
                })
                .collect();
            for post in posts {
                post.await.expect("no panic");
            }
        });
    }
}

impl Default for PlainClient {
    fn default() -> Self {
        Self::new()
    }
}
