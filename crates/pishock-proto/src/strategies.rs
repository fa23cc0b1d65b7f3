//! proptest strategies: arbitrary messages, for the property tests of programs built on this crate.
//!
//! Whatever these make can be written and read again without loss. Messages of [`client_message`] and [`server_message`]
//! go beyond what makes sense (numbers out of range, absent members, odd texts); what [`command`] and [`order`] make is
//! always in range.
//!
//! ```
//! use pishock_proto::{Dialect, decode_client, strategies};
//! use proptest::prelude::*;
//!
//! proptest!(|(message in strategies::client_message(Dialect::V2))| {
//!     let text = message.to_text(Dialect::V2);
//!     prop_assert_eq!(decode_client(Dialect::V2, &text).unwrap(), message);
//! });
//! ```

use crate::http::{
    Account, AccountKey, ApiKey, ClaimBody, Hub, HubShocker, Link, OperateBody, Operation, Share, SharedShocker,
    Shocker, User,
};
use crate::{
    Access, Body, Channel, ClientMessage, Command, Dialect, DurationMs, Echo, Envelope, ErrorCode, HubId, Intensity,
    LinkCommand, LinkId, LogData, Login, Mode, Order, PublishCommand, ServerMessage, ShareCode, ShareId, ShockerId,
    UserId, V1Reply,
};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use dummyload_session::Secret;
use proptest::collection::vec;
use proptest::option::of as option;
use proptest::prelude::*;
use serde_json::Value;

/// Texts with everything that JSON has to escape, and letters beyond ASCII.
pub fn text() -> impl Strategy<Value = String> {
    "[\\PC\"\\\\\\x00-\\x1f😀]{0,20}"
}

fn cow() -> impl Strategy<Value = Cow<'static, str>> {
    text().prop_map(Cow::Owned)
}

/// Any user's number.
pub fn user_id() -> impl Strategy<Value = UserId> {
    any::<u64>().prop_map(UserId)
}

/// Any hub's number.
pub fn hub_id() -> impl Strategy<Value = HubId> {
    any::<u64>().prop_map(HubId)
}

/// Any shocker's number.
pub fn shocker_id() -> impl Strategy<Value = ShockerId> {
    any::<u64>().prop_map(ShockerId)
}

/// Any share's number.
pub fn share_id() -> impl Strategy<Value = ShareId> {
    any::<u64>().prop_map(ShareId)
}

/// Share codes: printable ASCII (dossier 3.5).
pub fn share_code() -> impl Strategy<Value = ShareCode> {
    "[!-~]{1,16}".prop_map(ShareCode::new)
}

/// Link ids: UUIDs.
pub fn link_id() -> impl Strategy<Value = LinkId> {
    "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}".prop_map(LinkId::new)
}

/// Every intensity there is.
pub fn intensity() -> impl Strategy<Value = Intensity> {
    (0u8..=100).prop_filter_map("in range", |percent| Intensity::new(percent).ok())
}

/// Every duration there is.
pub fn duration() -> impl Strategy<Value = DurationMs> {
    (DurationMs::MIN.get()..=DurationMs::MAX.get()).prop_filter_map("in range", |ms| DurationMs::new(ms).ok())
}

/// Modes, unknown ones among them.
pub fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![4 => "[vsbe]", 1 => text()].prop_map(|letter| Mode::from_letter(&letter))
}

/// Access kinds, unknown ones among them.
pub fn access() -> impl Strategy<Value = Access> {
    prop_oneof![4 => "sc|api|ow", 1 => text()].prop_map(|text| Access::parse(&text))
}

/// Channels of all kinds, and names that are none.
pub fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![
        hub_id().prop_map(Channel::Ops),
        (hub_id(), share_code()).prop_map(|(hub, code)| Channel::SharedOps(hub, code)),
        hub_id().prop_map(Channel::Ping),
        hub_id().prop_map(Channel::Log),
        text().prop_map(|name| Channel::parse(&name)),
    ]
}

