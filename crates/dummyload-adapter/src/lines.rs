//! The lines between the suite and a client.

use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{OnceCell, mpsc};

/// A client as the suite drives it.
pub(crate) trait Client: Sized + Send + Sync + 'static {
    const NAME: &'static str;
    /// What it can be told to do, and what can be set.
    const OFFERS: &'static [&'static str];

    /// Connects. What happens later without being asked for is told.
    fn start(settings: Settings, tell: Tell) -> impl Future<Output = Result<Self, Fault>> + Send;

    /// Does something. The result is what the protocol's table of operations says.
    fn carry_out(&self, op: &str, args: &Value) -> impl Future<Output = Result<Value, Fault>> + Send;

    /// Closes in good order.
    fn stop(&self) -> impl Future<Output = ()> + Send;
}

/// What a client starts with.
pub(crate) struct Settings(Value);

impl Settings {
    /// The base of all HTTP, and the host of the socket.
    pub(crate) fn http(&self) -> Result<&str, Fault> {
        text(&self.0, "http")
    }

    pub(crate) fn url(&self) -> Result<&str, Fault> {
        text(&self.0, "url")
    }

    pub(crate) fn demo(&self, name: &str) -> Result<&str, Fault> {
        text(&self.0["demo"], name)
    }

    pub(crate) fn patience(&self) -> Option<Duration> {
        self.0["patience_ms"].as_u64().map(Duration::from_millis)
    }

    pub(crate) fn keep_alive(&self) -> Option<Duration> {
        self.0["keep_alive_ms"].as_u64().map(Duration::from_millis)
    }
}

/// Why something was not done.
pub(crate) struct Fault {
    kind: &'static str,
    text: String,
}

impl Fault {
    pub(crate) fn new(kind: &'static str, text: impl ToString) -> Self {
        Self { kind, text: text.to_string() }
    }

    /// The adapter is told what it cannot do.
    pub(crate) fn usage(text: impl ToString) -> Self {
        Self::new("usage", text)
    }
}

pub(crate) fn text<'a>(args: &'a Value, name: &str) -> Result<&'a str, Fault> {
    args[name].as_str().ok_or_else(|| Fault::usage(format!("{name} is no text in {args}")))
}

pub(crate) fn number<T: TryFrom<i64>>(args: &Value, name: &str) -> Result<T, Fault> {
    let number = args[name].as_i64().and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| Fault::usage(format!("{name} is no such number in {args}")))
}

/// Writes lines; clones write to the same output.
#[derive(Clone)]
pub(crate) struct Tell(mpsc::UnboundedSender<Value>);

impl Tell {
    /// Something has happened. `about` is an object.
    pub(crate) fn event(&self, name: &str, mut about: Value) {
        about["event"] = name.into();
        self.line(about);
    }

    fn line(&self, line: Value) {
        // The writer ends with the program.
        let _ = self.0.send(line);
    }

    fn came_to(&self, id: &Value, outcome: Result<Value, Fault>) {
        self.line(match outcome {
            Ok(result) => json!({"id": id, "result": result}),
            Err(fault) => json!({"id": id, "error": {"kind": fault.kind, "text": fault.text}}),
        });
    }
}

/// Does what the lines on standard input say, all at once if they come at once, until there are no more.
pub(crate) async fn serve<C: Client>() {
    let (sender, mut lines) = mpsc::unbounded_channel::<Value>();
    let tell = Tell(sender);
    let writing = tokio::spawn(async move {
        let mut out = tokio::io::stdout();
        while let Some(line) = lines.recv().await {
            let written = async {
                out.write_all(format!("{line}\n").as_bytes()).await?;
                out.flush().await
            };
            if written.await.is_err() {
                return;
            }
        }
    });
    tell.line(json!({"adapter": 1, "name": C::NAME, "offers": C::OFFERS}));
    let client = Arc::new(OnceCell::<C>::new());
    let mut told = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = told.next_line().await {
        let request: Value = serde_json::from_str(&line).unwrap_or_default();
        if request["do"] == "quit" {
            break;
        }
        let (client, tell) = (Arc::clone(&client), tell.clone());
        tokio::spawn(async move {
            let outcome = carry_out(&client, &request, &tell).await;
            tell.came_to(&request["id"], outcome);
        });
    }
    if let Some(client) = client.get() {
        client.stop().await;
    }
    drop(tell);
    writing.abort();
}

async fn carry_out<C: Client>(client: &OnceCell<C>, request: &Value, tell: &Tell) -> Result<Value, Fault> {
    let args = &request["args"];
    match (text(request, "do")?, client.get()) {
        ("start", _) => {
            let starting = C::start(Settings(args.clone()), tell.clone());
            client.get_or_try_init(|| starting).await?;
            Ok(json!({}))
        }
        (op, Some(client)) => client.carry_out(op, args).await,
        (_, None) => Err(Fault::new("not-sent", "there is no connection")),
    }
}
