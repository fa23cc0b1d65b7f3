//! A session with a clock, and what is said to it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dummyload_session::{
    Action, CloseInfo, Input, MatchedBy, Outcome, RequestToken, Secret, Session, SessionEvent, Timestamp,
};
use shelly_proto::http::{DevInfo, DeviceStatus, DevicesStatus};
use shelly_proto::session::{
    CommandError, Device, Event, Refusal, Reply, SessionCommand, SessionConfig, ShellySession,
};
use shelly_proto::{
    Channel, Claims, Command, CommandOutcome, CommandResponse, DeviceId, Generation, HostPolicy, Raw, Relay, Roller,
    ServerMessage, Trid, Turn,
};
use std::borrow::Cow;
use std::time::Duration;

/// When the clock of the tests is zero, in seconds since 1970.
pub(super) const EPOCH: i64 = 1_700_000_000;
pub(super) const LAMP: &str = "146014534893892";
pub(super) const LAMP_HEX: &str = "84cca87c0144";
pub(super) const BLIND: &str = "12133370";

/// A token of an account on this server, which ends so many seconds after [`EPOCH`].
pub(super) fn token(name: &str, server: &str, exp: i64) -> String {
    let mut claims = Claims::default();
    claims.sub = Some("pwd".into());
    claims.user_id = Some("6550".into());
    claims.user_api_url = Some(server.into());
    claims.exp = Some(EPOCH + exp);
    format!("eyJhbGciOiJIUzI1NiJ9.{}.secret-{name}", URL_SAFE_NO_PAD.encode(claims.to_json()))
}

pub(super) const SHELLY: &str = "https://shelly-1-eu.shelly.cloud";
pub(super) const HALF_A_DAY: i64 = 43_200;

/// A session with a clock; all that it wants and says is collected, for reading.
pub(super) struct Rig {
    pub(super) session: ShellySession,
    pub(super) now: Timestamp,
}

impl Rig {
    pub(super) fn of(config: SessionConfig) -> Self {
        let mut rig = Self { session: ShellySession::new(config), now: Timestamp::ZERO };
        rig.session.start(rig.now);
        rig.connects_with("secret-one");
        rig
    }

    pub(super) fn config() -> SessionConfig {
        let config = SessionConfig::new(token("one", SHELLY, HALF_A_DAY), HostPolicy::ShellyCloudOnly);
        config.unwrap().epoch(EPOCH)
    }

    pub(super) fn new() -> Self {
        Self::of(Self::config())
    }

    pub(super) fn ready() -> Self {
        Self::ready_with(Self::config())
    }

    pub(super) fn ready_with(config: SessionConfig) -> Self {
        let mut rig = Self::of(config);
        rig.opens();
        rig
    }

