//! HTTP calls, from the request to the answer.

use super::{Call, Engine, Later, count};
use crate::fault::{
    Direction, FaultKind, Passing, changed_request, changed_response, of_request, of_response, response_of,
};
use crate::journal::What;
use crate::{CallId, HttpRequest, HttpResponse};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Notify;

impl Engine {
    /// An HTTP request. Its answer is taken with [`Engine::take_answer`]; the bell rings if it comes later.
    pub(crate) fn http(&mut self, request: &HttpRequest) -> (CallId, Arc<Notify>) {
        self.catch_up();
        let call = CallId(count(&mut self.next_call));
        let bell = Arc::new(Notify::new());
        let asked = (!self.faults.is_empty()).then(|| of_request(request));
        self.calls.insert(call, Call { answer: None, bell: Arc::clone(&bell), asked: asked.clone() });
        let what = What::Request {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            body: request.body.clone(),
        };
        self.log(call.into(), what);
        match asked {
            None => self.ask(call, request),
            Some(before) => {
                let passing = Passing::other(&request.path, before.clone(), None);
                match self.faults.strike(Direction::Call, None, &passing) {
                    None => self.ask(call, request),
                    Some((rule, kind)) => {
                        self.log(call.into(), What::Fault { rule, kind: kind.name(), struck: None });
                        self.disturb_call(call, request, &before, &kind, &passing);
                    }
                }
            }
        }
        (call, bell)
    }

    pub(super) fn ask(&mut self, call: CallId, request: &HttpRequest) {
        self.call(|world, cx| world.http(cx, call, request));
    }

    pub(super) fn disturb_call(
        &mut self,
        call: CallId,
        request: &HttpRequest,
        before: &Value,
        kind: &FaultKind,
        passing: &Passing<'_>,
    ) {
        match kind {
            FaultKind::Delay { .. } => {
                let at = self.clock.now() + kind.delay().unwrap_or_default();
                self.schedule(at, Later::Call(call, request.clone()));
                self.settle(Vec::new());
            }
            FaultKind::Duplicate => {
                self.ask(call, request);
                self.ask(call, request);
            }
            FaultKind::Change { .. } => {
                if let Some(after) = kind.replacement(passing) {
                    self.ask(call, &changed_request(request, before, &after));
                }
            }
            FaultKind::Answer { .. } => {
                if let Some(answer) = kind.replacement(passing) {
                    self.respond(call, response_of(&answer));
                }
            }
            _ => {}
        }
    }

    pub(crate) fn take_answer(&mut self, call: CallId) -> Option<HttpResponse> {
        let answer = self.calls.get_mut(&call)?.answer.take()?;
        self.calls.remove(&call);
        Some(answer)
    }

    /// The client of a request has gone before its answer came.
    pub(crate) fn hung_up(&mut self, call: CallId) {
        if self.calls.remove(&call).is_some() {
            self.call(|world, cx| world.hung_up(cx, call));
        }
    }

    /// An answer of the world, faults first.
    pub(super) fn answer(&mut self, call: CallId, response: HttpResponse) {
        let asked = self.calls.get(&call).filter(|waiting| waiting.answer.is_none()).map(|waiting| &waiting.asked);
        let Some(Some(asked)) = asked else { return self.respond(call, response) };
        let before = of_response(&response);
        let path = asked["path"].as_str().unwrap_or_default();
        let passing = Passing::other(path, before.clone(), Some(asked));
        let Some((rule, kind)) = self.faults.strike(Direction::Answer, None, &passing) else {
            return self.respond(call, response);
        };
        let changed = kind.replacement(&passing);
        self.log(call.into(), What::Fault { rule, kind: kind.name(), struck: None });
        match (kind.delay(), changed) {
            (Some(by), _) => self.schedule(self.clock.now() + by, Later::Answer(call, response)),
            (None, Some(after)) => self.respond(call, changed_response(&response, &before, &after)),
            (None, None) => {} // lost
        }
    }

    pub(super) fn respond(&mut self, call: CallId, response: HttpResponse) {
        let Some(waiting) = self.calls.get_mut(&call).filter(|waiting| waiting.answer.is_none()) else { return };
        let what = What::Response { status: response.status, body: response.body.clone() };
        waiting.answer = Some(response);
        waiting.bell.notify_one();
        self.log(call.into(), what);
    }
}
