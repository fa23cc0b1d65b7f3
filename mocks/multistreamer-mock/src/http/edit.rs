//! Making and editing streams over the JSON API, in the order in which the server does it (dossier 2): what comes before a
//! mistake is done.

use super::accounts::must_be_json;
use super::params::Params;
use super::streams::not_for_use;
use super::{Answer, Call, Refused, failure, refused};
use crate::seed::{AttachedSeed, ShareSeed, StreamSeed};
use crate::world::{Attached, MultistreamerWorld, Times, is_storable, slug, stamp};
use dummyload_host::ProblemKind;
use multistreamer_proto::{AccountId, StreamId, UserId, lua_number};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The columns of a stream that an edit gives.
struct Columns {
    name: String,
    slug: String,
    preview_required: Option<bool>,
    ffmpeg_pull_args: Option<String>,
}

impl MultistreamerWorld {
    /// What is shown in return has the time of the edit before (recording `api-metadata`).
    pub(super) fn edit(&mut self, call: &mut Call<'_, '_>, user: UserId, id: Option<&str>) -> Answer {
        must_be_json(call.request)?;
        let params = call.params(id, true)?;
        let known = self.editable(&params, user)?;
        let accounts = params.list("accounts")?;
        if accounts.iter().any(|account| !account.is_object() && !account.is_array() && !account.is_string()) {
            return Err(no_object("an item of accounts"));
        }
        let columns = self.columns(call, &params, user, known)?;
        let now = stamp(call.cx.now(), false);
        let stream = match known {
            Some(stream) => stream,
            None => self.make_stream(call, user, &now),
        };
        let shown_time = self.state.stream(stream).map(|stream| stream.times.changed.clone()).unwrap_or_default();
        if let Some(known) = self.state.stream_mut(stream) {
            known.times.changed = now;
            (known.seed.name, known.seed.slug) = (columns.name, columns.slug);
            known.seed.preview_required = columns.preview_required.unwrap_or(known.seed.preview_required);
            known.seed.ffmpeg_pull_args = columns.ffmpeg_pull_args.or(known.seed.ffmpeg_pull_args.take());
        }
        let title = params.storable("title")?;
        if let Some(known) = self.state.stream_mut(stream) {
            known.seed.title = title.or(known.seed.title.take());
        }
        let description = params.storable("description")?;
        if let Some(known) = self.state.stream_mut(stream) {
            known.seed.description = description.or(known.seed.description.take());
        }
        for account in accounts {
            self.attach(account, user, stream)?;
        }
        match params.get("shares") {
            Some(Value::Null) => {
                self.state.stream_mut(stream).into_iter().for_each(|stream| stream.seed.shares.clear());
            }
            _ => {
                for share in params.list("shares")? {
                    self.change_share(call, stream, share)?;
                }
            }
        }
        self.sockets.edited(stream);
        let Some(known) = self.state.stream(stream) else { return Err(not_for_use("access", "the stream is gone")) };
        let mut shown = self.stream_json(known, user);
        shown["updated_at"] = json!(shown_time);
        Ok(self.json(&json!({"stream": shown})))
    }

    /// The stream that is to be changed; none if one is to be made.
    fn editable(&self, params: &Params, user: UserId) -> Result<Option<StreamId>, Refused> {
        if params.get("id").is_none() {
            if params.is_given("name") {
                return Ok(None);
            }
            return Err(refused(400, "name needed when making new stream", "no-name", "a new stream needs a name"));
        }
        let row = params.row("streams")?;
        let stream = row.and_then(|row| self.state.stream(StreamId(row)));
        let text = "attempt to index local 'stream' (a nil value)";
        let stream = stream.ok_or_else(|| failure(text, 404, "no-such-stream", "there is no such stream"))?;
        if stream.levels(user).metadata < 2 {
            let why = format!("user {user} may not change stream {}", stream.seed.id);
            return Err(refused(401, "unauthorized to edit stream", "no-right", why));
        }
        Ok(Some(stream.seed.id))
    }

    fn columns(
        &self,
        call: &mut Call<'_, '_>,
        params: &Params,
        user: UserId,
        known: Option<StreamId>,
    ) -> Result<Columns, Refused> {
        let name = match params.get("name").filter(|_| params.is_given("name")) {
            None => {
                known.and_then(|id| self.state.stream(id)).map(|stream| stream.seed.name.clone()).unwrap_or_default()
            }
            Some(Value::String(name)) => name.clone(),
            Some(_) => return Err(failure("attempt to index local 'str'", 400, "odd-value", "name is no text")),
        };
        let slug = slug(&name);
        // Whoever edits, it is among his own streams that a slug may stand once.
        let same = self.state.streams().find(|stream| stream.seed.owner == user && stream.seed.slug == slug);
        if let Some(same) = same.filter(|same| Some(same.seed.id) != known) {
            let error = format!("Stream name conflicts with \"{}\"", same.seed.name);
            let why = format!("stream {} has the slug {slug:?} already", same.seed.id);
            return Err(refused(400, &error, "name-conflict", why));
        }
        if !is_storable(&name) {
            let why = "name is longer than 255 letters, or has a NUL in it";
            return Err(failure("value too long for type character varying(255)", 400, "odd-value", why));
        }
        let preview_required = match params.get("preview_required").filter(|value| !value.is_null()) {
            None => None,
            Some(Value::Bool(flag)) if self.rules().tells_refusals => Some(*flag),
            Some(value) => {
                let number = value.as_f64().or_else(|| value.as_str().and_then(lua_number));
                if number.is_none() {
                    call.passed_over("no-number", "preview_required is neither 0 nor 1, and changes nothing")?;
                }
                number.map(|number| number != 0.0)
            }
        };
        Ok(Columns { name, slug, preview_required, ffmpeg_pull_args: params.storable("ffmpeg_pull_args")? })
    }