    /// Opens the socket and answers the first ping. Gives back the number of the question for statuses.
    pub(super) fn opens(&mut self) -> u64 {
        self.input(Input::Connected);
        assert_eq!(self.actions(), [Action::SendPing]);
        assert_eq!(self.events(), []);
        self.input(Input::Pong);
        match self.events().as_slice() {
            [Event::Ready, Event::StatusNeeded { ask }] => *ask,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        self.session.handle_input(self.now, input);
    }

    pub(super) fn hears(&mut self, text: &str) {
        self.input(Input::Text(Cow::Borrowed(text)));
    }

    pub(super) fn answers(&mut self, message: ServerMessage<'_>) {
        self.hears(&message.to_text());
    }

    pub(super) fn closes(&mut self, code: u16) {
        self.input(Input::Closed(CloseInfo { code: Some(code), reason: "Token-Broken".into() }));
    }

    pub(super) fn ask(&mut self, command: SessionCommand) -> RequestToken {
        self.session.command(self.now, command).unwrap()
    }

    pub(super) fn refuses(&mut self, command: SessionCommand) -> CommandError {
        self.session.command(self.now, command).unwrap_err()
    }

    pub(super) fn gets_token(&mut self, name: &str) {
        self.ask(new_token(name));
        assert_eq!(self.outcomes(), [noted()]);
    }

    pub(super) fn after(&mut self, by: Duration) {
        let target = self.now + by;
        while let Some(deadline) = self.session.poll_deadline().filter(|deadline| deadline.at <= target) {
            self.now = deadline.at;
            self.session.handle_deadline(self.now);
        }
        self.now = target;
        self.session.handle_deadline(self.now);
    }

    pub(super) fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.session.poll_action()).collect()
    }

    pub(super) fn connects_with(&mut self, wanted: &str) {
        match self.actions().as_slice() {
            [Action::Connect(endpoint)] => {
                let url = endpoint.url.expose();
                assert!(url.contains(wanted), "{url}");
            }
            other => panic!("{other:?}"),
        }
    }

    /// The one text that goes out.
    pub(super) fn sent(&mut self) -> String {
        match self.actions().as_slice() {
            [Action::SendText(text)] => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        let notice = |event| match event {
            SessionEvent::Notice(event) => event,
            other => panic!("{other:?}"),
        };
        std::iter::from_fn(|| self.session.poll_event()).map(notice).collect()
    }

    pub(super) fn outcomes(&mut self) -> Vec<Outcome<Reply, Refusal>> {
        let finished = |event: SessionEvent<ShellySession>| match event {
            SessionEvent::Finished { outcome, .. } => Some(outcome),
            _ => None,
        };
        std::iter::from_fn(|| self.session.poll_event()).filter_map(finished).collect()
    }

    pub(super) fn brings(&mut self, ask: u64, devices: impl IntoIterator<Item = DeviceStatus>) {
        self.ask(SessionCommand::Status { ask, body: DevicesStatus::new(devices) });
    }

    pub(super) fn device(&self, id: &str) -> &Device {
        self.session.device(&DeviceId::in_frame(id)).unwrap()
    }

    pub(super) fn status(&self, id: &str) -> &str {
        self.device(id).status.as_ref().unwrap().as_str()
    }
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(super) fn new_token(name: &str) -> SessionCommand {
    let token = Secret::new(token(name, SHELLY, HALF_A_DAY));
    SessionCommand::Credentials { token, lifetime: Some(secs(43_200)) }
}

pub(super) fn to(device: &str, command: impl Into<Command>) -> SessionCommand {
    SessionCommand::Send { device: DeviceId::in_frame(device), command: command.into() }
}

pub(super) fn on() -> SessionCommand {
    to(LAMP, Relay::new(Channel(0), Turn::On))
}

pub(super) fn stop(device: &str) -> SessionCommand {
    to(device, Roller::stop(Channel(0)))
}

pub(super) fn response(trid: i64, device: &str, outcome: CommandOutcome<'_>) -> ServerMessage<'static> {
    let response = CommandResponse::new(Trid::int(trid), 6550, DeviceId::in_frame(device), &outcome);
    ServerMessage::CommandResponse(response.into_owned())
}

pub(super) fn noted() -> Outcome<Reply, Refusal> {
    Outcome::Done { reply: Reply::Noted, matched: MatchedBy::Id }
}

pub(super) fn lamp(serial: f64, output: bool) -> DeviceStatus {
    let info = DevInfo::new(DeviceId::in_http(LAMP_HEX), Generation::Gen2, "SPSW-001PE16EU", true);
    let status = format!(r#"{{"serial":{serial},"switch:0":{{"id":0,"output":{output},"apower":1.50}}}}"#);
    DeviceStatus::new(LAMP_HEX, info, &Raw::new(status).unwrap())
}

pub(super) fn change(serial: f64, output: bool) -> String {
    format!(
        r#"{{"event":"Shelly:StatusOnChange","device":{{"id":"{LAMP}","code":"SPSW-001PE16EU","gen":"G2"}},"status":{{"serial":{serial},"switch:0":{{"output":{output}}}}}}}"#
    )
}

pub(super) fn online(device: &str, online: u8) -> String {
    format!(r#"{{"event":"Shelly:Online","device":{{"id":"{device}","code":"SHSW-25","gen":"G1"}},"online":{online}}}"#)
}