/// Logins of both kinds, with odd characters in all of their parts.
pub fn login() -> impl Strategy<Value = Login> {
    prop_oneof![
        ("\\PC{1,20}", "\\PC{1,40}").prop_map(|(name, key)| Login::api_key(name, key)),
        (user_id(), "\\PC{1,40}").prop_map(|(user, token)| Login::token(user, token)),
    ]
}

/// Commands.
pub fn command() -> impl Strategy<Value = Command> {
    let effect = (shocker_id(), 0..4, intensity(), duration()).prop_map(|(id, mode, intensity, duration)| match mode {
        0 => Command::vibrate(id, intensity, duration),
        1 => Command::shock(id, intensity, duration),
        2 => Command::beep(id, duration),
        _ => Command::stop(id),
    });
    (effect, any::<[bool; 3]>(), text(), option(user_id())).prop_map(
        |(command, [replace, hold, warning], origin, user)| {
            let command = command.replace(replace).hold(hold).warning(warning).origin(&origin);
            match user {
                Some(user) => command.user(user),
                None => command,
            }
        },
    )
}

/// Commands with their channels.
pub fn order() -> impl Strategy<Value = Order> {
    (command(), hub_id(), option(share_code())).prop_map(|(command, hub, code)| match code {
        Some(code) => command.on_share(hub, code),
        None => command.on_hub(hub),
    })
}

/// Bodies with any of their members.
pub fn body() -> impl Strategy<Value = Body<'static>> {
    let log = (option(user_id()), option(access()), option(any::<bool>()), option(any::<bool>()), option(cow()));
    let log = log.prop_map(|(user, access, warning, hold, origin)| LogData { user, access, warning, hold, origin });
    let numbers = (option(shocker_id()), option(-5i64..200), option(any::<i64>()));
    (numbers, option(mode()), option(any::<bool>()), option(log)).prop_map(
        |((id, intensity, duration), mode, replace, log)| Body { id, mode, intensity, duration, replace, log },
    )
}

fn link_command() -> impl Strategy<Value = LinkCommand<'static>> {
    let numbers = (option(0i64..=200), option(any::<i64>()), option(0i64..=3));
    let flags = (option(any::<bool>()), option(any::<bool>()), option(any::<bool>()));
    (option(mode()), numbers, flags, option(cow())).prop_map(
        |(mode, (intensity, duration, warning_level), (replace, warning, hold), username)| LinkCommand {
            mode,
            intensity,
            duration,
            replace,
            warning,
            username,
            warning_level,
            hold,
        },
    )
}

/// Messages of a client. Link commands are in V2 only.
pub fn client_message(dialect: Dialect) -> BoxedStrategy<ClientMessage<'static>> {
    let names = || vec(prop_oneof![channel().prop_map(|channel| Cow::Owned(channel.to_string())), cow()], 0..4);
    let command = (cow(), body()).prop_map(|(target, body)| PublishCommand { target, body });
    let order = order().prop_map(PublishCommand::from);
    let unknown = text().prop_filter("unknown", |name| {
        !["PING", "PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE"].iter().any(|known| known.eq_ignore_ascii_case(name))
    });
    let both = prop_oneof![
        Just(ClientMessage::Ping),
        names().prop_map(ClientMessage::Subscribe),
        names().prop_map(ClientMessage::Unsubscribe),
        vec(prop_oneof![command, order], 0..4).prop_map(ClientMessage::Publish),
        unknown.prop_map(|operation| ClientMessage::Unknown { operation: Cow::Owned(operation) }),
    ];
    match dialect {
        Dialect::V1 => both.boxed(),
        Dialect::V2 => prop_oneof![5 => both, 1 => link_command().prop_map(ClientMessage::Link)].boxed(),
    }
}