    fn make_stream(&mut self, call: &mut Call<'_, '_>, user: UserId, now: &str) -> StreamId {
        let id = self.state.next_stream();
        let seed = StreamSeed {
            id,
            owner: user,
            name: String::new(),
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

    /// Attaches an account and sets what its network wants to know. None is ever taken away.
    fn attach(&mut self, account: &Value, user: UserId, stream: StreamId) -> Result<(), Refused> {
        let mut id = Params::default();
        id.0.extend(account.get("id").map(|id| ("id".to_owned(), id.clone())));
        if id.0.is_empty() {
            let text = "SELECT * from \"accounts\" where  limit 1\nERROR: syntax error at or near \"limit\" (38)";
            return Err(failure(text, 400, "odd-value", "an item of accounts has no id"));
        }
        let known = id.row("accounts")?.and_then(|id| self.state.account(AccountId(id)));
        let Some(known) = known.filter(|account| account.may_use(user)) else {
            let why = "there is no such account, or it is somebody else's";
            return Err(refused(400, "unauthorized to use that account", "no-right", why));
        };
        let (id, network) = (known.seed.id, known.network());
        let Some(stream) = self.state.stream_mut(stream) else { return Ok(()) };
        let seed = AttachedSeed { id, settings: BTreeMap::new(), ffmpeg_args: None };
        let attached = stream.attached.entry(id).or_insert_with(|| Attached::new(seed));
        match account.get("ffmpeg_args") {
            Some(Value::Null) => attached.seed.ffmpeg_args = None,
            Some(Value::String(arguments)) => attached.seed.ffmpeg_args = Some(arguments.clone()),
            _ => {}
        }
        if !network.reads {
            if self.options.profile.rules().error_pages {
                let text = "bad argument #1 to 'pairs' (table expected, got nil)";
                let why =
                    "an rtmp account has no settings, and the server fails at it, after it has attached the account";
                return Err(failure(text, 400, "no-settings", why));
            }
            return Ok(());
        }
        for key in network.keys() {
            match &account["settings"][key] {
                Value::String(value) => drop(attached.seed.settings.insert(key.to_owned(), value.clone())),
                Value::Number(value) => drop(attached.seed.settings.insert(key.to_owned(), value.to_string())),
                Value::Null | Value::Bool(false) => {
                    let why = format!("account {id} needs settings.{key}");
                    return Err(refused(400, &format!("missing required field {key}"), "missing-field", why));
                }
                _ => {
                    let why = format!("settings.{key} of account {id} is neither text nor number");
                    return Err(failure("don't know how to escape value", 400, "odd-value", why));
                }
            }
        }
        Ok(())
    }

    fn change_share(&mut self, call: &mut Call<'_, '_>, stream: StreamId, share: &Value) -> Result<(), Refused> {
        let Some(user) = share.get("user").and_then(|user| user.get("id")) else {
            return Err(no_object("user of an item of shares"));
        };
        let mut id = Params::default();
        id.0.insert("id".into(), user.clone());
        let user = id.row("users")?.map(UserId).filter(|user| self.state.user(*user).is_some());
        let Some(user) = user else {
            let text = "insert or update on table \"shared_streams\" violates foreign key constraint";
            return Err(failure(text, 400, "odd-value", "a share is with a user who is not there"));
        };
        let mut level = |name: &str| -> Result<Option<u8>, Refused> {
            let Some(value) = share.get(name).filter(|value| **value != Value::Bool(false)) else { return Ok(None) };
            let number = value.as_i64().or_else(|| value.as_str().and_then(|digits| digits.trim().parse().ok()));
            let Some(number) = number else {
                let why = format!("{name} of a share is no whole number");
                return Err(failure("invalid input syntax for type integer", 400, "odd-value", why));
            };
            if !(0..=2).contains(&number) {
                let why = format!(
                    "{name} is {number}, which the server stores as it is; it is taken for the nearest of 0, 1, 2"
                );
                if self.options.profile.rules().tells_refusals {
                    return Err(refused(400, &format!("{name} is 0, 1 or 2"), "odd-level", why));
                }
                call.note(ProblemKind::Tolerated, "odd-level", "dossier 2", why);
            }
            Ok(Some(number.clamp(0, 2) as u8))
        };
        let (chat, metadata) = (level("chat_level")?, level("metadata_level")?);
        if self.state.stream(stream).is_some_and(|stream| stream.seed.owner == user) {
            return call
                .passed_over("odd-level", "a share with the owner of the stream, who has all rights, changes nothing");
        }
        self.state.share(stream, user, |share: &mut ShareSeed| {
            share.chat = chat.unwrap_or(share.chat);
            share.metadata = metadata.unwrap_or(share.metadata);
        });
        Ok(())
    }
}

fn no_object(what: &str) -> Refused {
    failure("attempt to index local 'v'", 400, "odd-value", format!("{what} is no object"))
}
