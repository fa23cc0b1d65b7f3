//! What the server says: replies, pushes, and the rest.

use super::pending::{self, Job};
use super::wire::{Answer, ServerMessage, ServerReply};
use super::{Credentials, DeviceHiveSession, Event, Refusal, Reply, shown};
use crate::Action;
use alloc::boxed::Box;
use dummyload_session::{RequestToken, Timestamp};

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
            && let Ok(Answer::Subscribed(id)) = reply.answer(Action::CommandSubscribe)
            && self.subscribed_too_late(now, number, id)
        {
            return;
        }
        self.notice(Event::Unmatched { raw: shown::shown(raw).into_owned() });
    }

    fn answered(&mut self, now: Timestamp, token: RequestToken, job: Job, reply: &ServerReply) {
        match job {
            Job::Asked(action) => self.conclude(token, reply.answer(action)),
            Job::Become(access) => {
                let answer = reply.answer(Action::Authenticate);
                if answer.is_ok() {
                    self.keyring.replace(Credentials::token(access.into_exposed()));
                    self.plan_renewal(now);
                }
                self.conclude(token, answer);
            }
            Job::Subscribe(name, kind) => {
                let number = match reply.answer(Action::CommandSubscribe) {
                    Ok(Answer::Subscribed(number)) => Ok(number),
                    Ok(_) => Err(unclear()),
                    Err(refusal) => Err(refusal),
                };
                self.subscribe_answered(now, token, name, kind, number);
            }
            Job::Unsubscribe => match reply.answer(Action::CommandUnsubscribe) {
                Ok(_) => self.done(token, Reply::Unsubscribed),
                Err(refusal) => self.refused(token, refusal),
            },
            Job::Aside => {}
            Job::Clock => {
                if let Ok(Answer::Info(info)) = reply.answer(Action::ServerInfo) {
                    self.clock.told(now, info.server_timestamp);
                    self.plan_renewal(now);
                }
            }
            Job::Login(step) => {
                let action = step.action();
                self.login_answered(now, &step, reply.answer(action));
            }
            Job::Insert(execution) => {
                let receipt = match reply.answer(Action::CommandInsert) {
                    Ok(Answer::Receipt(receipt)) => Ok(receipt),
                    Ok(_) => Err(unclear()),
                    Err(refusal) => Err(refusal),
                };
                self.inserted(now, execution, receipt);
            }
            Job::Look(execution) => {
                if let Ok(Answer::Command(command)) = reply.answer(Action::CommandGet) {
                    self.looked_at(now, execution, command);
                }
            }
        }
    }

    fn conclude(&mut self, token: RequestToken, answer: Result<Answer, Refusal>) {
        match answer {
            Ok(answer) => self.done(token, Reply::Answer(Box::new(answer))),
            Err(refusal) => self.refused(token, refusal),
        }
    }
}

fn unclear() -> Refusal {
    Refusal::new(0, "the answer is another one than the documents show")
}