/// Messages of the broker.
pub fn server_message(dialect: Dialect) -> BoxedStrategy<ServerMessage<'static>> {
    let code =
        prop_oneof![Just(ErrorCode::Null), any::<i64>().prop_map(ErrorCode::Integer), cow().prop_map(ErrorCode::Text)];
    let envelope = (code, any::<bool>(), cow(), cow(), option(cow())).prop_map(
        |(error_code, is_error, message, original, source)| Envelope {
            error_code,
            is_error,
            message,
            original: Echo::from(original),
            source,
        },
    );
    let reply = (cow(), vec(cow(), 0..4)).prop_map(|(command, payload)| V1Reply { command, payload });
    match dialect {
        Dialect::V1 => reply.prop_map(ServerMessage::V1).boxed(),
        Dialect::V2 => envelope.prop_map(ServerMessage::Envelope).boxed(),
    }
}

fn secret<T: core::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Option<Secret<T>>> {
    option(of.prop_map(Secret::new))
}

/// Some JSON that is not null.
fn json() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        vec(text(), 0..3).prop_map(Value::from)
    ]
}

fn flag() -> impl Strategy<Value = Option<bool>> {
    option(any::<bool>())
}

/// What [`User`] is.
pub fn user() -> impl Strategy<Value = User> {
    let names = (option(text()), option(text()), secret(text()));
    let things = (secret(json()), secret(json()), secret(json()), option(vec(api_key(), 0..3)), secret(json()));
    (user_id(), names, things, option(json()), option(json())).prop_map(
        |(id, (username, last_login, password), things, images, access_permissions)| {
            let (ip_address, sessions, emails, api_keys, oauth_links) = things;
            let user = User::new(id);
            User {
                username,
                last_login,
                password,
                ip_address,
                sessions,
                emails,
                api_keys,
                oauth_links,
                images,
                access_permissions,
                ..user
            }
        },
    )
}

fn api_key() -> impl Strategy<Value = ApiKey> {
    let texts = (option(text()), option(text()), option(text()));
    (option(any::<u64>()), secret(json()), secret(text()), texts, option(json())).prop_map(
        |(id, user, key, (name, expiry, generated), scopes)| ApiKey { id, user, key, name, expiry, generated, scopes },
    )
}

/// What [`Account`] is.
pub fn account() -> impl Strategy<Value = Account> {
    let key = (option(any::<u64>()), option(text()), option(text()), option(text()))
        .prop_map(|(id, name, expiry, generated)| AccountKey { id, name, expiry, generated });
    let secrets = || vec(json().prop_map(Secret::new), 0..2);
    (user_id(), option(text()), vec(key, 0..3), secrets(), secrets(), vec(json(), 0..2), vec(json(), 0..2)).prop_map(
        |(id, username, api_keys, emails, oauth_links, roles, images)| Account {
            id,
            username,
            emails,
            api_keys,
            roles,
            images,
            oauth_links,
        },
    )
}

/// What [`Hub`] is.
pub fn hub() -> impl Strategy<Value = Hub> {
    let shocker = (option(text()), shocker_id(), flag(), option(any::<i64>()))
        .prop_map(|(name, id, paused, kind)| HubShocker { name, id, paused, kind });
    (hub_id(), option(text()), option(user_id()), option(text()), vec(shocker, 0..3))
        .prop_map(|(id, name, user, username, shockers)| Hub { id, name, user, username, shockers })
}

/// What [`Shocker`] is.
pub fn shocker() -> impl Strategy<Value = Shocker> {
    let flags = (flag(), flag(), flag(), flag(), flag(), flag());
    let limits = (option(any::<i64>()), option(any::<i64>()));
    (hub_id(), shocker_id(), option(text()), flags, limits).prop_map(|(hub, id, name, flags, limits)| {
        let (is_v3, can_beep, can_vibrate, can_shock, can_pause, can_hold) = flags;
        let (max_duration, max_intensity) = limits;
        let shocker = Shocker::new(hub, id);
        Shocker {
            name,
            is_v3,
            can_beep,
            can_vibrate,
            can_shock,
            can_pause,
            max_duration,
            max_intensity,
            can_hold,
            ..shocker
        }
    })
}

