//! The open sockets, and what they ask for (dossier 8 to 11).

use super::rpc::Failure;
use super::{Order, Origin, Refusal, ShellyWorld, Token};
use crate::wire;
use dummyload_host::{Cx, PeerId, Problem, ProblemKind};
use dummyload_session::Timestamp;
use serde_json::json;
use shelly_proto::{
    ClientMessage, CommandRequest, Deviation, DeviationKind, DeviceId, Form, Level, RpcError, RpcOutcome, RpcRequest,
    Trid, decode_client, lint_client,
};
use std::collections::{BTreeMap, BTreeSet};

/// More bytes than any program needs come back in no answer: a bound of the mock, as frames must stay small (dossier 8).
const LONGEST_TRID: usize = 256;
const LONGEST_ID: usize = 64;
/// The most deviations of one message that are told.
const MOST_DEVIATIONS: usize = 20;

/// One socket.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) user: u64,
    pub(crate) token: Token,
    /// When the token ends.
    pub(crate) ends: Option<Timestamp>,
}

/// All sockets, by account.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    all: BTreeMap<PeerId, Socket>,
    by_user: BTreeMap<u64, BTreeSet<PeerId>>,
}

impl Sockets {
    pub(crate) fn insert(&mut self, peer: PeerId, socket: Socket) {
        self.by_user.entry(socket.user).or_default().insert(peer);
        self.all.insert(peer, socket);
    }

    pub(crate) fn remove(&mut self, peer: PeerId) -> Option<Socket> {
        let socket = self.all.remove(&peer)?;
        if let Some(peers) = self.by_user.get_mut(&socket.user) {
            peers.remove(&peer);
        }
        Some(socket)
    }

    pub(crate) fn get(&self, peer: PeerId) -> Option<&Socket> {
        self.all.get(&peer)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PeerId, &Socket)> {
        self.all.iter().map(|(peer, socket)| (*peer, socket))
    }

    pub(crate) fn of(&self, user: u64) -> impl Iterator<Item = PeerId> {
        self.by_user.get(&user).into_iter().flatten().copied()
    }

    pub(crate) fn count(&self, user: u64) -> usize {
        self.by_user.get(&user).map_or(0, BTreeSet::len)
    }

    pub(crate) fn has_any(&self, user: u64) -> bool {
        self.count(user) > 0
    }

    /// The sockets of an account that were opened first.
    pub(crate) fn oldest(&self, user: u64, number: usize) -> Vec<PeerId> {
        self.of(user).take(number).collect()
    }
}

impl ShellyWorld {
    /// A text message of a socket.
    pub(super) fn text(&mut self, cx: &mut Cx<'_>, peer: PeerId, text: &str) {
        let Some(user) = self.sockets.get(peer).map(|socket| socket.user) else { return };
        let message = decode_client(text);
        if let Err(junk) = self.lint(cx, peer, text) {
            return self.refuse_text(cx, peer, "not-as-documented", "dossier 15", &junk);
        }
        match message {
            ClientMessage::Command(request) => self.command(cx, peer, user, &request),
            ClientMessage::Rpc(request) => self.rpc(cx, peer, user, &request),
            ClientMessage::Action(_) => {
                let why = "Integrator:ActionRequest wants a token of the Integrator API, which this mock does not make";
                self.refuse_text(cx, peer, "integrator-request", "dossier 9.6", why);
            }
            ClientMessage::Other(other) => {
                let why = format!(
                    "{:?} is no request; there are Shelly:CommandRequest, Shelly:JrpcRequest, Shelly:XURequest and \
                     Shelly:XGRequest. To keep the socket alive, send a ping frame",
                    other.event
                );
                self.refuse_text(cx, peer, "unknown-event", "dossier 11.2", &why);
            }
            ClientMessage::Unrecognised(text) => {
                let why = text.why.to_string();
                self.refuse_text(cx, peer, "not-a-request", "dossier 11.2", &why);
            }
            _ => self.refuse_text(cx, peer, "unknown-message", "dossier 11.2", "the mock does not know this message"),
        }
    }

    /// A binary message is no request either.
    pub(super) fn binary(&mut self, cx: &mut Cx<'_>, peer: PeerId) {
        if self.sockets.get(peer).is_some() {
            self.refuse_text(cx, peer, "binary-frame", "dossier 8, 11.2", "a binary message; send text messages");
        }
    }

