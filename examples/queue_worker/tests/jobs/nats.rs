use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{self, Context};
use example_queue_worker::queue::{DEAD_JOBS, JOBS, WORKERS};
use serde_json::Value;

use crate::LONG;

const MISSING: &str = "\n\nThese tests need a NATS server and there is no `nats-server` on the path. Install it:\n\
    \n    apt-get install nats-server     # Debian, Ubuntu\
    \n    brew install nats-server        # macOS\n\n";

/// A NATS server for one test, with its own data folder.
pub(crate) struct Nats {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Nats {
    pub(crate) fn start(folder: &Path) -> Self {
        fs::create_dir(folder).unwrap();
        // The server chooses a port, and writes it to a file.
        let process = run(folder, "-1");
        let ports = folder.join(format!("nats-server_{}.ports", process.id()));
        let mut server = Self {
            process,
            folder: folder.to_owned(),
            port: 0,
        };
        server.wait(|| {
            let ports: Value = serde_json::from_slice(&fs::read(&ports).ok()?).ok()?;
            let url = ports["nats"][0].as_str()?;
            url.rsplit(':').next()?.parse().ok()
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// `kill -9` and a restart.
    pub(crate) fn kill_and_restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let port = self.port;
        self.process = run(&self.folder, &port.to_string());
        self.wait(|| TcpStream::connect(("127.0.0.1", port)).ok().map(|_| port));
    }

    fn wait(&mut self, mut port: impl FnMut() -> Option<u16>) {
        let end = Instant::now() + LONG;
        loop {
            if let Some(port) = port() {
                self.port = port;
                return;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(
                ended.is_none() && Instant::now() < end,
                "nats-server does not start: {}",
                fs::read_to_string(self.folder.join("log")).unwrap()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) async fn jetstream(&self) -> Context {
        jetstream::new(async_nats::connect(self.url()).await.unwrap())
    }

    /// Whether the queue exists.
    pub(crate) async fn has_queue(&self) -> bool {
        self.jetstream().await.get_stream(JOBS).await.is_ok()
    }

    /// The number of unfinished jobs.
    pub(crate) async fn jobs(&self) -> u64 {
        let jobs = self.jetstream().await.get_stream(JOBS).await.unwrap();
        let workers: PullConsumer = jobs.get_consumer(WORKERS).await.unwrap();
        let workers = workers.cached_info();
        workers.num_pending + workers.num_ack_pending as u64
    }

    /// Publishes any message.
    pub(crate) async fn publish(&self, payload: Vec<u8>) {
        let jetstream = self.jetstream().await;
        let published = jetstream.publish(JOBS, payload.into()).await.unwrap();
        published.await.unwrap();
    }

    /// The jobs that were set aside, with the reasons.
    pub(crate) async fn dead_jobs(&self) -> Vec<(Vec<u8>, String)> {
        let dead = self.jetstream().await.get_stream(DEAD_JOBS).await.unwrap();
        let mut found = Vec::new();
        for sequence in 1..=dead.cached_info().state.messages {
            let message = dead.get_raw_message(sequence).await.unwrap();
            let reason = message.headers.get("Reason").unwrap().to_string();
            found.push((message.payload.to_vec(), reason));
        }
        found
    }
}

fn run(folder: &Path, port: &str) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .unwrap();
    // Debian keeps servers where users do not look.
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("nats-server");
    command
        .env("PATH", path)
        .args(["--jetstream", "--addr", "127.0.0.1", "--port", port])
        .arg("--store_dir")
        .arg(folder)
        .arg("--ports_file_dir")
        .arg(folder)
        .stderr(log);
    match command.spawn() {
        Ok(process) => process,
        Err(error) if error.kind() == ErrorKind::NotFound => panic!("{MISSING}"),
        Err(error) => panic!("nats-server: {error}"),
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
