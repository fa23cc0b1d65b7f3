//! Streams over the JSON API: looking at them, going live, deleting, and messages from elsewhere (dossier 2, 4.7).

use super::login::user_json;
use super::params::Params;
use super::{Answer, Call, Refused, failure, refused};
use crate::seed::ShareSeed;
use crate::world::{Attached, MultistreamerWorld, Relayed, Stream};
use dummyload_host::ProblemKind;
use multistreamer_proto::{StreamId, StreamStatus, UserId, lua};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A stream that is not there, or not for this user: both are refused alike.
pub(super) fn not_for_use(verb: &str, why: impl Into<String>) -> Refused {
    refused(400, &format!("unauthorized to {verb} that stream"), "no-right", why)
}

impl MultistreamerWorld {
    pub(super) fn stream(&mut self, call: &mut Call<'_, '_>, id: Option<&str>) -> Answer {
        let user = self.bearer(call)?;
        match call.request.method.as_str() {
            "PATCH" => self.patch(call, user, id),
            "POST" => self.edit(call, user, id),
            "DELETE" => self.delete(call, user, id),
            _ if id.is_some() => {
                let row = call.params(id, false)?.row("streams")?;
                let stream = row.and_then(|row| self.state.stream(StreamId(row)));
                let stream = stream.filter(|stream| stream.levels(user).any());
                let stream = stream.ok_or_else(|| not_for_use("access", "there is no such stream for this user"))?;
                Ok(self.json(&json!({"stream": self.stream_json(stream, user)})))
            }
            _ => {
                let streams: Vec<Value> =
                    self.state.streams_of(user).map(|stream| self.stream_json(stream, user)).collect();
                Ok(self.json(&json!({"streams": streams})))
            }
        }
    }

    /// The stream that a request means, with enough of a right: the id of a JSON body counts more than that of the path.
    fn meant(
        &self,
        call: &mut Call<'_, '_>,
        params: &Params,
        user: UserId,
        enough: impl Fn(&Stream) -> bool,
    ) -> Result<StreamId, Refused> {
        match params.get("id") {
            None => {
                return Err(refused(400, "missing parameter: stream_id", "no-id", "the path needs the id of a stream"));
            }
            Some(id) => {
                let shown = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
                if !call.request.path.split('/').any(|part| part == shown) {
                    let text = format!("the id {shown} of the body counts, and not that of the path");
                    call.note(ProblemKind::Tolerated, "body-id", "dossier 2", text);
                }
            }
        }
        let row = params.row("streams")?.map(StreamId);
        let stream = row.and_then(|id| self.state.stream(id));
        let stream = stream.ok_or_else(|| not_for_use("use", "there is no such stream"))?;
        if !enough(stream) {
            let levels = stream.levels(user);
            let why = format!(
                "user {user} has chat level {} and metadata level {} for stream {}, and needs 2",
                levels.chat, levels.metadata, stream.seed.id
            );
            return Err(not_for_use("use", why));
        }
        Ok(stream.seed.id)
    }

    fn patch(&mut self, call: &mut Call<'_, '_>, user: UserId, id: Option<&str>) -> Answer {
        let params = call.params(id, true)?;
        let stream = self.meant(call, &params, user, |stream| stream.levels(user).metadata == 2)?;
        for name in ["data_pushing", "data_pulling"] {
            if params.get(name).is_some_and(|value| !value.is_boolean() && !value.is_null()) {
                call.passed_over("no-boolean", &format!("{name} is not true or false, and changes nothing"))?;
            }
        }
        let flag = |name: &str| params.get(name).and_then(Value::as_bool);
        if let (Some(pulling), Some(stream)) = (flag("data_pulling"), self.state.stream_mut(stream)) {
            stream.status.pulling = pulling;
        }
        match flag("data_pushing") {
            Some(true) => {
                let went = self.go_live(call.cx, stream);
                went.map_err(|error| refused(400, &error, "network-refuses", self.lacking(stream)))?;
            }
            Some(false) => self.end(call.cx, stream),
            None => {}
        }
        let status = self.state.stream(stream).map(|stream| stream.status).unwrap_or_default();
        Ok(self.json(&json!({"status": status_json(status)})))
    }

