//! What the server says: replies, pushes, and the rest.

use super::pending::{self, Job};
use super::{Credentials, DeviceHiveSession, Event, Refusal, Reply, shown};
use crate::Action;
use crate::message::{Answer, AnswerError, ServerMessage, ServerReply};
use alloc::boxed::Box;
use dummyload_session::{MatchedBy, Outcome, RequestToken, Timestamp};

impl DeviceHiveSession {
    pub(super) fn text(&mut self, now: Timestamp, text: &str) {
        self.heard(now);
        match ServerMessage::decode(text) {
            Ok(ServerMessage::Push(push)) => self.push(now, push, text),
            Ok(ServerMessage::Reply(reply)) => self.reply(now, &reply, text),
            Err(_) => self.notice(Event::Unrecognised { raw: shown::shown(text).into_owned() }),
        }
    }

    fn reply(&mut self, now: Timestamp, reply: &ServerReply, raw: &str) {
        let number = reply.request_id.as_ref().and_then(|id| id.as_str().parse::<u64>().ok());
        let token = number.and_then(|number| pending::of_number(&self.requests, number));
        if let Some(token) = token
            && let Some(request) = self.requests.remove(token)
        {
            return self.answered(now, token, request.job, reply);
        }
        if let Some(number) = number
            && let Ok(Answer::Subscribed(id)) = answer(reply, Action::CommandSubscribe)
            && self.subscribed_too_late(now, number, id)
        {
            return;
        }
        self.notice(Event::Unmatched { raw: shown::shown(raw).into_owned() });
    }

    fn answered(&mut self, now: Timestamp, token: RequestToken, job: Job, reply: &ServerReply) {
        match job {
            Job::Asked(action) => self.conclude(token, reply, action),
            Job::Become(access) => {
                if reply.outcome.is_ok() {
                    self.keyring.replace(Credentials::token(access.into_exposed()));
                    self.plan_renewal(now);
                }
                self.conclude(token, reply, Some(Action::Authenticate));
            }
            Job::Subscribe(name, kind) => {
                let number = answer(reply, Action::CommandSubscribe).and_then(|answer| match answer {
                    Answer::Subscribed(number) => Ok(number),
                    _ => Err(unclear()),
                });
                self.subscribe_answered(now, name, kind, number);
            }
            Job::Unsubscribe => match answer(reply, Action::CommandUnsubscribe) {
                Ok(_) => self.done(token, Reply::Unsubscribed),
                Err(refusal) => self.refused(token, refusal),
            },
            Job::Aside => {}
            Job::Clock => {
                if let Ok(Answer::ServerInfo(info)) = answer(reply, Action::ServerInfo) {
                    self.clock.told(now, info.server_timestamp);
                    self.plan_renewal(now);
                }
            }
            Job::Login(step) => {
                let answer = answer(reply, step.action());
                self.login_answered(now, &step, answer);
            }
            Job::Insert(execution) => {
                let refused = |refusal| Outcome::Refused { refusal, matched: MatchedBy::Id };
                match (reply.answer(Action::CommandInsert), &reply.outcome) {
                    (Ok(Answer::CommandReceipt(receipt)), _) => self.inserted(now, execution, receipt),
                    (_, Err(refusal)) => self.end_execution(now, execution, refused(refusal.clone())),
                    (_, Ok(payload)) => {
                        let reply = Reply::Other(payload.clone());
                        self.end_execution(now, execution, Outcome::Done { reply, matched: MatchedBy::Id });
                    }
                }
            }
            Job::Look(execution) => {
                if let Ok(Answer::Command(command)) = answer(reply, Action::CommandGet) {
                    self.looked_at(now, execution, command);
                }
            }
        }
    }

    fn conclude(&mut self, token: RequestToken, reply: &ServerReply, action: Option<Action>) {
        match &reply.outcome {
            Ok(payload) => match action.and_then(|action| payload.read(action).ok()) {
                Some(answer) => self.done(token, Reply::Answer(Box::new(answer))),
                None => self.done(token, Reply::Other(payload.clone())),
            },
            Err(refusal) => self.refused(token, refusal.clone()),
        }
    }
}

/// What the session itself has asked for. A success that cannot be used counts as a refusal, without a code.
fn answer(reply: &ServerReply, action: Action) -> Result<Answer, Refusal> {
    reply.answer(action).map_err(|error| match error {
        AnswerError::Refused(refusal) => refusal,
        AnswerError::Unclear(_) => unclear(),
    })
}

fn unclear() -> Refusal {
    Refusal::new(0, "the answer is another one than the documents show")
}
