//! A queue, a platform, a model and workers that can be killed.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use xpander_report_examples::model::{MODEL, Model, ModelEndpoint};
use xpander_report_examples::summary;
use xpander_report_local::{LocalPlatform, TaskStatus};

use crate::LONG;
use crate::nats::Nats;

/// The environment of a test. All parts are real and belong to this test.
pub(crate) struct Place {
    pub(crate) nats: Nats,
    platform: Option<LocalPlatform>,
    platform_port: u16,
    model: Model,
    /// The name of the model that workers ask for.
    pub(crate) model_name: &'static str,
    /// The spool, if there is one.
    pub(crate) spool: Option<PathBuf>,
    dir: TempDir,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let platform = start_platform(0, &dir);
        Self {
            nats: Nats::start(&dir.path().join("nats")),
            platform_port: platform.address().port(),
            platform: Some(platform),
            model: Model::embedded().await.unwrap(),
            model_name: MODEL,
            spool: Some(dir.path().join("spool")),
            dir,
        }
    }

    pub(crate) fn platform_goes(&mut self) {
        self.platform = None;
    }

    /// It uses the same port and the same data.
    pub(crate) fn platform_comes_back(&mut self) {
        if self.platform.is_none() {
            self.platform = Some(start_platform(self.platform_port, &self.dir));
        }
    }

    pub(crate) fn model(&self) -> &ModelEndpoint {
        self.model.endpoint().unwrap()
    }

    /// Enqueues jobs as users do, one file each. Returns the output.
    pub(crate) fn enqueue(&self, jobs: &BTreeMap<String, String>) -> String {
        let files = self.dir.path().join("jobs");
        fs::create_dir_all(&files).unwrap();
        for (id, text) in jobs {
            fs::write(files.join(id), text).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_example-queue-worker"))
            .arg("enqueue")
            .args(jobs.keys())
            .current_dir(files)
            .env_clear()
            .envs(self.environment())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The entire environment of a program of this crate.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("NATS_URL", self.nats.url()),
            (
                "XPANDER_BASE_URL",
                format!("http://127.0.0.1:{}", self.platform_port),
            ),
            ("XPANDER_API_KEY", "local".to_owned()),
            ("XPANDER_AGENT_ID", "queue-worker".to_owned()),
            ("OPENAI_BASE_URL", self.model().base_url()),
            ("OPENAI_MODEL", self.model_name.to_owned()),
        ];
        if let Some(spool) = &self.spool {
            let spool = spool.to_str().unwrap().to_owned();
            variables.push(("XPANDER_REPORT_SPOOL_DIR", spool));
        }
        variables
    }

    /// The platform's entire history: the status, input and result of each task.
    pub(crate) fn history(&self) -> Vec<(String, TaskStatus, String, String)> {
        let tasks = self.platform.as_ref().unwrap().tasks().unwrap();
        let mut tasks: Vec<_> = tasks
            .into_iter()
            .map(|task| {
                let input = task.input.unwrap_or_default();
                let result = task.result.unwrap_or_default();
                (task.id, task.status, input, result)
            })
            .collect();
        tasks.sort_by(|a, b| a.0.cmp(&b.0));
        tasks
    }

    /// Waits until each of these jobs is a task. Checks that there are no other tasks, and that all fields are correct.
    pub(crate) async fn every_job_is_one_task(&self, jobs: &BTreeMap<String, String>) {
        eventually("every job has a task", async || {
            self.history().len() >= jobs.len()
        })
        .await;
        let expected: Vec<_> = jobs
            .iter()
            .map(|(id, text)| {
                let result = summary::summarise(text, 3);
                (id.clone(), TaskStatus::Completed, text.clone(), result)
            })
            .collect();
        assert_eq!(self.history(), expected);
    }
}

fn start_platform(port: u16, dir: &TempDir) -> LocalPlatform {
    let platform = LocalPlatform::builder().port(port);
    platform.data(dir.path().join("tasks.db")).start().unwrap()
}

/// Jobs with these ids and different texts.
pub(crate) fn jobs(numbers: Range<usize>) -> BTreeMap<String, String> {
    let texts = numbers.map(|number| {
        let text = format!(
            "Lighthouse number {number} guides the ships past rock number {number} at night. \
             The keeper of lighthouse {number} lit its lamp at dusk. Most keepers liked to read. \
             Today the lamps of lighthouses light themselves, and ships carry maps of the rocks."
        );
        (format!("job-{number}"), text)
    });
    texts.collect()
}

/// Waits for a condition.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !is_so().await {
        assert!(Instant::now() < end, "not within {LONG:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
