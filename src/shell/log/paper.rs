//! Writing the log without waiting for whoever reads it.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Lines that wait for a slow reader (a full pipe, a stopped terminal). When there are more, lines are
/// lost and counted: a call never waits for the log.
const MAX_QUEUED_LINES: usize = 8192;
/// Lines that are written at once.
const MAX_LINES_AT_ONCE: usize = 512;
/// How long lines gather at most before they are written.
const REST: Duration = Duration::from_millis(20);
/// How long the last lines may take at the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// The thread that writes. Dropping it waits, for a bounded time, until the last lines are out.
#[derive(Debug)]
pub struct Paper {
    pen: Pen,
    done: Receiver<()>,
    writer: Option<JoinHandle<()>>,
}

/// Takes lines without ever waiting.
#[derive(Clone, Debug)]
pub struct Pen {
    lines: SyncSender<Line>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Line {
    Text(Vec<u8>),
    End,
}

impl Paper {
    /// Starts the thread that writes to `out`. Without a thread nothing is logged, but everything else
    /// goes on.
    pub fn start(out: impl Write + Send + 'static) -> Paper {
        let (lines, queued) = sync_channel(MAX_QUEUED_LINES);
        let (tell_done, done) = sync_channel(1);
        let lost = Arc::new(AtomicU64::new(0));
        let pen = Pen {
            lines,
            lost: Arc::clone(&lost),
        };
        let write = move || {
            write_all(out, &queued, &lost);
            let _told = tell_done.send(());
        };
        let writer = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(write)
            .ok();
        Paper { pen, done, writer }
    }

    /// Something to write with.
    pub fn pen(&self) -> Pen {
        self.pen.clone()
    }
}

/// Writes what has gathered, then rests: a thread that is woken for every line costs calls more than the
/// lines do.
fn write_all(mut out: impl Write, queued: &Receiver<Line>, lost: &AtomicU64) {
    let mut page = Vec::new();
    while let Ok(Line::Text(first)) = queued.recv() {
        page.extend(first);
        let end_has_come = gather(&mut page, queued);
        // Nobody can be told that the log cannot be written.
        let _written = out.write_all(&page);
        let missing = lost.swap(0, Ordering::Relaxed);
        if missing > 0 {
            let _written = writeln!(
                out,
                "({missing} lines of the log were lost here: nobody read them fast enough)"
            );
        }
        page.clear();
        if end_has_come {
            break;
        }
        std::thread::sleep(REST);
    }
    let _flushed = out.flush();
}

/// Takes what is there without waiting; whether the end is among it.
fn gather(page: &mut Vec<u8>, queued: &Receiver<Line>) -> bool {
    for line in queued.try_iter().take(MAX_LINES_AT_ONCE) {
        match line {
            Line::Text(text) => page.extend(text),
            Line::End => return true,
        }
    }
    false
}

impl Write for Pen {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.lines.try_send(Line::Text(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Paper {
    fn drop(&mut self) {
        let Some(writer) = self.writer.take() else { return };
        let end_is_queued = self.pen.lines.try_send(Line::End).is_ok();
        let finished =
            end_is_queued && !matches!(self.done.recv_timeout(FAREWELL), Err(RecvTimeoutError::Timeout));
        if finished {
            let _joined = writer.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Clone, Default)]
    struct Sheet(Arc<Mutex<Vec<u8>>>);

    impl Write for Sheet {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_last_line_is_written_before_we_leave() {
        let sheet = Sheet::default();
        let paper = Paper::start(sheet.clone());
        paper.pen().write_all(b"goodbye\n").unwrap();
        drop(paper);
        assert_eq!(*sheet.0.lock().unwrap(), b"goodbye\n");
    }

    #[test]
    fn a_reader_who_stands_still_costs_lines_and_not_time() {
        let sheet = Sheet::default();
        let stuck = sheet.0.lock().unwrap();
        let paper = Paper::start(sheet.clone());
        let mut pen = paper.pen();
        for _ in 0..2 * MAX_QUEUED_LINES {
            pen.write_all(b"line\n").unwrap();
        }
        assert!(pen.lost.load(Ordering::Relaxed) + MAX_LINES_AT_ONCE as u64 + 1 >= MAX_QUEUED_LINES as u64);
        drop(stuck);
    }
}
