//! What people see of a run, while it goes on and at its end.

use anstream::{AutoStream, ColorChoice};
use dummyload_conformance::{Progress, Report, Run, TextOptions};
use std::io::{self, IsTerminal, Stdout, Write};

pub(super) struct Tell {
    out: AutoStream<Stdout>,
    options: TextOptions,
    /// The text report goes to standard output.
    text: bool,
    /// A line on standard error says which case is played.
    line: bool,
    written: io::Result<()>,
}

impl Tell {
    pub(super) fn new(color: ColorChoice, options: TextOptions, text: bool) -> Self {
        let line = io::stderr().is_terminal() && !options.quiet;
        Self { out: AutoStream::new(io::stdout(), color), options, text, line, written: Ok(()) }
    }

    pub(super) fn progress(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Run(run) => self.write(|out, _| run.write_head(out)),
            // A line that is written over by the next one; nobody misses it if it cannot be written.
            Progress::Case { done, total, case } if self.line => {
                let _ = write!(io::stderr(), "\r\x1b[K[{}/{total}] {}", done + 1, case.id());
            }
            Progress::Group(run, group) => {
                self.clear();
                self.write(|out, options| run.write_group(out, group, options));
            }
            _ => {}
        }
    }

    pub(super) fn tail(&mut self, run: &Run) {
        self.write(|out, _| run.write_tail(out));
    }

    pub(super) fn clear(&self) {
        if self.line {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }

    fn write(&mut self, write: impl FnOnce(&mut dyn Write, &TextOptions) -> io::Result<()>) {
        if self.text && !self.options.quiet && self.written.is_ok() {
            self.written = write(&mut self.out, &self.options);
        }
    }

    /// # Errors
    /// When something could not be written.
    pub(super) fn end(mut self, report: &Report) -> io::Result<()> {
        match self.written {
            Ok(()) if self.text => report.write_end(&mut self.out, &self.options),
            written => written,
        }
    }
}
