//! Who is played against.

use super::wire::{Call, Connection, Reply};
use crate::run::tls;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long the control plane may take to answer.
const PROMPT: Duration = Duration::from_secs(10);

/// A server, and what a player has to know about it.
#[derive(Clone)]
pub struct Server {
    base: String,
    services: BTreeMap<String, String>,
    control: Option<Control>,
    pub(super) passwords: BTreeMap<String, String>,
    pub(super) words: BTreeMap<String, String>,
    pub(super) secret: String,
    pub(super) patience: Duration,
}

#[derive(Clone)]
pub(super) struct Control {
    base: String,
    token: Option<String>,
    /// It is asked all the time, so the connection stays open.
    line: Arc<Mutex<Option<Connection>>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Server {
    /// A server by its URL, `http://host:port` or `https://host:port`. Without a control plane its time is the real one, and
    /// a scenario takes as long as it was recorded.
    ///
    /// # Errors
    /// A URL of another form.
    pub fn new(url: &str) -> Result<Self, String> {
        Ok(Self {
            base: base(url)?,
            services: BTreeMap::new(),
            control: None,
            passwords: BTreeMap::new(),
            words: BTreeMap::new(),
            secret: String::new(),
            patience: Duration::from_secs(10),
        })
    }

    /// Where the requests of this recorded connection go, if not to the server itself.
    ///
    /// # Errors
    /// A URL of another form.
    pub fn service(mut self, conn: &str, url: &str) -> Result<Self, String> {
        self.services.insert(conn.to_owned(), base(url)?);
        Ok(self)
    }

    /// A control plane like that of our mocks. Its clock must be virtual and stand at [`Scenario::start`](super::Scenario::start).
    #[must_use]
    pub fn control(mut self, url: &str, token: Option<&str>) -> Self {
        let base = url.trim_end_matches('/').to_owned();
        self.control = Some(Control { base, token: token.map(str::to_owned), line: Arc::default() });
        self
    }

    /// What a user logs in with.
    #[must_use]
    pub fn password(mut self, login: &str, password: &str) -> Self {
        self.passwords.insert(login.to_owned(), password.to_owned());
        self
    }

    /// What a placeholder stands for, without its brackets.
    #[must_use]
    pub fn word(mut self, placeholder: &str, value: &str) -> Self {
        self.words.insert(placeholder.to_owned(), value.to_owned());
        self
    }

    /// The secret that the server's tokens are signed with; those that the recorder made are made with it again.
    #[must_use]
    pub fn jwt_secret(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.secret);
        self
    }

    /// How long a server whose time passes by itself may take for what was recorded; 10 s by default.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Whether anybody listens there.
    ///
    /// # Errors
    /// Why nobody can be reached.
    pub async fn reach(&self) -> Result<(), String> {
        for base in self.services.values().chain([&self.base]) {
            let base = base.parse().map_err(|e| format!("{base} is no URL: {e}"))?;
            let (host, port, secure) = tls::address(&base)?;
            tls::connect(&host, port, secure).await?;
        }
        Ok(())
    }

    pub(super) fn base_of(&self, conn: &str) -> &str {
        self.services.get(conn).unwrap_or(&self.base)
    }

    pub(super) fn steered(&self) -> Option<&Control> {
        self.control.as_ref()
    }
}

fn base(url: &str) -> Result<String, String> {
    let wrong = "write http://host:port or https://host:port, without a path";
    let parsed = url::Url::parse(url).map_err(|_| wrong)?;
    let plain = matches!(parsed.scheme(), "http" | "https") && parsed.path() == "/" && parsed.query().is_none();
    if plain && parsed.username().is_empty() { Ok(url.trim_end_matches('/').to_owned()) } else { Err(wrong.into()) }
}

impl Control {
    /// A call of the control plane; the status tells whether it was done.
    async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value), String> {
        let url = url::Url::parse(&self.base).map_err(|e| format!("{} is no URL: {e}", self.base))?;
        let token = self.token.iter().map(|token| ("authorization".to_owned(), format!("Bearer {token}")));
        let call = Call {
            base: url.origin().ascii_serialization(),
            method: method.to_owned(),
            path: format!("{}{path}", url.path().trim_end_matches('/')),
            headers: token.collect(),
            body: body.map(Value::to_string),
        };
        let what = format!("the control plane did not carry out {method} {path}");
        let reply = timeout(PROMPT, self.run(call)).await;
        let reply =
            reply.map_err(|_| format!("{what}: no answer within {PROMPT:?}"))?.map_err(|e| format!("{what}: {e}"))?;
        Ok((reply.status, serde_json::from_str(&reply.body).unwrap_or_default()))
    }

    async fn run(&self, call: Call) -> Result<Reply, String> {
        let base = call.base.parse().map_err(|e| format!("{} is no URL: {e}", call.base))?;
        let mut line = self.line.lock().await;
        let mut open = match line.take().filter(Connection::is_open) {
            Some(open) => open,
            None => Connection::open(&base).await?,
        };
        let reply = open.run(call.request(&base)?).await?;
        *line = Some(open);
        Ok(reply)
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        match self.call(method, path, body).await? {
            (200, answer) => Ok(answer),
            (status, answer) => Err(format!("the control plane answers {method} {path} with {status} {answer}")),
        }
    }

    /// The time, in milliseconds since 1970.
    pub(super) async fn now(&self) -> Result<i64, String> {
        let clock = self.ask("GET", "/clock", None).await?;
        if clock["mode"] != "virtual" {
            return Err("the clock of the control plane is not virtual, so a recording cannot set it".into());
        }
        let now = clock["now"].as_f64().ok_or("the control plane does not tell the time")?;
        Ok((now * 1000.0).round() as i64)
    }

    pub(super) async fn advance(&self, ms: i64) -> Result<(), String> {
        self.ask("POST", "/clock/advance", Some(&json!({ "by": ms }))).await.map(drop)
    }

    /// The newest connection.
    pub(super) async fn newest(&self) -> Result<Option<u64>, String> {
        let answer = self.ask("GET", "/connections", None).await?;
        let ids = answer["connections"].as_array().into_iter().flatten().filter_map(|conn| conn["id"].as_u64());
        Ok(ids.max())
    }

    /// How many messages each connection was sent.
    pub(super) async fn sent(&self) -> Result<BTreeMap<u64, u64>, String> {
        let answer = self.ask("GET", "/connections", None).await?;
        let list = answer["connections"].as_array().into_iter().flatten();
        Ok(list.filter_map(|conn| Some((conn["id"].as_u64()?, conn["sent"].as_u64()?))).collect())
    }

    /// Waits until something like `wanted` is in the journal behind entry `since`; the number of that entry, if it came.
    pub(super) async fn reached(&self, wanted: &Value, since: u64) -> Result<Option<u64>, String> {
        let body = json!({ "match": wanted, "count": 1, "since": since, "within": "500ms" });
        let (status, answer) = self.call("POST", "/wait", Some(&body)).await?;
        Ok(if status == 200 { answer["entries"][0]["seq"].as_u64() } else { None })
    }

    pub(super) async fn act(&self, verb: &str, body: &Value) -> Result<(), String> {
        self.ask("POST", &format!("/do/{verb}"), Some(body)).await.map(drop)
    }

    pub(super) async fn shutdown(&self) -> Result<(), String> {
        self.ask("POST", "/shutdown", None).await.map(drop)
    }
}
