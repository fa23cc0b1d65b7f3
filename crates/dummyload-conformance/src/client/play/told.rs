//! What an adapter is asked for, and what it says.

use super::{HELLO, PATIENCE, Play, not_started};
use crate::case::Verb;
use crate::client::adapter::Line;
use crate::client::{Drive, Reply, stretched};
use crate::matcher::compare;
use crate::run::step::{Outcome, Stop, Unmet, nearer, unmet};
use crate::template::Template;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, timeout};

impl Play<'_> {
    pub(super) async fn hello(&mut self) -> Outcome {
        let deadline = self.deadline(HELLO);
        match self.listen(deadline).await? {
            Some(Line::Hello) => {}
            Some(_) => return Err(Stop::Trouble("the adapter's first line does not say what it offers".into())),
            None => {
                let said = self.end().map_or_else(|| "it has said nothing".to_owned(), |end| self.told_of(end));
                return Err(Stop::Trouble(format!("the adapter does not say what it offers: {said}")));
            }
        }
        let ops = self.case.steps.iter().filter_map(|step| match &step.verb {
            Verb::Client(verb) => verb.op(),
            _ => None,
        });
        let wanted = ops.chain(self.case.needs.iter().map(String::as_str));
        let mut missing: Vec<&str> = wanted.filter(|wanted| !self.adapter.offers(wanted)).collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Stop::Cannot(format!("the adapter does not offer {}", missing.join(", "))))
    }

    /// The next line of the adapter; `None` when there will be none in time.
    async fn listen(&mut self, deadline: Instant) -> Outcome<Option<Line>> {
        let Some(running) = &mut self.running else { return Err(not_started()) };
        let line = tokio::time::timeout_at(deadline, running.line()).await;
        match line {
            Ok(Some(line)) => self.adapter.hear(&self.log, &line).map(Some).map_err(Stop::Trouble),
            Ok(None) => {
                let _ = timeout(stretched(PATIENCE, self.slow), running.ended()).await;
                self.excuse()?;
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    pub(super) async fn drive(&mut self, drive: &Drive) -> Outcome<u64> {
        let args = self.fill(&drive.args)?;
        let args = serde_json::from_str(&args).map_err(|e| Stop::Trouble(format!("{args} is not JSON: {e}")))?;
        let Some(running) = &mut self.running else { return Err(not_started()) };
        Ok(self.adapter.ask(running, &self.log, &drive.op, args).await)
    }

    pub(super) async fn come_to(&mut self, id: u64, what: &str, wanted: &Reply, within: Duration) -> Outcome {
        let deadline = self.deadline(within);
        let reply = loop {
            if let Some(reply) = self.adapter.reply(id) {
                break reply;
            }
            if self.listen(deadline).await?.is_none() {
                return Err(unmet(format!("`{what}` to come to {}", shown_reply(wanted)), self.nothing(within)));
            }
        };
        let (template, value) = match &reply {
            Ok(result) => (&wanted.result, json!({"result": result})),
            Err(error) => (&wanted.error, json!({"error": error})),
        };
        match template {
            None => Err(unmet(format!("`{what}` to come to {}", shown_reply(wanted)), value.to_string())),
            Some(template) => {
                let inner = reply.as_ref().unwrap_or_else(|error| error);
                self.matches(template, inner, &value.to_string())
            }
        }
    }

    pub(super) async fn told(&mut self, template: &Template, within: Duration) -> Outcome {
        let deadline = self.deadline(within);
        loop {
            let found = self.adapter.events().iter().position(|event| compare(template, event, &self.vars).is_ok());
            if let Some(at) = found {
                let event = self.adapter.events()[at].clone();
                self.adapter.take(at);
                return self.matches(template, &event, "");
            }
            if self.listen(deadline).await?.is_none() {
                break;
            }
        }
        let misses = self.adapter.events().iter().map(|event| {
            let differences = compare(template, event, &self.vars).err().unwrap_or_default();
            Box::new(Unmet { received: event.to_string(), differences, ..Unmet::default() })
        });
        let nearest = *misses.fold(None, nearer).unwrap_or_default();
        let nothing = self.nothing(within);
        let received =
            if nearest.received.is_empty() { nothing } else { format!("{nothing}; nearest: {}", nearest.received) };
        Err(Stop::Unmet(Box::new(Unmet { expected: format!("the event {}", template.source), received, ..nearest })))
    }

    pub(super) async fn untold(&mut self, template: &Template, span: Duration) -> Outcome {
        let deadline = self.deadline(span);
        loop {
            let found = self.adapter.events().iter().find(|event| compare(template, event, &self.vars).is_ok());
            if let Some(event) = found {
                let expected = format!("for {} no event like {}", humantime::format_duration(span), template.source);
                return Err(unmet(expected, event.to_string()));
            }
            if self.listen(deadline).await?.is_none() {
                return Ok(());
            }
        }
    }
}

fn shown_reply(wanted: &Reply) -> String {
    let result = wanted.result.as_ref().map(|result| format!("a result {}", result.source));
    let error = wanted.error.as_ref().map(|error| format!("an error {}", error.source));
    result.into_iter().chain(error).collect::<Vec<_>>().join(", or ")
}
