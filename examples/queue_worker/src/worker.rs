//! The worker: the steps of a job, and their order.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use xpander_report::{Durability, Reporter};
use xpander_report_examples::model::Model;

use crate::Error;
use crate::job::Job;
use crate::queue::{Queue, Taken};
use crate::stop::asked_to_stop;
use crate::summarise::summarise;

/// The timeout of the model.
const MAX_RUN: Duration = Duration::from_secs(120);

/// How long a job waits for its report to be safe.
const PERSISTED_WAIT: Duration = Duration::from_secs(5);

/// The maximum number of attempts of a job.
pub const ATTEMPTS: u64 = 3;

/// How long the worker waits after an error of the queue.
const PAUSE: Duration = Duration::from_secs(1);

/// A step of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// This worker has received it.
    Taken,
    /// The model has answered.
    Summarised,
    /// The model has failed, for this reason.
    Failed(String),
    /// The report survives the end of this process.
    Persisted,
    /// The queue has removed it.
    Acknowledged,
    /// It will be redelivered, for this reason.
    GivenBack(String),
    /// It was set aside, for this reason.
    Buried(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Text of a model or a job is shown without its control characters.
        match self {
            Self::Taken => f.write_str("taken"),
            Self::Summarised => f.write_str("summarised"),
            Self::Failed(why) => write!(f, "failed: {}", why.escape_debug()),
            Self::Persisted => f.write_str("persisted"),
            Self::Acknowledged => f.write_str("acknowledged"),
            Self::GivenBack(why) => write!(f, "given back: {}", why.escape_debug()),
            Self::Buried(why) => write!(f, "put aside: {}", why.escape_debug()),
        }
    }
}

/// Processes one job at a time. For concurrent jobs, start more workers. They share the queue and may share the spool.
#[derive(Debug)]
pub struct Worker {
    queue: Queue,
    model: Model,
    reporter: Reporter,
}

impl Worker {
    /// Runs the worker that the environment configures until the program is asked to stop, and calls `told` for each
    /// step.
    ///
    /// # Errors
    /// A setting is missing, or the queue cannot be reached at the start.
    pub async fn run(told: impl Fn(&str, Step)) -> Result<(), Error> {
        let stop = asked_to_stop()?;
        // The spool is in XPANDER_REPORT_SPOOL_DIR. Without one, a report is safe when it is delivered.
        let reporter = Reporter::builder().durability(Durability::Disk).build()?;
        let _guard = reporter.clone().install()?;
        let worker = Self {
            queue: Queue::from_env().await?,
            model: Model::from_env_or_embedded().await?,
            reporter,
        };
        worker.work_until(stop, told).await;
        Ok(())
    }

    /// Takes no more jobs after `stop`. The current job is finished.
    async fn work_until(&self, stop: impl Future<Output = ()>, told: impl Fn(&str, Step)) {
        let mut stop = pin!(stop);
        loop {
            let taken = tokio::select! {
                biased;
                () = &mut stop => return,
                taken = self.queue.take() => taken,
            };
            let done = match taken {
                Ok(taken) => self.work_on(&taken, &told).await,
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                eprintln!("The queue does not do what it is asked: {error}");
                tokio::select! {
                    () = &mut stop => return,
                    () = sleep(PAUSE) => {}
                }
            }
        }
    }

    async fn work_on(&self, taken: &Taken, told: &impl Fn(&str, Step)) -> Result<(), Error> {
        let job = match Job::from_json(taken.payload()) {
            Ok(job) => job,
            Err(error) => {
                let reason = error.to_string();
                taken.bury(&reason).await?;
                told("a message that is no job", Step::Buried(reason));
                return Ok(());
            }
        };
        let told = |step| told(job.id(), step);
        told(Step::Taken);
        let run = taken.keep_while(self.run_once(&job)).await;
        told(match &run {
            Ok(_) => Step::Summarised,
            Err(error) => Step::Failed(error.to_string()),
        });

        // The job is acknowledged only after its report is safe.
        let persisted = self.reporter.persisted(PERSISTED_WAIT);
        if let Err(error) = taken.keep_while(persisted).await {
            taken.give_back().await?;
            told(Step::GivenBack(error.to_string()));
            return Ok(());
        }
        told(Step::Persisted);

        match run {
            Ok(_) => {
                taken.acknowledge().await?;
                told(Step::Acknowledged);
            }
            Err(_) if taken.attempt()? < ATTEMPTS => {
                taken.give_back().await?;
                told(Step::GivenBack("it is tried again".to_owned()));
            }
            Err(error) => {
                let reason = error.to_string();
                taken.bury(&reason).await?;
                told(Step::Buried(reason));
            }
        }
        Ok(())
    }

    async fn run_once(&self, job: &Job) -> Result<String, Error> {
        Ok(timeout(MAX_RUN, summarise(&self.model, job)).await??)
    }
}
