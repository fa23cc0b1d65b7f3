//! PiShock.

use crate::lines::{Client, Fault, Settings, Tell, number, text};
use pishock_client::{Channel, DurationMs, Error, Event, Events, Hosts, HubId, Intensity, PiShock, ShockerId, Target};
use serde_json::{Value, json};

pub(crate) struct Adapter(PiShock);

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::NotTried(_) => "not-sent",
            Error::Refused(_) => "refused",
            Error::TimedOut => "timeout",
            _ => "lost",
        };
        Self::new(kind, error)
    }
}

impl Client for Adapter {
    const NAME: &'static str = concat!("pishock-client ", env!("CARGO_PKG_VERSION"));
    const OFFERS: &'static [&'static str] =
        &["vibrate", "stop", "ping", "subscribe", "unsubscribe", "patience_ms", "keep_alive_ms"];

    async fn start(settings: Settings, tell: Tell) -> Result<Self, Fault> {
        let address = settings.http()?.trim_start_matches("http://");
        let mut builder = PiShock::builder(settings.demo("username")?, settings.demo("api_key")?)
            .hosts(Hosts::at(address))
            .origin("dummyload-adapter");
        if let Some(patience) = settings.patience() {
            builder = builder.reply_timeout(patience);
        }
        if let Some(silence) = settings.keep_alive() {
            builder = builder.keep_alive(silence);
        }
        let (pishock, events) = builder.connect().await.map_err(|e| Fault::new("lost", e))?;
        tokio::spawn(follow(events, tell));
        Ok(Self(pishock))
    }

    async fn carry_out(&self, op: &str, args: &Value) -> Result<Value, Fault> {
        let pishock = &self.0;
        let target = || Ok::<_, Fault>(Target::own(HubId(number(args, "hub")?), ShockerId(number(args, "shocker")?)));
        match op {
            "vibrate" => {
                let intensity = Intensity::new(number(args, "intensity")?).map_err(Fault::usage)?;
                let duration = DurationMs::new(number(args, "duration_ms")?).map_err(Fault::usage)?;
                pishock.vibrate(&target()?, intensity, duration).await?;
            }
            "stop" => pishock.stop(&target()?).await?,
            "ping" => pishock.ping().await?,
            "subscribe" | "unsubscribe" => {
                let hub = HubId(number(args, "hub")?);
                let channels = match text(args, "to")? {
                    "life" => [Channel::Ping(hub)],
                    "log" => [Channel::Log(hub)],
                    other => return Err(Fault::usage(format!("to is {other}, and neither life nor log"))),
                };
                if op == "unsubscribe" {
                    pishock.unsubscribe(channels).await?;
                } else if let Some((_, refusal)) = pishock.subscribe(channels).await?.refused.first() {
                    return Err(Fault::new("refused", refusal));
                }
            }
            other => return Err(Fault::usage(format!("{other} is not offered"))),
        }
        Ok(json!({}))
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
            Ok(Event::LoginFailed(why)) => tell.event("ended", json!({"why": why.to_string()})),
            Ok(Event::Alive { hub, .. }) => tell.event("alive", json!({"hub": hub.0})),
            Ok(Event::Log { hub, raw }) => tell.event("log", json!({"hub": hub.0, "text": raw})),
            _ => {}
        }
    }
}
