//! What the sockets ask for, and how it is answered (dossier 3, 4, 6.6, 8).

use super::connections::Role;
use super::hub::{Caps, Order, Via};
use super::rights::{self, Refusal, Right};
use super::{PishockWorld, login};
use crate::wire;
use dummyload_host::{Cx, PeerId, Problem, ProblemKind};
use pishock_proto::{
    Access, Channel, ClientMessage, DecodeError, Deviation, DeviationKind, Dialect, ErrorCode, LinkCommand, LinkId,
    LogData, Mode, PublishCommand, ShockerId, UserId, decode_client, lint_client,
};
use std::borrow::Cow;

/// The most commands in one PUBLISH. A bound of the mock: more would flood the hub's log.
const MOST_COMMANDS: usize = 1000;
/// The most bytes that the answers to one SUBSCRIBE or UNSUBSCRIBE may have. A bound of the mock: every answer repeats
/// the whole request.
const MOST_ECHO: usize = 8 * 1024 * 1024;
/// The most deviations of one message that are told.
const MOST_DEVIATIONS: usize = 20;

/// The request that is being answered.
#[derive(Clone, Copy)]
struct Request<'a> {
    peer: PeerId,
    dialect: Dialect,
    text: &'a str,
    /// Its name, as far as it is known.
    operation: Option<&'static str>,
}

impl Request<'_> {
    /// The one reply of an operation that succeeded.
    fn succeed(&self, cx: &mut Cx<'_>, message: &str) {
        match self.dialect {
            Dialect::V1 => cx.send(self.peer, wire::v1_success(self.operation.unwrap_or_default())),
            Dialect::V2 => cx.send(self.peer, wire::success(message, self.text)),
        }
    }

    fn refuse(&self, cx: &mut Cx<'_>, refusal: Refusal) {
        let reply = match self.dialect {
            Dialect::V1 => wire::v1_error(self.operation, &refusal.message),
            Dialect::V2 => wire::error(ErrorCode::Text(refusal.error.into()), &refusal.message, self.text),
        };
        cx.send(self.peer, reply);
        cx.problem(self.peer, Problem::new(ProblemKind::Refused, refusal.code, refusal.source, refusal.text));
    }
}

impl PishockWorld {
    /// A text message of a connection.
    pub(super) fn text(&mut self, cx: &mut Cx<'_>, peer: PeerId, text: &str) {
        let Some(connection) = self.connections.get(peer) else { return };
        let dialect = connection.dialect;
        if connection.role == Role::Refused {
            return;
        }
        if text == wire::ping(dialect) {
            cx.send(peer, wire::pong(dialect));
            return;
        }
        let role = connection.role.clone();
        let mut request = Request { peer, dialect, text, operation: None };
        let done = match decode_client(dialect, text) {
            Ok(message) => {
                request.operation = operation(&message);
                self.lint(cx, &request).and_then(|()| self.carry_out(cx, &request, &role, message))
            }
            Err(e) => Err(undecodable(&e)),
        };
        if let Err(refusal) = done {
            request.refuse(cx, refusal);
        }
    }

    /// A binary message: text, if it can be read as such (dossier 10.3).
    pub(super) fn binary(&mut self, cx: &mut Cx<'_>, peer: PeerId, bytes: &[u8]) {
        let Some(connection) = self.connections.get(peer).filter(|c| c.role != Role::Refused) else { return };
        let request = Request { peer, dialect: connection.dialect, text: "", operation: None };
        let refuse = |text: &str| Refusal {
            error: "INVALID_JSON",
            message: "Invalid JSON.".into(),
            code: "binary-frame",
            text: text.into(),
            source: "dossier 10.3",
        };
        match std::str::from_utf8(bytes) {
            Err(_) => request.refuse(cx, refuse("a binary message that is no UTF-8 text; send text messages")),
            Ok(_) if self.options.strict => request.refuse(cx, refuse("a binary message; send text messages")),
            Ok(text) => {
                let note = "a binary message, read as text; send text messages";
                cx.problem(peer, Problem::new(ProblemKind::Tolerated, "binary-frame", "dossier 10.3", note));
                self.text(cx, peer, text);
            }
        }
    }

