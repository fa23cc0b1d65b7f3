//! The program under test: started, heard, and ended with all that it has started itself.

use super::log::Log;
use crate::transcript::Direction;
use std::collections::BTreeMap;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The longest line of a program that is taken in, in bytes; the rest of it is lost.
const LINE: usize = 1 << 20;

/// How much of its output is kept for the report, in bytes.
const OUTPUT: usize = 64 << 10;

/// How many lines of an adapter may wait to be looked at.
const WAITING: usize = 1024;

/// How long it has to end when it is told to, before the next and harder way.
const GRACE: Duration = Duration::from_secs(2);

/// How long what it has written last may take to be read.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The exit code by which a program says that it cannot be put through this.
pub(super) const CANNOT: i32 = 127;

/// A program to be judged, as the command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub(super) words: Vec<String>,
    /// It speaks the lines of an adapter.
    pub(super) is_adapter: bool,
}

impl Program {
    /// A program that connects by itself. `words` are the program and its arguments: nothing is given to a shell. `{url}`,
    /// `{http}`, and `{NAME}` for what the mock's ready line tells, stand for their values.
    pub fn client(words: Vec<String>) -> Self {
        Self { words, is_adapter: false }
    }

    /// A program that does what it is told, in JSON lines.
    pub fn adapter(words: Vec<String>) -> Self {
        Self { words, is_adapter: true }
    }

    /// What reports call it.
    pub(super) fn label(&self) -> String {
        let what = if self.is_adapter { "adapter" } else { "client" };
        format!("the {what} {}", self.words.join(" "))
    }

    /// Its words with all placeholders filled. What stands in braces and is no name is left as it is.
    ///
    /// # Errors
    /// A name that is not known, or no word at all.
    pub(super) fn filled(&self, values: &BTreeMap<String, String>) -> Result<Vec<String>, String> {
        if self.words.is_empty() {
            return Err("no program is named".into());
        }
        self.words.iter().map(|word| fill(word, values)).collect()
    }
}