    fn refuse_text(&mut self, cx: &mut Cx<'_>, peer: PeerId, code: &'static str, source: &'static str, why: &str) {
        cx.problem(peer, Problem::new(ProblemKind::Refused, code, source, why));
        let Some(user) = self.sockets.get(peer).map(|socket| socket.user) else { return };
        self.answer(cx, user, peer, wire::error("BAD_REQUEST"));
    }

    /// Tells what is not as the documents show it, or refuses it in strict mode.
    fn lint(&self, cx: &mut Cx<'_>, peer: PeerId, text: &str) -> Result<(), String> {
        let mut found = lint_client(text);
        // A trid comes back whatever it is, so nothing else would tell.
        found.retain(|deviation| deviation.pointer == "/trid" || !has_an_answer(deviation.kind));
        let undocumented = |deviation: &Deviation| deviation.kind == DeviationKind::Undocumented;
        if self.options.strict && found.iter().any(|it| it.level != Level::Info || undocumented(it)) {
            return Err(found.iter().take(MOST_DEVIATIONS).map(ToString::to_string).collect::<Vec<_>>().join("; "));
        }
        for deviation in found.iter().take(MOST_DEVIATIONS) {
            let (code, text) = (deviation.kind.name(), deviation.to_string());
            cx.problem(peer, Problem::new(ProblemKind::Tolerated, code, deviation.section, text));
        }
        Ok(())
    }

    /// The device that a frame means: one of this account, and no other (dossier 2.1).
    fn meant(&self, user: u64, id: &DeviceId) -> Option<DeviceId> {
        let own = |id: &DeviceId| {
            self.state.device(id).filter(|device| device.seed.owner == user).map(|device| device.id.clone())
        };
        own(id).or_else(|| {
            let hex = DeviceId::in_http(id.as_str());
            (self.options.lenient_ids && id.form() != Form::X).then(|| own(&hex)).flatten()
        })
    }

    fn command(&mut self, cx: &mut Cx<'_>, peer: PeerId, user: u64, request: &CommandRequest<'_>) {
        let Some((trid, id)) = self.addressed(cx, peer, request.trid.as_ref(), request.device_id.as_ref()) else {
            return;
        };
        let meant = self.meant(user, &id);
        if meant.as_ref().is_some_and(|id| self.is_silent(id)) {
            return no_answer(cx, peer);
        }
        let outcome = match &meant {
            None => Err(Refusal::WrongId),
            Some(device) => Order::of_data(&request.data).map_err(Refusal::from).and_then(|(order, notes)| {
                for note in notes {
                    cx.problem(peer, Problem::new(ProblemKind::Tolerated, "clamped", "dossier 15", note));
                }
                let origin = Origin { party: peer.into(), user: Some(user), via: "socket" };
                self.carry_out(cx, origin, device, &order).map(|_| order)
            }),
        };
        if let Err(refusal) = &outcome {
            note_refusal(cx, peer, &id, refusal);
        }
        let shown = meant.clone().unwrap_or_else(|| in_decimal(id));
        let text = wire::command_response(&self.options, trid, user, &shown, outcome.as_ref().map(|_| ()));
        self.answer(cx, user, peer, text);
        let Some(device) = meant else { return };
        if let (Ok(Order::Rename { name }), Some(renamed)) = (&outcome, self.state.device(&device)) {
            let text = wire::settings(&self.options, renamed, &json!({"name": name}));
            self.push(cx, user, text);
        }
        self.tell(cx, &device);
    }

    /// What an answer has to bring back. A request that lacks it, or has there what is none, is one that cannot be read.
    fn addressed(
        &mut self,
        cx: &mut Cx<'_>,
        peer: PeerId,
        trid: Option<&Trid>,
        id: Option<&DeviceId>,
    ) -> Option<(Trid, DeviceId)> {
        let why = match (trid, id) {
            (Some(trid), Some(id)) if is_trid(trid) && id.as_str().len() <= LONGEST_ID => {
                return Some((trid.clone(), id.clone()));
            }
            (Some(trid), _) if !is_trid(trid) => {
                format!("trid must be a number, or a text of at most {LONGEST_TRID} bytes")
            }
            (Some(_), Some(_)) => format!("deviceId must have at most {LONGEST_ID} bytes"),
            _ => "a request needs trid and deviceId: without them nobody can tell what an answer belongs to".to_owned(),
        };
        self.refuse_text(cx, peer, "incomplete-request", "dossier 10", &why);
        None
    }

