//! Servers of NATS, in processes of their own.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use async_nats::jetstream::{self, Context};
use tokio::runtime::Runtime;
use xpander_report_tests::until;

const MISSING: &str = "\n\nThese tests need a NATS server and there is no `nats-server` on the path. Install it:\n\
    \n    apt-get install nats-server     # Debian, Ubuntu\
    \n    brew install nats-server        # macOS\n\n";

pub(crate) struct Server {
    process: Option<Child>,
    folder: PathBuf,
    port: u16,
}

impl Server {
    /// One that stands alone.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::with(folder, "")
    }

    /// One with more in its configuration.
    pub(crate) fn with(folder: &Path, more: &str) -> Self {
        let mut server = Self::new(&folder.join("nats"), free_port(), more);
        server.restart();
        server
    }

    /// One that is not started yet.
    pub(crate) fn new(folder: &Path, port: u16, more: &str) -> Self {
        fs::create_dir_all(folder).unwrap();
        let jetstream = format!(
            "jetstream {{ store_dir: \"{}\" }}\n{more}",
            folder.display()
        );
        Self::plain(folder, port, &jetstream)
    }

    /// One that has JetStream only if its configuration says so, and is not started yet.
    pub(crate) fn plain(folder: &Path, port: u16, config: &str) -> Self {
        fs::create_dir_all(folder).unwrap();
        let config = format!("listen: \"127.0.0.1:{port}\"\n{config}\n");
        fs::write(folder.join("config"), config).unwrap();
        Self {
            process: None,
            folder: folder.to_owned(),
            port,
        }
    }

    /// Three of them, each with what the others have.
    pub(crate) fn three(folder: &Path) -> Vec<Self> {
        let routes: Vec<_> = (0..3).map(|_| free_port()).collect();
        let all = routes.iter().fold(String::new(), |mut all, port| {
            write!(all, "\"nats-route://127.0.0.1:{port}\", ").unwrap();
            all
        });
        let mut servers: Vec<_> = routes
            .iter()
            .enumerate()
            .map(|(number, port)| {
                let more = format!(
                    "server_name: \"n{number}\"\n\
                     cluster {{ name: fleet, listen: \"127.0.0.1:{port}\", routes: [{all}] }}"
                );
                Self::new(&folder.join(format!("n{number}")), free_port(), &more)
            })
            .collect();
        for server in &mut servers {
            server.restart();
        }
        servers
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it, and waits until it answers.
    pub(crate) fn restart(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))
            .unwrap();
        // Debian keeps servers where users do not look.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("nats-server");
        command
            .env("PATH", path)
            .arg("-c")
            .arg(self.folder.join("config"))
            .stderr(log);
        self.process = match command.spawn() {
            Ok(process) => Some(process),
            Err(error) if error.kind() == ErrorKind::NotFound => panic!("{MISSING}"),
            Err(error) => panic!("nats-server: {error}"),
        };
        until(|| TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Does something with JetStream.
pub(crate) fn with_jetstream<T>(url: &str, work: impl AsyncFnOnce(Context) -> T) -> T {
    let runtime: Runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(url).await.unwrap();
        work(jetstream::new(client)).await
    })
}
