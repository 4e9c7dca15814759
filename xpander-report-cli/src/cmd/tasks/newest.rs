use std::collections::VecDeque;

use super::conditions::Conditions;
use super::known::Known;
use super::platform::Platform;
use super::record::Record;
use crate::failure::Failure;

/// How many tasks one request asks for.
pub(super) const PER_PAGE: usize = 50;

/// Where the tasks are, and which of them.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) platform: &'a Platform,
    pub(super) agent: Option<&'a str>,
    pub(super) conditions: &'a Conditions,
}

impl<'a> Source<'a> {
    /// The platform's lists that together have the tasks. A list has one status, or tasks of any status.
    pub(super) fn lists(self) -> Vec<Pages<'a>> {
        let statuses = self.conditions.statuses();
        let list = |status| Pages {
            source: self,
            status,
            number: 0,
            is_read: false,
        };
        match statuses.is_empty() {
            true => vec![list(None)],
            false => statuses
                .into_iter()
                .map(|status| list(Some(status)))
                .collect(),
        }
    }

    /// The tasks of all lists, the newest first.
    pub(super) fn newest(self) -> Newest<'a> {
        let lists = self.lists().into_iter();
        Newest {
            lists: lists.map(|pages| (pages, VecDeque::new())).collect(),
            known: Known::default(),
        }
    }
}

/// The pages of one list.
pub(super) struct Pages<'a> {
    source: Source<'a>,
    status: Option<&'a str>,
    /// How many pages were read.
    pub(super) number: usize,
    /// Whether the last page was read.
    is_read: bool,
}

impl Pages<'_> {
    /// Reads the next page. `None` after the last one.
    pub(super) fn next(&mut self) -> Result<Option<Vec<Record>>, Failure> {
        if self.is_read {
            return Ok(None);
        }
        let mut parameters = self.source.conditions.parameters();
        parameters.extend(self.status.map(|status| ("status", status.to_owned())));
        parameters.push(("page", (self.number + 1).to_string()));
        parameters.push(("per_page", PER_PAGE.to_string()));
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let page = self.source.platform.page(self.source.agent, &parameters)?;
        self.number += 1;
        self.is_read = page.len() < PER_PAGE;
        Ok(Some(page))
    }
}

/// The tasks of several lists, the newest first. A task can come twice, because new tasks move others to the next page.
pub(super) struct Newest<'a> {
    /// Each list with the tasks of its latest page that are still to come.
    lists: Vec<(Pages<'a>, VecDeque<Record>)>,
    /// The tasks of the pages that were read.
    pub(super) known: Known,
}

impl Newest<'_> {
    pub(super) fn next(&mut self) -> Result<Option<Record>, Failure> {
        for (pages, tasks) in &mut self.lists {
            if tasks.is_empty()
                && let Some(page) = pages.next()?
            {
                if pages.number == 1 {
                    self.known.begin(&page);
                }
                page.iter().for_each(|task| self.known.learn(task));
                tasks.extend(page);
            }
        }
        let lists = self.lists.iter_mut().map(|(_, tasks)| tasks);
        let newest = lists
            .filter(|tasks| !tasks.is_empty())
            .max_by_key(|tasks| tasks.front().and_then(|task| task.time("created_at")));
        Ok(newest.and_then(VecDeque::pop_front))
    }
}
