//! What the broker says: replies, pushes, and the rest.

use super::connection::State;
use super::pending::{self, InFlight, Kind};
use super::{Disconnect, Event, LoginFailure, PishockSession, Refusal, Reply};
use crate::message::decode_server;
use crate::{Channel, Dialect, Envelope, ErrorCode, ServerMessage, V1Reply};
use alloc::borrow::ToOwned;
use alloc::string::String;
use dummyload_session::{MatchedBy, Outcome, RequestToken, Timestamp};

impl PishockSession {
    pub(super) fn text(&mut self, now: Timestamp, text: &str) {
        self.heard(now);
        match decode_server(self.config.dialect, text) {
            Ok(ServerMessage::Envelope(envelope)) => self.envelope(now, &envelope, text),
            Ok(ServerMessage::V1(reply)) => self.v1(now, &reply, text),
            Ok(ServerMessage::Unknown) | Err(_) => self.notice(Event::Unrecognised { raw: text.to_owned() }),
        }
    }

    fn envelope(&mut self, now: Timestamp, envelope: &Envelope<'_>, raw: &str) {
        if let Some(channel) = envelope.channel() {
            return self.push(channel, &envelope.message, raw);
        }
        let refusal =
            envelope.is_error.then(|| Refusal::new(envelope.error_code.clone().into_owned(), &*envelope.message));
        match pending::of_envelope(&self.requests, envelope) {
            Some((token, matched)) => self.reply(now, token, matched, &envelope.message, refusal.as_ref()),
            None if self.absorb(&envelope.original.text()) => {}
            None => self.notice(Event::Unmatched { raw: raw.to_owned() }),
        }
        if let Some(refusal) = refusal {
            self.refused_by_broker(now, refusal);
        }
    }

    fn v1(&mut self, now: Timestamp, reply: &V1Reply<'_>, raw: &str) {
        if reply.command == "MESSAGE" {
            let channel =
                reply.payload.first().map(|name| Channel::parse(name)).unwrap_or(Channel::Other(String::new()));
            let message = reply.payload.get(1).map(|text| &**text).unwrap_or_default();
            return self.push(channel, message, raw);
        }
        let refusal = (!reply.is_success()).then(|| Refusal::new(ErrorCode::Null, reply.payload.join(" ")));
        match pending::of_v1(&self.requests, reply) {
            Some((token, matched)) => self.reply(now, token, matched, "", refusal.as_ref()),
            None => self.notice(Event::Unmatched { raw: raw.to_owned() }),
        }
        if let Some(refusal) = refusal {
            self.refused_by_broker(now, refusal);
        }
    }

    /// Two kinds of errors concern the whole session, whatever request they answer.
    fn refused_by_broker(&mut self, now: Timestamp, refusal: Refusal) {
        if !self.is_open() {
            return;
        }
        if refusal.is_login() {
            self.login_failed(LoginFailure::Error(refusal));
        } else if refusal.wants_reconnect() || self.state == State::Probing {
            self.give_up(now, Disconnect::Broker(refusal));
        }
    }

    fn push(&mut self, channel: Channel, message: &str, raw: &str) {
        let raw_message = message.to_owned();
        self.notice(match channel {
            Channel::Ping(hub) => Event::Alive { hub, time: message.trim().parse().ok(), raw: raw_message },
            Channel::Log(hub) => Event::Log { hub, raw: raw_message },
            _ => Event::Unrecognised { raw: raw.to_owned() },
        });
    }

    /// Further replies to an UNSUBSCRIBE of several channels are no news.
    fn absorb(&mut self, echo: &str) -> bool {
        let Some(at) = self.extra.iter().position(|(text, _)| text == echo) else { return false };
        self.extra[at].1 -= 1;
        if self.extra[at].1 == 0 {
            self.extra.remove(at);
        }
        true
    }

    fn reply(
        &mut self,
        now: Timestamp,
        token: RequestToken,
        matched: MatchedBy,
        message: &str,
        refusal: Option<&Refusal>,
    ) {
        let Some((_, request)) = self.requests.iter_mut().find(|(found, _)| *found == token) else { return };
        if let Kind::Subscribe(progress) = &mut request.data.kind {
            if let Some(refused) = progress.advance(message, refusal) {
                self.wanted.remove(&refused);
            }
            if !progress.left.is_empty() {
                return;
            }
        }
        let Some(request) = self.requests.remove(token) else { return };
        self.answered(now, token, request, matched, refusal);
    }

    fn answered(
        &mut self,
        now: Timestamp,
        token: RequestToken,
        request: InFlight,
        matched: MatchedBy,
        refusal: Option<&Refusal>,
    ) {
        let outcome = |reply| match refusal {
            None => Outcome::Done { reply, matched },
            Some(refusal) => Outcome::Refused { refusal: refusal.clone(), matched },
        };
        match request.kind {
            Kind::Ping if self.state == State::Probing && !request.asked => {
                if refusal.is_none() {
                    self.ready(now);
                }
            }
            Kind::Ping => self.conclude(token, &request, outcome(Reply::Pong)),
            Kind::Publish | Kind::GroupStop(_) => self.conclude(token, &request, outcome(Reply::Published)),
            Kind::Pulse(hold) => match refusal {
                None => {
                    if let Some(hold) = self.holds.get_mut(&hold) {
                        hold.matched = matched;
                    }
                }
                Some(_) => {
                    if let Some(held) = self.holds.remove(&hold) {
                        self.finish(hold, outcome(Reply::Published));
                        self.send_orders(now, &[held.order.stop()], Kind::Publish, false);
                    }
                }
            },
            Kind::Subscribe(_) => self.conclude_subscribe(token, request, matched),
            Kind::Unsubscribe(targets) => {
                if targets > 1 && self.config.dialect == Dialect::V2 {
                    self.extra.push((request.text.clone(), targets - 1));
                }
                self.conclude(token, &request, outcome(Reply::Unsubscribed));
            }
        }
    }

    /// All of a SUBSCRIBE is answered, or nothing more will be.
    pub(super) fn conclude_subscribe(&mut self, token: RequestToken, request: InFlight, matched: MatchedBy) {
        let Kind::Subscribe(progress) = request.kind else { return };
        if !request.asked {
            for (channel, refusal) in progress.refused {
                self.notice(Event::SubscriptionRefused { channel, refusal });
            }
            return;
        }
        let outcome = match progress.refused.first() {
            Some((_, refusal)) if progress.granted.is_empty() => Outcome::Refused { refusal: refusal.clone(), matched },
            _ => Outcome::Done {
                reply: Reply::Subscribed { channels: progress.granted, refused: progress.refused },
                matched,
            },
        };
        self.finish(token, outcome);
    }
}