    /// Tells what is not as the documents show it, or refuses it in strict mode (dossier 10.8).
    fn lint(&self, cx: &mut Cx<'_>, request: &Request<'_>) -> Result<(), Refusal> {
        let mut found = lint_client(request.dialect, request.text);
        found.retain(|deviation| !is_told_anyway(deviation.kind));
        // The vendor's own samples have blanks in them, so nobody is refused for those.
        let refused = found.iter().find(|deviation| deviation.kind != DeviationKind::Spacing);
        let (Some(first), true) = (refused, self.options.strict) else {
            let more = found.len().saturating_sub(MOST_DEVIATIONS);
            for deviation in found.into_iter().take(MOST_DEVIATIONS) {
                cx.problem(request.peer, told(&deviation));
            }
            if more > 0 {
                let note = format!("{more} further deviations of the same message are not told");
                cx.problem(request.peer, Problem::new(ProblemKind::Tolerated, "and-more", "dossier 10.8", note));
            }
            return Ok(());
        };
        Err(Refusal {
            error: "INVALID_COMMAND",
            message: "Not in the documented form.".into(),
            code: first.kind.name(),
            text: found.iter().take(MOST_DEVIATIONS).map(Deviation::to_string).collect::<Vec<_>>().join("; "),
            source: first.section,
        })
    }

    fn carry_out(
        &mut self,
        cx: &mut Cx<'_>,
        request: &Request<'_>,
        role: &Role,
        message: ClientMessage<'_>,
    ) -> Result<(), Refusal> {
        match (message, role) {
            (ClientMessage::Ping, _) => cx.send(request.peer, wire::pong(request.dialect)),
            (ClientMessage::Link(command), Role::Link { id, user }) => {
                self.use_link(cx, request, id, *user, &command)?;
            }
            (ClientMessage::Link(_), _) => {
                return Err(invalid("link-elsewhere", "a LinkCommand belongs on the socket /Links/{uuid} of its link"));
            }
            (ClientMessage::Publish(commands), Role::User(user)) => self.publish(cx, request, *user, &commands)?,
            (ClientMessage::Subscribe(targets), Role::User(user)) => self.subscribe(cx, request, *user, &targets)?,
            (ClientMessage::Unsubscribe(targets), Role::User(_)) => self.unsubscribe(cx, request, &targets)?,
            (ClientMessage::Publish(_) | ClientMessage::Subscribe(_) | ClientMessage::Unsubscribe(_), _) => {
                return Err(Refusal {
                    error: "PERMISSION_DENIED",
                    message: "Not permitted on a link.".into(),
                    code: "not-on-a-link",
                    text: "the socket of a link takes PING, and PUBLISH with a LinkCommand".into(),
                    source: "dossier 6.6",
                });
            }
            (ClientMessage::Unknown { operation }, _) => {
                return Err(Refusal {
                    error: "UNKNOWN_OPERATION",
                    message: "Unknown operation.".into(),
                    code: "unknown-operation",
                    text: match &*operation {
                        "" => "the request names no operation; there are PING, SUBSCRIBE, UNSUBSCRIBE, PUBLISH".into(),
                        name => format!("{name:?} is no operation; there are PING, SUBSCRIBE, UNSUBSCRIBE, PUBLISH"),
                    },
                    source: "dossier 3, 4.3",
                });
            }
            (_, _) => return Err(invalid("unknown-message", "the mock does not know this kind of message")),
        }
        Ok(())
    }

