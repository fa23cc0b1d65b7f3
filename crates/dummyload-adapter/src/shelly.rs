//! Shelly.

use crate::lines::{Client, Fault, Settings, Tell, number, text};
use dummyload_session::Secret;
use serde_json::{Value, json};
use shelly_client::{
    Channel, CommandKind, DeviceId, Error, Event, Events, Grant, Hosts, Limits, Raw, Relay, RpcOutcome, Shelly, Turn,
};
use std::time::Duration;

pub(crate) struct Adapter(Shelly);

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::NotTried(_) => "not-sent",
            Error::Refused(_) | Error::Unclear(_) => "refused",
            Error::TimedOut => "timeout",
            _ => "lost",
        };
        Self::new(kind, error)
    }
}

impl Client for Adapter {
    const NAME: &'static str = concat!("shelly-client ", env!("CARGO_PKG_VERSION"));
    const OFFERS: &'static [&'static str] = &["relay", "rpc", "devices", "patience_ms", "keep_alive_ms"];

    async fn start(settings: Settings, tell: Tell) -> Result<Self, Fault> {
        // The token of the address, which the suite may have let end, and what replaces it.
        let access = settings.url()?.rsplit_once("t=").map_or("", |(_, token)| token);
        let mut grant = Grant::new(settings.demo("client_id")?, access);
        grant.refresh_token = Some(Secret::new(settings.demo("refresh_token")?.to_owned()));
        let mut builder = Shelly::builder()
            .hosts(Hosts::at(settings.http()?))
            .grant(grant)
            .limits(Limits::default().allow(CommandKind::Rpc))
            // A mock has no rate of requests to be kept.
            .spacing(Duration::ZERO);
        if let Some(patience) = settings.patience() {
            builder = builder.command_timeout(patience).rpc_timeout(patience);
        }
        if let Some(every) = settings.keep_alive() {
            builder = builder.keep_alive(every);
        }
        let (shelly, events) = builder.connect().await.map_err(|e| Fault::new("lost", e))?;
        tokio::spawn(follow(events, tell));
        Ok(Self(shelly))
    }

    async fn carry_out(&self, op: &str, args: &Value) -> Result<Value, Fault> {
        let device = || Ok::<_, Fault>(DeviceId::in_http(text(args, "device")?));
        match op {
            "relay" => {
                let turn = if args["on"] == true { Turn::On } else { Turn::Off };
                self.0.relay(&device()?, Relay::new(Channel(number(args, "channel")?), turn)).await?;
                Ok(json!({}))
            }
            "rpc" => {
                let params = args.get("params").map(|params| Raw::new(params.to_string()).map_err(Fault::usage));
                let response = self.0.jrpc(&device()?, text(args, "method")?, params.transpose()?).await?;
                match response.outcome() {
                    RpcOutcome::Result(result) => Ok(serde_json::from_str(result.as_str()).unwrap_or_default()),
                    other => Err(Fault::new("refused", format!("{other:?}"))),
                }
            }
            "devices" => {
                let devices = self.0.devices().await?;
                let devices = devices.iter().map(|device| {
                    let on = device.view().switch(0).and_then(|switch| switch.on);
                    json!({"device": device.id.to_hex(), "online": device.online, "on": on})
                });
                Ok(devices.collect())
            }
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
            Ok(Event::LoginFailed(why)) => tell.event("ended", json!({"why": why.to_string()})),
            Ok(Event::Status { device, raw, .. }) => {
                let status: Value = serde_json::from_str(&raw).unwrap_or_default();
                tell.event("status", json!({"device": device.id.to_hex(), "status": status["status"]}));
            }
            Ok(Event::Online { device, .. }) => {
                tell.event("online", json!({"device": device.id.to_hex(), "online": device.online}));
            }
            _ => {}
        }
    }
}