    /// A message from elsewhere goes to the sockets as it is (dossier 4.7).
    pub(super) fn inject(&mut self, call: &mut Call<'_, '_>, id: &str) -> Answer {
        let user = self.bearer(call)?;
        let params = call.params(Some(id), true)?;
        let stream = self.meant(call, &params, user, |stream| stream.levels(user).chat == 2)?;
        let Params(mut message, has_nan) = params;
        if has_nan {
            let why = "a number is none, such as NaN, and cannot be passed on";
            return Err(failure("Cannot serialise number: must not be NaN or Inf", 400, "not-a-number", why));
        }
        if message.values().any(lua::is_too_sparse) {
            let why = "an array of more than ten items is null for more than a half, and cannot be passed on";
            return Err(failure("Cannot serialise table: excessively sparse array", 400, "sparse-array", why));
        }
        message.insert("stream_id".into(), json!(stream));
        if Relayed::is(&message) {
            call.passed_over(Relayed::CODE, Relayed::TEXT)?;
        }
        let details = json!({"stream": stream, "user": user, "type": message.get("type")});
        Self::record(call.cx, call.who, "injected", details);
        self.publish(call.cx, message, None);
        Ok(self.json(&json!({"status": "ok"})))
    }

    /// A stream as its user is shown it.
    pub(super) fn stream_json(&self, stream: &Stream, user: UserId) -> Value {
        let (seed, levels) = (&stream.seed, stream.levels(user));
        let mut out = json!({
            "id": seed.id, "user_id": seed.owner, "name": seed.name, "slug": seed.slug, "live": stream.status.pushing,
            "webhooks": [], "created_at": stream.times.made, "updated_at": stream.times.changed,
        });
        if levels.metadata == 0 {
            return out;
        }
        out["preview_required"] = json!(u8::from(seed.preview_required));
        out["accounts"] = stream.attached.values().filter_map(|attached| self.attached_json(attached)).collect();
        for (name, value) in
            [("title", &seed.title), ("description", &seed.description), ("ffmpeg_pull_args", &seed.ffmpeg_pull_args)]
        {
            if let Some(value) = value {
                out[name] = json!(value);
            }
        }
        if levels.metadata == 2 {
            out["uuid"] = json!(seed.key);
        }
        if seed.owner == user {
            let share = |share: &ShareSeed| {
                let user = self.state.user(share.user)?;
                Some(json!({
                    "user": user_json(user), "chat_level": share.chat, "metadata_level": share.metadata,
                    "created_at": stream.times.made, "updated_at": stream.times.made,
                }))
            };
            out["shares"] = seed.shares.iter().filter_map(share).collect();
        }
        out
    }

    /// An account within a stream.
    fn attached_json(&self, attached: &Attached) -> Option<Value> {
        let account = self.state.account(attached.seed.id)?;
        let (seed, settings) = (&account.seed, &attached.seed.settings);
        let known = settings.iter().filter(|(key, _)| account.network().keys().any(|known| known == *key));
        let known: BTreeMap<&String, &String> = known.collect();
        let mut out = json!({
            "id": seed.id, "user_id": seed.owner, "name": seed.name, "slug": seed.slug, "network": seed.network,
            "settings": known, "created_at": account.times.made, "updated_at": account.times.changed,
        });
        if let Some(fields) = account.network().metadata_fields(settings) {
            out["metadata_fields"] = fields;
        }
        if let Some(arguments) = &attached.seed.ffmpeg_args {
            out["ffmpeg_args"] = json!(arguments);
        }
        Some(out)
    }

    /// The real server tells nobody, and lets the chats go on (dossier 4.1).
    fn delete(&mut self, call: &mut Call<'_, '_>, user: UserId, id: Option<&str>) -> Answer {
        let params = call.params(id, false)?;
        let stream = self.meant(call, &params, user, |stream| stream.seed.owner == user)?;
        if self.rules().deletes_with_care {
            self.end(call.cx, stream);
        }
        self.state.remove_stream(stream);
        Ok(self.json(&json!({"status": "success"})))
    }
}

pub(crate) fn status_json(status: StreamStatus) -> Value {
    json!({
        "data_incoming": status.incoming, "data_pulling": status.pulling, "data_pushing": status.pushing,
    })
}