    fn is_silent(&self, id: &DeviceId) -> bool {
        self.state.device(id).is_some_and(|device| device.seed.silent && device.is_online())
    }

    fn rpc(&mut self, cx: &mut Cx<'_>, peer: PeerId, user: u64, request: &RpcRequest<'_>) {
        let Some((trid, id)) = self.addressed(cx, peer, request.trid.as_ref(), request.device_id.as_ref()) else {
            return;
        };
        let meant = self.meant(user, &id);
        if meant.as_ref().is_some_and(|id| self.is_silent(id)) {
            return no_answer(cx, peer);
        }
        let result = match &meant {
            None => Err(Failure::Cloud(Refusal::WrongId)),
            Some(device) => {
                let origin = Origin { party: peer.into(), user: Some(user), via: "rpc" };
                self.call_method(cx, origin, device, request)
            }
        };
        let outcome = match result {
            Ok(result) => RpcOutcome::Result((&result).into()),
            Err(failure) => RpcOutcome::Error(rpc_error(cx, peer, &id, &failure)),
        };
        let shown = meant.clone().unwrap_or_else(|| in_decimal(id));
        let text = wire::rpc_response(&self.options, request.family, trid, &shown, &outcome);
        self.answer(cx, user, peer, text);
        if let Some(device) = meant {
            self.tell(cx, &device);
        }
    }
}

/// Whether an answer can have it back (dossier 10): a text, or a number that programs can hold.
fn is_trid(trid: &Trid) -> bool {
    let is_number = || trid.to_string().parse::<f64>().is_ok_and(f64::is_finite);
    trid.to_string().len() <= LONGEST_TRID && (trid.as_text().is_some() || is_number())
}

/// An id of no device as answers have ids: in decimal, if it is a number in any spelling (dossier 10).
fn in_decimal(id: DeviceId) -> DeviceId {
    match (id.form(), DeviceId::in_http(id.as_str()).as_number()) {
        (Form::Other, Some(number)) => DeviceId::decimal(number),
        _ => id,
    }
}

fn no_answer(cx: &mut Cx<'_>, peer: PeerId) {
    let text = "the device is silent: it sleeps or is gone, and no answer comes; a client has to time out";
    cx.problem(peer, Problem::new(ProblemKind::Dropped, "no-answer", "dossier 11.2", text));
}

fn note_refusal(cx: &mut Cx<'_>, peer: PeerId, id: &DeviceId, refusal: &Refusal) {
    let text = match refusal {
        Refusal::WrongId if id.form() == Form::Other => {
            "no id for a frame: on the socket ids are decimal, also where HTTP has them in hexadecimal".into()
        }
        Refusal::WrongId => format!("{}; one that others share takes no commands on the socket", refusal.text()),
        refusal => refusal.text(),
    };
    cx.problem(peer, Problem::new(ProblemKind::Refused, refusal.problem(), refusal.source(), text));
}

fn rpc_error(cx: &mut Cx<'_>, peer: PeerId, id: &DeviceId, failure: &Failure) -> RpcError<'static> {
    match failure {
        Failure::Cloud(refusal) => {
            note_refusal(cx, peer, id, refusal);
            RpcError::refused(refusal.code())
        }
        Failure::NoMethod => {
            let text = "a call needs a method";
            cx.problem(peer, Problem::new(ProblemKind::Refused, "no-method", "dossier 10", text));
            RpcError::refused("BAD_REQUEST")
        }
        Failure::Device(code, message) => {
            let text = format!("the device answers {code}: {message}");
            cx.problem(peer, Problem::new(ProblemKind::Refused, "device-error", "dossier 9.4", text));
            RpcError::of_device(*code, message)
        }
    }
}

/// What is answered with a refusal of its own, in strict mode and without.
fn has_an_answer(kind: DeviationKind) -> bool {
    use DeviationKind as Kind;
    matches!(
        kind,
        Kind::NotAMessage
            | Kind::UnknownEvent
            | Kind::IntegratorForm
            | Kind::MissingMember
            | Kind::WrongType
            | Kind::NotDecimal
            | Kind::UnknownCommand
            | Kind::OutOfRange
            | Kind::Conflict
    )
}