    /// All commands or none: the first that is refused refuses the request (dossier 4.2).
    fn publish(
        &mut self,
        cx: &mut Cx<'_>,
        request: &Request<'_>,
        user: UserId,
        commands: &[PublishCommand<'_>],
    ) -> Result<(), Refusal> {
        if commands.is_empty() {
            return Err(invalid("no-commands", "PUBLISH without a command"));
        }
        if commands.len() > MOST_COMMANDS {
            let text = format!("{} commands in one PUBLISH; the mock takes {MOST_COMMANDS}", commands.len());
            return Err(invalid("too-many-commands", text));
        }
        let mut orders = Vec::with_capacity(commands.len());
        for (at, command) in commands.iter().enumerate() {
            let order = self.check(user, command).map_err(|refusal| match commands.len() {
                1 => refusal,
                n => Refusal { text: format!("command {} of {n}: {}", at + 1, refusal.text), ..refusal },
            })?;
            orders.push(order);
        }
        request.succeed(cx, "Publish successful.");
        for (shocker, right, order) in &orders {
            if right.borrowed {
                let text = format!(
                    "shocker {shocker} was reached by a claimed share, but on the channel of the hub's owner; use \
                     c{}-sops-{{sharecode}}",
                    right.hub
                );
                let source = "dossier 3.2, 10.4";
                cx.problem(request.peer, Problem::new(ProblemKind::Tolerated, "share-on-ops", source, text));
            }
            self.operate(cx, request.peer.into(), right.hub, *shocker, right.caps, order);
        }
        Ok(())
    }

    /// One command of a PUBLISH as an order, if it may be given.
    fn check<'a>(&self, user: UserId, command: &PublishCommand<'a>) -> Result<(ShockerId, Right, Order<'a>), Refusal> {
        if command.target.is_empty() {
            return Err(invalid("no-target", "a command without a Target; it names the channel"));
        }
        let body = &command.body;
        let (Some(shocker), Some(mode)) = (body.id, body.mode.clone()) else {
            let what = if body.id.is_none() { "id" } else { "m" };
            return Err(invalid("incomplete-body", format!("the Body has no {what} that can be read")));
        };
        let nothing = LogData::default();
        let log = body.log.as_ref().unwrap_or(&nothing);
        if let Some(other) = log.user.filter(|other| *other != user) {
            return Err(Refusal {
                error: "USER_ID_MISMATCH",
                message: "User id mismatch.".into(),
                code: "user-id-mismatch",
                text: format!("l.u is {other}, but user {user} is logged in"),
                source: "dossier 3.2, 4.3",
            });
        }
        let right = rights::publish(&self.state, user, &command.channel(), shocker, &mode)?;
        if right.borrowed && self.options.strict {
            return Err(Refusal {
                error: "PERMISSION_DENIED",
                message: format!("Not permitted to publish to {}.", command.target),
                code: "share-on-ops",
                text: format!(
                    "{} is the channel of the hub's owner; use c{}-sops-{{sharecode}}",
                    command.target, right.hub
                ),
                source: "dossier 10.4",
            });
        }
        self.refuse_early(right.hub, shocker, &mode)?;
        let order = Order {
            mode,
            intensity: body.intensity,
            duration: body.duration,
            replace: body.replace.unwrap_or_default(),
            hold: log.hold.unwrap_or_default(),
            warning: log.warning.unwrap_or_default(),
            via: right.share.map_or(Via::Ops, Via::Share),
            user: Some(user),
            access: log.access.clone(),
            origin: log.origin.clone(),
        };
        Ok((shocker, right, order))
    }