/// What [`Share`] is.
pub fn share() -> impl Strategy<Value = Share> {
    let flags = (flag(), flag(), flag(), flag(), flag(), flag());
    (share_id(), hub_id(), shocker_id(), option(text()), option(any::<i64>()), flags, option(share_code())).prop_map(
        |(id, hub, shocker, shocker_name, max_intensity, flags, code)| {
            let (paused, can_continuous, can_shock, can_vibrate, can_beep, can_log) = flags;
            let share = Share::new(id, hub, shocker);
            Share {
                shocker_name,
                paused,
                max_intensity,
                can_continuous,
                can_shock,
                can_vibrate,
                can_beep,
                can_log,
                code,
                ..share
            }
        },
    )
}

/// What [`SharedShocker`] is.
pub fn shared_shocker() -> impl Strategy<Value = SharedShocker> {
    let ids = (share_id(), option(user_id()), hub_id(), shocker_id(), option(share_code()));
    let texts = (option(text()), option(text()));
    let flags = vec(flag(), 10);
    let limits = (option(any::<i64>()), option(any::<i64>()));
    (ids, texts, flags, limits).prop_map(|((id, owner, hub, shocker, code), (name, owned_by), flags, limits)| {
        let mut flags = flags.into_iter();
        let mut next = || flags.next().flatten();
        let (max_intensity, max_duration) = limits;
        SharedShocker {
            id,
            owner,
            hub,
            shocker,
            name,
            is_v3: next(),
            paused: next(),
            can_pause: next(),
            can_hold: next(),
            can_beep: next(),
            can_vibrate: next(),
            can_shock: next(),
            can_log: next(),
            share_paused: next(),
            code,
            locked: next(),
            max_intensity,
            max_duration,
            owned_by,
        }
    })
}

/// What [`Link`] is.
pub fn link() -> impl Strategy<Value = Link> {
    let texts = (option(text()), option(text()));
    let users = (option(user_id()), option(user_id()));
    let numbers = (option(any::<i64>()), option(any::<i64>()), option(any::<i64>()));
    (link_id(), texts, users, vec(flag(), 9), numbers).prop_map(
        |(id, (name, expiry), (user, owner), flags, numbers)| {
            let mut flags = flags.into_iter();
            let mut next = || flags.next().flatten();
            let (remaining_activations, max_intensity, max_duration) = numbers;
            Link {
                id,
                name,
                paused: next(),
                user,
                owner,
                remaining_activations,
                show_countdown: next(),
                show_usages: next(),
                shock_enabled: next(),
                vibrate_enabled: next(),
                beep_enabled: next(),
                max_intensity,
                max_duration,
                force_warning: next(),
                force_login: next(),
                activate_on_load: next(),
                expiry,
            }
        },
    )
}

/// Operations of the REST API, which are always in range.
pub fn operation() -> impl Strategy<Value = Operation> {
    (0..3, intensity(), duration()).prop_map(|(mode, intensity, duration)| match mode {
        0 => Operation::Shock(intensity, duration),
        1 => Operation::Vibrate(intensity, duration),
        _ => Operation::Beep(duration),
    })
}

/// What [`OperateBody`] is, also out of range.
pub fn operate_body() -> impl Strategy<Value = OperateBody> {
    let numbers = (option(-1i64..5), option(any::<i64>()), option(any::<i64>()));
    (option(text()), numbers, flag()).prop_map(|(agent_name, numbers, intensity_as_percentage)| {
        let (operation, duration, intensity) = numbers;
        OperateBody { agent_name, operation, duration, intensity, intensity_as_percentage }
    })
}

/// What [`ClaimBody`] is, with any number of codes.
pub fn claim_body() -> impl Strategy<Value = ClaimBody> {
    vec(share_code(), 0..25).prop_map(|shares: Vec<_>| ClaimBody { shares })
}
