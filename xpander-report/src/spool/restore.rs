//! Writes files again that were deleted while this process uses them.

use std::io;
use std::sync::Arc;

use super::place::SegmentId;
use super::reader::Replay;
use crate::spool::files::directory::SEGMENT;

impl Replay {
    /// Checks that other processes would find all waiting reports, and writes missing files again.
    pub(crate) fn restore(&mut self) {
        self.take_unknown();
        let ids: Vec<_> = self.readers.keys().copied().collect();
        let mut restored = Ok(());
        for id in ids {
            restored = restored.and(self.restore_segment(id));
        }
        self.misplaced = restored.err().map(|error| error.to_string());
        if self.misplaced.is_none() {
            self.warned_restore = false;
        } else if !std::mem::replace(&mut self.warned_restore, true)
            && let Some(error) = &self.misplaced
        {
            self.spool.warn(format_args!(
                "waiting reports are not safe on disk: {error}"
            ));
        }
    }

    /// Why other processes may not find all waiting reports.
    pub(crate) fn misplaced(&self) -> Option<&str> {
        self.misplaced.as_deref()
    }

    fn restore_segment(&mut self, id: SegmentId) -> io::Result<()> {
        let spool = Arc::clone(&self.spool);
        let directory = spool.directory();
        let Some(reader) = self.readers.get_mut(&id) else {
            return Ok(());
        };
        let segment = Arc::clone(&reader.segment);
        if !directory.is_there(&segment.name, SEGMENT, &*segment.file)? {
            spool.replaced(&segment);
            let is_done = reader.is_read() && reader.open.is_empty();
            if is_done && !reader.is_unreadable() {
                self.finish(id, true);
                return Ok(());
            }
            let content = reader.content()?;
            let copy = directory
                .create_filled(segment.made_at, |copy| segment.copy_into(copy, &content))?;
            let name = copy.name.clone();
            let moved = directory.move_acks(&segment.name, &name);
            if directory.sync().is_err() {
                spool.doubt_synced();
            }
            reader.segment = Arc::new(copy);
            if moved.is_err() {
                reader.write_acks_again(directory)?;
            }
            spool.warn(format_args!(
                "{}.{SEGMENT} was removed; its waiting reports were written again, to \
                 {name}.{SEGMENT}",
                segment.name
            ));
        }
        if !reader.has_acks_there(directory)? {
            reader.write_acks_again(directory)?;
        }
        Ok(())
    }
}
