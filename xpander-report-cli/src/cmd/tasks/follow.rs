use std::collections::HashSet;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use super::known::Known;
use super::newest::{PER_PAGE, Source};
use super::record::Record;
use crate::failure::{Done, Failure};
use crate::text::printable;

/// The time between two looks at the lists.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many pages of a list one look reads.
const MAX_PAGES: usize = 100;

/// Looks at the lists again and again, for new tasks and changes of status.
pub(super) struct Follow<'a> {
    source: Source<'a>,
    known: Known,
}

impl<'a> Follow<'a> {
    /// Follows what happens after the known tasks were read.
    pub(super) const fn new(source: Source<'a>, known: Known) -> Self {
        Self { source, known }
    }

    /// Writes the news until the output is closed or a request is refused.
    pub(super) fn run(mut self, write: impl Fn(&Record) -> io::Result<()>) -> Done {
        let mut was_told = false;
        loop {
            thread::sleep(INTERVAL);
            match self.look(&write)? {
                Ok(()) => was_told = false,
                Err(failure) if failure.is_passing() => {
                    if !was_told {
                        say(&printable(&failure.to_string()));
                    }
                    was_told = true;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Writes the news of one look, the newest last. After a failure, the next look finds the rest.
    fn look(
        &mut self,
        write: &impl Fn(&Record) -> io::Result<()>,
    ) -> io::Result<Result<(), Failure>> {
        let read = match self.read() {
            Ok(read) => read,
            Err(failure) => return Ok(Err(failure)),
        };
        for task in read.iter().rev() {
            if self.known.is_news(task) {
                match self.source.conditions.select(task, self.source.platform) {
                    Ok(true) => write(task)?,
                    Ok(false) => {}
                    Err(failure) => return Ok(Err(failure)),
                }
            }
            self.known.learn(task);
        }
        self.known.trim(&read);
        Ok(Ok(()))
    }

    /// The newest tasks of all lists, each once, the newest first. A list is read up to its first page without news.
    fn read(&self) -> Result<Vec<Record>, Failure> {
        let mut read = Vec::new();
        for mut pages in self.source.lists() {
            while let Some(page) = pages.next()? {
                let has_news = page.iter().any(|task| self.known.is_news(task));
                read.extend(page);
                if !has_news {
                    break;
                }
                if pages.number == MAX_PAGES {
                    let tasks = MAX_PAGES * PER_PAGE;
                    say(&format!(
                        "More than {tasks} tasks are new: the oldest of them are skipped."
                    ));
                    break;
                }
            }
        }
        let mut ids = HashSet::new();
        read.retain(|task| ids.insert(task.id().to_owned()));
        read.sort_by_key(|task| std::cmp::Reverse(task.time("created_at")));
        Ok(read)
    }
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
