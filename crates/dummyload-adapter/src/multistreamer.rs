//! Multistreamer.

use crate::lines::{Client, Fault, Settings, Tell, number, text};
use multistreamer_client::{AccountId, Chat, Error, Event, Events, Multistreamer, StreamId};
use serde_json::{Value, json};

pub(crate) struct Adapter(Chat);

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::NotTried(_) => "not-sent",
            Error::TimedOut => "timeout",
            _ => "lost",
        };
        Self::new(kind, error)
    }
}

impl Client for Adapter {
    const NAME: &'static str = concat!("multistreamer-client ", env!("CARGO_PKG_VERSION"));
    const OFFERS: &'static [&'static str] = &["say", "want_writer", "status", "patience_ms", "keep_alive_ms"];

    async fn start(settings: Settings, tell: Tell) -> Result<Self, Fault> {
        let stream = settings.demo("stream_id")?.parse().map_err(Fault::usage)?;
        let user = Multistreamer::at(settings.http()?).with_token(settings.demo("token")?);
        // A mock has no public.
        let mut chat = user.chat(StreamId(stream)).allow_posting();
        if let Some(patience) = settings.patience() {
            chat = chat.status_timeout(patience).writer_timeout(patience).echo_timeout(patience);
        }
        if let Some(silence) = settings.keep_alive() {
            chat = chat.probe_after(silence);
        }
        let (chat, events) = chat.connect().await.map_err(|e| Fault::new("lost", e))?;
        tokio::spawn(follow(events, tell));
        Ok(Self(chat))
    }

    async fn carry_out(&self, op: &str, args: &Value) -> Result<Value, Fault> {
        let pair = || Ok::<_, Fault>((AccountId(number(args, "account")?), AccountId(number(args, "target")?)));
        match op {
            "say" => {
                let (account, target) = pair()?;
                self.0.say(account, target, text(args, "text")?).await?;
                Ok(json!({}))
            }
            "want_writer" => {
                let (account, target) = pair()?;
                Ok(json!({"can_write": self.0.want_writer(account, target).await?}))
            }
            "status" => Ok(json!({"live": self.0.status().await?.status.pushing})),
            other => Err(Fault::usage(format!("{other} is not offered"))),
        }
    }

    async fn stop(&self) {
        self.0.clone().close().await;
    }
}

async fn follow(mut events: Events, tell: Tell) {
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Ready) => tell.event("connected", json!({})),
            Ok(Event::Disconnected { why, .. }) => tell.event("disconnected", json!({"why": why.to_string()})),
            Ok(Event::Refused { status }) => tell.event("ended", json!({"why": format!("HTTP {status}")})),
            Ok(Event::Chat(line)) => {
                let from = line.from.as_ref().and_then(|from| from.name.as_deref());
                let account = line.account_id.map(|account| account.0);
                tell.event("chat", json!({"account": account, "from": from, "text": line.text.as_deref()}));
            }
            Ok(Event::Status(status)) => tell.event("status", json!({"live": status.status.pushing})),
            Ok(Event::ViewCount(count)) => {
                let account = count.account_id.map(|account| account.0);
                tell.event("viewers", json!({"account": account, "viewers": count.viewers}));
            }
            _ => {}
        }
    }
}
