//! Streams over the JSON API: looking at them, going live, editing, and messages from elsewhere (dossier 2, 4.7).

use super::accounts::{listed, must_be_json};
use super::login::user_json;
use super::params::Params;
use super::{Answer, Call, Refused, failure, refused};
use crate::seed::{AttachedSeed, ShareSeed, StreamSeed};
use crate::world::{Attached, MultistreamerWorld, Relayed, Stream, Times, slug, stamp};
use dummyload_host::ProblemKind;
use multistreamer_proto::{AccountId, StreamId, StreamStatus, UserId, lua};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A stream that is not there, or not for this user: both are refused alike.
fn not_for_use(verb: &str, why: impl Into<String>) -> Refused {
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
            if params.get(name).is_some_and(|value| !value.is_boolean()) {
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
                went.map_err(|error| {
                    refused(400, &error, "network-refuses", "a network does not let the stream go live")
                })?;
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
    fn stream_json(&self, stream: &Stream, user: UserId) -> Value {
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

    /// Edits a stream, or makes one. What is shown in return has the time of the edit before (recording `api-metadata`).
    fn edit(&mut self, call: &mut Call<'_, '_>, user: UserId, id: Option<&str>) -> Answer {
        must_be_json(call.request)?;
        let params = call.params(id, true)?;
        let now = stamp(call.cx.now(), false);
        let name = params.text("name").map(str::to_owned);
        let stream = if params.get("id").is_some() {
            let row = params.row("streams")?;
            let stream = row.and_then(|row| self.state.stream(StreamId(row)));
            let text = "attempt to index local 'stream' (a nil value)";
            let stream = stream.ok_or_else(|| failure(text, 404, "no-such-stream", "there is no such stream"))?;
            if stream.levels(user).metadata < 2 {
                let why = format!("user {user} may not change stream {}", stream.seed.id);
                return Err(refused(401, "unauthorized to edit stream", "no-right", why));
            }
            stream.seed.id
        } else {
            let why = "a new stream needs a name";
            let name =
                name.clone().ok_or_else(|| refused(400, "name needed when making new stream", "no-name", why))?;
            self.make_stream(call, user, name, &now)
        };
        let shown_time = self.state.stream(stream).map(|stream| stream.times.changed.clone()).unwrap_or_default();
        if let Some(known) = self.state.stream_mut(stream) {
            now.clone_into(&mut known.times.changed);
            if let Some(name) = name {
                known.seed.slug = slug(&name);
                known.seed.name = name;
            }
            let text = |name: &str| params.text(name).map(str::to_owned);
            known.seed.title = text("title").or(known.seed.title.take());
            known.seed.description = text("description").or(known.seed.description.take());
            known.seed.ffmpeg_pull_args = text("ffmpeg_pull_args").or(known.seed.ffmpeg_pull_args.take());
            if let Some(required) = params.get("preview_required") {
                known.seed.preview_required = matches!(required, Value::Bool(true)) || required.as_i64() == Some(1);
            }
        }
        if params.get("accounts").is_some_and(Value::is_array) {
            self.attach(&params, user, stream)?;
        }
        for share in listed(params.get("shares")) {
            self.change_share(stream, share);
        }
        self.sockets.edited(stream);
        let Some(known) = self.state.stream(stream) else { return Err(not_for_use("access", "the stream is gone")) };
        let mut shown = self.stream_json(known, user);
        shown["updated_at"] = json!(shown_time);
        Ok(self.json(&json!({"stream": shown})))
    }

    fn make_stream(&mut self, call: &mut Call<'_, '_>, user: UserId, name: String, now: &str) -> StreamId {
        let id = self.state.next_stream();
        let seed = StreamSeed {
            id,
            owner: user,
            name,
            slug: String::new(),
            key: String::new(),
            title: None,
            description: None,
            preview_required: false,
            ffmpeg_pull_args: None,
            live: false,
            accounts: Vec::new(),
            shares: Vec::new(),
        };
        let times = Times { made: now.to_owned(), changed: now.to_owned() };
        self.state.add_stream(seed, &times, call.cx.ids());
        id
    }

    /// The accounts of an edit: those that the user could have named and has not are no longer attached.
    fn attach(&mut self, params: &Params, user: UserId, stream: StreamId) -> Result<(), Refused> {
        let wanted: Vec<&Value> = listed(params.get("accounts")).collect();
        let named: BTreeSet<AccountId> =
            wanted.iter().filter_map(|account| account["id"].as_i64()).map(AccountId).collect();
        let own: BTreeSet<AccountId> = self.state.accounts_of(user).map(|account| account.seed.id).collect();
        if let Some(stream) = self.state.stream_mut(stream) {
            stream.attached.retain(|id, _| !own.contains(id) || named.contains(id));
        }
        for account in wanted {
            let id = account["id"].as_i64().map(AccountId);
            let known = id.and_then(|id| self.state.account(id)).filter(|account| account.may_use(user));
            let Some(known) = known else {
                let why = "there is no such account, or it is somebody else's";
                return Err(refused(400, "unauthorized to use that account", "no-right", why));
            };
            let (id, network) = (known.seed.id, known.network());
            if !network.reads && self.rules().error_pages {
                let text = "bad argument #1 to 'pairs' (table expected, got nil)";
                return Err(failure(
                    text,
                    400,
                    "no-settings",
                    "an rtmp account has no settings, and the server fails at it",
                ));
            }
            let setting = |key: &str| account["settings"][key].as_str().map(str::to_owned);
            if let Some(key) = network.first_not_given(|key| setting(key).is_some()) {
                let why = format!("account {id} needs settings.{key}");
                return Err(refused(400, &format!("missing required field {key}"), "missing-field", why));
            }
            let settings = network.keys().filter_map(|key| setting(key).map(|value| (key.to_owned(), value))).collect();
            let Some(stream) = self.state.stream_mut(stream) else { return Ok(()) };
            let seed = AttachedSeed { id, settings: BTreeMap::new(), ffmpeg_args: None };
            let attached = stream.attached.entry(id).or_insert_with(|| Attached::new(seed));
            attached.seed.settings = settings;
            if let Some(arguments) = account["ffmpeg_args"].as_str() {
                attached.seed.ffmpeg_args = Some(arguments.to_owned());
            }
        }
        Ok(())
    }

    fn change_share(&mut self, stream: StreamId, share: &Value) {
        let level =
            |name: &str| share[name].as_u64().and_then(|level| u8::try_from(level).ok()).map(|level| level.min(2));
        let user = share["user"]["id"].as_i64().map(UserId).filter(|user| self.state.user(*user).is_some());
        let owner = self.state.stream(stream).map(|stream| stream.seed.owner);
        if let Some(user) = user.filter(|user| Some(*user) != owner) {
            self.state.share(stream, user, |share| {
                share.chat = level("chat_level").unwrap_or(share.chat);
                share.metadata = level("metadata_level").unwrap_or(share.metadata);
            });
        }
    }

    fn delete(&mut self, call: &mut Call<'_, '_>, user: UserId, id: Option<&str>) -> Answer {
        let params = call.params(id, false)?;
        let stream = self.meant(call, &params, user, |stream| stream.seed.owner == user)?;
        self.end_chats(call.cx, stream);
        self.state.remove_stream(stream);
        Ok(self.json(&json!({"status": "success"})))
    }
}

pub(crate) fn status_json(status: StreamStatus) -> Value {
    json!({
        "data_incoming": status.incoming, "data_pulling": status.pulling, "data_pushing": status.pushing,
    })
}