    /// V2 answers for each target; V1 once, so there it is all or none (dossier 4.2, 8.2).
    fn subscribe(
        &mut self,
        cx: &mut Cx<'_>,
        request: &Request<'_>,
        user: UserId,
        targets: &[Cow<'_, str>],
    ) -> Result<(), Refusal> {
        bounded(request, targets)?;
        if request.dialect == Dialect::V1 {
            let channels: Result<Vec<Channel>, Refusal> =
                targets.iter().map(|name| rights::subscribe(&self.state, user, name)).collect();
            for channel in channels? {
                self.listen(cx, request.peer, channel);
            }
            request.succeed(cx, "");
            return Ok(());
        }
        for name in targets {
            match rights::subscribe(&self.state, user, name) {
                Ok(channel) => {
                    request.succeed(cx, &format!("{name} subscribed to."));
                    self.listen(cx, request.peer, channel);
                }
                Err(refusal) => request.refuse(cx, refusal),
            }
        }
        Ok(())
    }

    /// One answer for each target, so `*` has one (dossier 4.2). A channel that was not subscribed to is no failure.
    fn unsubscribe(&mut self, cx: &mut Cx<'_>, request: &Request<'_>, targets: &[Cow<'_, str>]) -> Result<(), Refusal> {
        bounded(request, targets)?;
        let channel = |name: &str| if name == "*" { Ok(None) } else { rights::subscription(name).map(Some) };
        if request.dialect == Dialect::V1 {
            for name in targets {
                channel(name)?;
            }
        }
        for name in targets {
            let left = match channel(name) {
                Ok(None) => {
                    let deserted = self.connections.unsubscribe_all(request.peer);
                    self.fall_silent(&deserted);
                    true
                }
                Ok(Some(channel)) => {
                    let left = self.connections.unsubscribe(request.peer, &channel);
                    if !self.connections.is_heard(&channel) {
                        self.fall_silent(&[channel]);
                    }
                    left
                }
                Err(refusal) => {
                    request.refuse(cx, refusal);
                    continue;
                }
            };
            if !left {
                let text = format!("{name} was not subscribed to");
                let problem = Problem::new(ProblemKind::Tolerated, "not-subscribed", "dossier 4.2", text);
                cx.problem(request.peer, problem);
            }
            if request.dialect == Dialect::V2 {
                request.succeed(cx, &format!("{name} unsubscribed from."));
            }
        }
        if request.dialect == Dialect::V1 {
            request.succeed(cx, "");
        }
        Ok(())
    }

    /// A command through a public link goes to all of its shockers (dossier 6.5, 6.6).
    fn use_link(
        &mut self,
        cx: &mut Cx<'_>,
        request: &Request<'_>,
        id: &LinkId,
        user: Option<UserId>,
        command: &LinkCommand<'_>,
    ) -> Result<(), Refusal> {
        let denied = |code, text: String| {
            let message = "Not permitted to use this link.".into();
            Err(Refusal { error: "PERMISSION_DENIED", message, code, text, source: "dossier 6.5" })
        };
        let Some(mode) = command.mode.clone() else {
            return Err(invalid("incomplete-body", "the LinkCommand has no Mode that can be read"));
        };
        let Some(link) = self.state.link(id.as_str()) else {
            return denied("unknown-link", "the link is gone".into());
        };
        if link.force_login && user.is_none() {
            let text = "the link is only for people with an account: log in as on /v2, in the query (a guess)";
            return denied("link-needs-login", text.into());
        }
        let stop = mode == Mode::End;
        let caps = Caps::of_link(link);
        if !stop {
            if link.paused {
                return denied("link-paused", "the link is paused: only a stop (e) passes".into());
            }
            if link.expires.is_some_and(|expires| login::timestamp(expires) <= cx.now()) {
                return denied("link-expired", "the link has expired: only a stop (e) passes".into());
            }
            if link.activations == Some(0) {
                return denied("link-used-up", "the link has no activations left: only a stop (e) passes".into());
            }
            if !caps.allow(&mode) {
                return denied("link-mode", format!("the link does not allow mode {:?}", mode.letter()));
            }
        }
        let targets: Vec<_> =
            link.shockers.iter().filter_map(|id| Some((*id, self.state.shocker(*id)?.0.hub))).collect();
        for (shocker, hub) in &targets {
            self.refuse_early(*hub, *shocker, &mode)?;
        }
        let order = Order {
            mode,
            intensity: command.intensity,
            duration: command.duration,
            replace: command.replace.unwrap_or_default(),
            hold: command.hold.unwrap_or_default(),
            warning: command.warning.unwrap_or_default() || link.force_warning,
            via: Via::Link(link.id.clone()),
            user,
            access: Some(Access::Other("link".into())),
            origin: command.username.clone(),
        };
        request.succeed(cx, "Publish successful.");
        if let Some(left) =
            self.state.link_mut(id.as_str()).and_then(|link| link.activations.as_mut()).filter(|_| !stop)
        {
            *left = left.saturating_sub(1);
        }
        for (shocker, hub) in targets {
            self.operate(cx, request.peer.into(), hub, shocker, caps, &order);
        }
        Ok(())
    }
}

fn operation(message: &ClientMessage<'_>) -> Option<&'static str> {
    match message {
        ClientMessage::Ping => Some("PING"),
        ClientMessage::Subscribe(_) => Some("SUBSCRIBE"),
        ClientMessage::Unsubscribe(_) => Some("UNSUBSCRIBE"),
        ClientMessage::Publish(_) | ClientMessage::Link(_) => Some("PUBLISH"),
        _ => None,
    }
}

fn invalid(code: &'static str, text: impl Into<String>) -> Refusal {
    let message = "Invalid command.".into();
    Refusal { error: "INVALID_COMMAND", message, code, text: text.into(), source: "dossier 3, 4.3" }
}

fn undecodable(e: &DecodeError) -> Refusal {
    match e {
        DecodeError::NotJson { .. } => Refusal {
            error: "INVALID_JSON",
            message: "Invalid JSON.".into(),
            code: "invalid-json",
            text: e.to_string(),
            source: "dossier 4.2, 8.1",
        },
        _ => invalid("invalid-command", e.to_string()),
    }
}

/// Some targets, and not too many of them.
fn bounded(request: &Request<'_>, targets: &[Cow<'_, str>]) -> Result<(), Refusal> {
    if targets.is_empty() {
        return Err(invalid("no-targets", "an array of channels without a channel"));
    }
    if request.dialect == Dialect::V2 && targets.len().saturating_mul(request.text.len()) > MOST_ECHO {
        let text = format!("{} targets in one request: the answers would have too many bytes", targets.len());
        return Err(invalid("too-many-targets", text));
    }
    Ok(())
}

/// Whether there is a problem of its own for this.
fn is_told_anyway(kind: DeviationKind) -> bool {
    matches!(
        kind,
        DeviationKind::NotAMessage
            | DeviationKind::UnknownOperation
            | DeviationKind::LeadingC
            | DeviationKind::ChannelForm
    )
}

fn told(deviation: &Deviation) -> Problem {
    Problem::new(ProblemKind::Tolerated, deviation.kind.name(), deviation.section, deviation.to_string())
}