fn fill(word: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let (mut filled, mut rest) = (String::new(), word);
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        rest = after;
        match after.split_once('}') {
            Some((name, behind)) if crate::text::is_name(name) => {
                let value = values.get(name).ok_or_else(|| {
                    format!("{{{name}}}: {}", crate::choice::not_among(name, values.keys().map(String::as_str)))
                })?;
                filled.push_str(value);
                rest = behind;
            }
            _ => filled.push('{'),
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

/// A program that runs.
pub(super) struct Running {
    child: Child,
    /// The number of its group, which is that of its first process.
    group: Option<u32>,
    stdin: Option<ChildStdin>,
    /// What it has written to standard output, line by line, if it is an adapter.
    lines: mpsc::Receiver<String>,
    readers: Vec<JoinHandle<()>>,
    /// The last line of its standard error.
    last: Arc<Mutex<String>>,
    ended: Option<ExitStatus>,
    is_adapter: bool,
}

impl Running {
    /// # Errors
    /// When there is no such program, or the machine does not let us start it.
    pub(super) fn start(
        program: &Program,
        words: &[String],
        environment: &BTreeMap<String, String>,
        log: &Log,
    ) -> io::Result<Self> {
        let (name, arguments) = words.split_first().ok_or_else(|| io::Error::other("no program is named"))?;
        let mut command = Command::new(name);
        command.args(arguments).envs(environment).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that what it starts ends with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        log.note("program", Direction::Sent, "start", name);
        let (sender, lines) = mpsc::channel(WAITING);
        let last = Arc::<Mutex<String>>::default();
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let (log, to) = (log.clone(), program.is_adapter.then_some(sender));
            readers.push(tokio::spawn(async move { read(stdout, "stdout", &log, to, None).await }));
        }
        if let Some(stderr) = child.stderr.take() {
            let (log, last) = (log.clone(), Arc::clone(&last));
            readers.push(tokio::spawn(async move { read(stderr, "stderr", &log, None, Some(&last)).await }));
        }
        let stdin = child.stdin.take();
        let group = child.id();
        Ok(Self { child, group, stdin, lines, readers, last, ended: None, is_adapter: program.is_adapter })
    }

    /// Completes when the program has ended.
    pub(super) async fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.wait().await.ok();
            self.heard_out().await;
        }
        self.ended
    }

    /// How it ended, if it has.
    pub(super) fn end(&self) -> Option<ExitStatus> {
        self.ended
    }

    /// The last line that it has written to standard error.
    pub(super) fn last_words(&self) -> String {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes a line to its standard input; that nobody reads it shows elsewhere.
    pub(super) async fn write(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(format!("{line}\n").as_bytes()).await;
        }
    }

    /// The next line of an adapter, or `None` when the program has ended and all has been read.
    pub(super) async fn line(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    /// Closes its input, and sends SIGTERM to a program that need not look at that.
    pub(super) fn ask_to_end(&mut self) {
        self.stdin = None;
        if !self.is_adapter {
            self.signal(End::Ask);
        }
    }

    /// Ends it: by the end of its input, by SIGTERM, by SIGKILL, whichever it heeds.
    pub(super) async fn stop(mut self) {
        self.stdin = None;
        // A program that does not speak in lines need not look at its input.
        if self.is_adapter {
            let _ = tokio::time::timeout(GRACE, self.ended()).await;
        }
        if self.ended.is_none() {
            self.signal(End::Ask);
            let _ = tokio::time::timeout(GRACE, self.ended()).await;
        }
        self.signal(End::Force);
        let _ = self.child.start_kill();
        let _ = tokio::time::timeout(GRACE, self.ended()).await;
        // From now on the number may be given to somebody else.
        self.group = None;
    }

    async fn heard_out(&mut self) {
        for mut reader in self.readers.drain(..) {
            // What it has started may still hold the other end.
            if tokio::time::timeout(LAST_WORDS, &mut reader).await.is_err() {
                reader.abort();
            }
        }
    }

    /// To all of its group.
    #[cfg(unix)]
    fn signal(&self, end: End) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let signal = if end == End::Ask { Signal::TERM } else { Signal::KILL };
        let group = self.group.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        if let Some(group) = group {
            let _ = kill_process_group(group, signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(&self, _: End) {}
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Ask,
    Force,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(End::Force);
        self.readers.iter().for_each(JoinHandle::abort);
    }
}

/// Reads lines until there are no more.
async fn read(
    from: impl AsyncRead + Unpin,
    kind: &'static str,
    log: &Log,
    to: Option<mpsc::Sender<String>>,
    last: Option<&Mutex<String>>,
) {
    let mut from = BufReader::new(from);
    let mut kept = 0;
    while let Ok(Some(line)) = next_line(&mut from).await {
        if let Some(last) = last.filter(|_| !line.trim().is_empty()) {
            line.trim().clone_into(&mut last.lock().unwrap_or_else(PoisonError::into_inner));
        }
        kept += line.len();
        // Each of them stands in the transcript once it is looked at.
        if let Some(to) = &to {
            if to.send(line).await.is_err() {
                return;
            }
        } else if kept <= OUTPUT {
            log.note("program", Direction::Received, kind, line);
        }
    }
}

async fn next_line(from: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let buffer = from.fill_buf().await?;
        if buffer.is_empty() {
            return Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()));
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        line.extend_from_slice(&part[..part.len().min(LINE - line.len())]);
        let used = end.map_or(buffer.len(), |end| end + 1);
        from.consume(used);
        if end.is_some() {
            return Ok(Some(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_one_by_one() {
        let values = BTreeMap::from([("url".to_owned(), "ws://x/?a b".to_owned()), ("key".into(), "{url}".into())]);
        let filled = |word: &str| Program::client(vec![word.into()]).filled(&values).map(|words| words.concat());
        assert_eq!(filled("--at={url}"), Ok("--at=ws://x/?a b".into()));
        // A value is never looked into, and JSON is left alone.
        assert_eq!(filled("{key}"), Ok("{url}".into()));
        assert_eq!(filled(r#"{"a":{}} {"#), Ok(r#"{"a":{}} {"#.into()));
        assert_eq!(filled("{ulr}"), Err("{ulr}: `ulr` is not known here; there is: key, url".into()));
        assert_eq!(filled("{urls}"), Err("{urls}: `urls` is not known here (did you mean `url`?)".into()));
    }

    #[tokio::test]
    async fn long_lines_are_cut_and_all_are_told_apart() {
        let text = format!("a\r\n\n{}\nb", "x".repeat(LINE + 5));
        let mut from = BufReader::new(text.as_bytes());
        let mut lines = Vec::new();
        while let Some(line) = next_line(&mut from).await.unwrap() {
            lines.push(line);
        }
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [1, 0, LINE, 1]);
    }
}
