//! proptest strategies: arbitrary messages, for the property tests of programs built on this crate.
//!
//! Whatever these make can be written and read again without loss. Messages of [`client_message`] and [`server_message`]
//! go beyond what makes sense (absent members, odd texts, unknown members); what [`command`] makes is always in range.
//!
//! ```
//! use shelly_proto::{decode_client, strategies};
//! use proptest::prelude::*;
//!
//! proptest!(|(message in strategies::client_message())| {
//!     let text = message.to_text();
//!     prop_assert_eq!(decode_client(&text), message);
//! });
//! ```

use crate::{
    ActionData, ActionRequest, ActionResponse, Channel, ClientMessage, Command, CommandData, CommandOutcome,
    CommandRequest, CommandResponse, DeviceId, DeviceRef, Direction, Effect, ErrorEvent, Errors, Extra, Generation,
    IrEmit, Kelvin, Light, LightMode, Move, Online, Percent, Raw, Relay, Roller, RollerToPos, Rpc, RpcError, RpcFamily,
    RpcOutcome, RpcRequest, RpcResponse, ServerMessage, Settings, Shift, StatusOnChange, Trid, Turn,
};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use proptest::collection::vec;
use proptest::option::of as option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// Texts with everything that JSON has to escape, and letters beyond ASCII.
pub fn text() -> impl Strategy<Value = String> {
    "[\\PC\"\\\\\\x00-\\x1f😀]{0,20}"
}

fn cow() -> impl Strategy<Value = Cow<'static, str>> {
    text().prop_map(Cow::Owned)
}

/// Ids as the socket has them, some of which name nobody.
pub fn device_id() -> impl Strategy<Value = DeviceId> {
    prop_oneof![
        4 => (0u64..1 << 48).prop_map(DeviceId::decimal),
        1 => any::<u64>().prop_map(DeviceId::number),
        2 => "XB[0-9]{13}".prop_map(|text| DeviceId::in_frame(&text)),
        1 => "[0-9a-f]{11}[a-f]".prop_map(|text| DeviceId::verbatim(&text)),
    ]
}

/// Generations, unknown ones among them.
pub fn generation() -> impl Strategy<Value = Generation> {
    prop_oneof![4 => "G1|G2|GBLE|V1|G3", 1 => text()].prop_map(|text| Generation::parse(&text))
}

/// Transaction numbers of both types.
pub fn trid() -> impl Strategy<Value = Trid> {
    prop_oneof![any::<i64>().prop_map(Trid::int), text().prop_map(|text| Trid::text(&text))]
}

/// Any JSON, as payloads are.
pub fn raw() -> BoxedStrategy<Raw<'static>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::String),
    ];
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        let members = vec((text(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::Array),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    // Boxed, as are the messages: the trees of these strategies are large, and the stack of a test is not.
    tree.prop_filter_map("JSON", |tree| Raw::of(&tree).ok()).boxed()
}

/// Members that nobody knows.
pub fn extra() -> BoxedStrategy<Extra<'static>> {
    let members = prop_oneof![3 => Just(Vec::new()), 1 => vec((text(), raw()), 1..3)];
    let extra = members.prop_map(|members| {
        let mut extra = Extra::default();
        for (name, value) in members {
            extra.push(format!("x {name}"), value);
        }
        extra
    });
    extra.boxed()
}

/// Errors in all their shapes.
pub fn errors() -> impl Strategy<Value = Errors> {
    prop_oneof![
        Just(Errors::Missing),
        vec(text(), 0..3).prop_map(Errors::List),
        vec((text(), text()), 0..3).prop_map(Errors::Map),
    ]
}

/// Channels, with numbers up to those of virtual components.
pub fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![4 => 0u16..4, 1 => any::<u16>()].prop_map(Channel)
}

/// Every percentage there is.
pub fn percent() -> impl Strategy<Value = Percent> {
    (0u8..=100).prop_filter_map("in range", |number| Percent::new(number).ok())
}

/// Every relative movement there is.
pub fn shift() -> impl Strategy<Value = Shift> {
    (-100i8..=100).prop_filter_map("in range", |number| Shift::new(number).ok())
}

fn turn() -> impl Strategy<Value = Turn> {
    select(Turn::ALL)
}

/// Light commands with any of their parts.
pub fn light() -> BoxedStrategy<Light> {
    let effect = (0u8..=6).prop_filter_map("in range", |number| Effect::new(number).ok());
    let temp = (2500u16..=7500).prop_filter_map("in range", |number| Kelvin::new(number).ok());
    let words = (option(turn()), option(select(LightMode::ALL)), option(any::<u32>()), option(any::<u32>()));
    let colour = (option(any::<u8>()), option(any::<u8>()), option(any::<u8>()), option(any::<u8>()));
    let bright = (option(percent()), option(percent()), option(effect), option(temp));
    let light = (channel(), words, colour, bright).prop_map(
        |(channel, (turn, mode, timeout, transition), (red, green, blue, white), (gain, brightness, effect, temp))| {
            let mut light = Light::new(channel);
            macro_rules! parts {
                ($($part:ident)*) => {
                    $(if let Some(value) = $part {
                        light = light.$part(value);
                    })*
                };
            }
            parts!(turn mode timeout transition red green blue white gain brightness effect temp);
            light
        },
    );
    light.boxed()
}

/// Commands of every kind.
pub fn command() -> BoxedStrategy<Command> {
    let relay = (channel(), turn(), option(any::<u32>())).prop_map(|(channel, turn, timeout)| {
        let relay = Relay::new(channel, turn);
        timeout.map_or(relay, |seconds| relay.timeout(seconds))
    });
    let roller =
        (channel(), option((select(Direction::ALL), option(any::<u32>())))).prop_map(|(channel, go)| match go {
            None => Roller::stop(channel),
            Some((direction, None)) => Roller::go(channel, direction),
            Some((direction, Some(seconds))) => Roller::go_for(channel, direction, seconds),
        });
    let movement = || prop_oneof![percent().prop_map(Move::To), shift().prop_map(Move::By)];
    let roller_to_pos = (channel(), movement(), option(movement()), any::<bool>()).prop_map(
        |(channel, one, other, cover)| match other {
            Some(other) => RollerToPos::both(channel, one, other),
            None if cover => RollerToPos::cover(channel, one),
            None => RollerToPos::slats(channel, one),
        },
    );
    let rpc = (select(&RpcFamily::ALL[..]), text(), option(raw()))
        .prop_map(|(family, method, params)| Rpc::new(method, params).family(family));
    let any = prop_oneof![
        relay.prop_map(Command::Relay).boxed(),
        light().prop_map(Command::Light).boxed(),
        roller.prop_map(Command::Roller).boxed(),
        roller_to_pos.prop_map(Command::RollerToPos).boxed(),
        text().prop_map(|data| Command::IrEmit(IrEmit::stored(data))).boxed(),
        rpc.prop_map(Command::Rpc).boxed(),
    ];
    any.boxed()
}

fn rpc_request() -> impl Strategy<Value = RpcRequest<'static>> {
    let who = (select(&RpcFamily::ALL[..]), option(trid()), option(device_id()));
    (who, option(cow()), option(raw()), extra()).prop_map(|((family, trid, device_id), method, params, extra)| {
        RpcRequest { family, trid, device_id, method, params, extra }
    })
}

/// Messages of a client.
pub fn client_message() -> BoxedStrategy<ClientMessage<'static>> {
    let data = ("[a-z_]{0,8}", option(raw()), extra()).prop_map(|(cmd, params, extra)| CommandData {
        cmd: Cow::Owned(cmd),
        params,
        extra,
    });
    let request = (option(trid()), option(device_id()), data, extra())
        .prop_map(|(trid, device_id, data, extra)| CommandRequest { trid, device_id, data, extra });
    let action = (option(trid()), option(cow()), option(device_id()), extra(), extra()).prop_map(
        |(trid, action, device_id, data_extra, extra)| ActionRequest { trid, action, device_id, data_extra, extra },
    );
    let any = prop_oneof![
        2 => (trid(), device_id(), command()).prop_map(|(trid, device, command)| command.request(trid, device)).boxed(),
        2 => request.prop_map(ClientMessage::Command).boxed(),
        1 => rpc_request().prop_map(ClientMessage::Rpc).boxed(),
        1 => action.prop_map(ClientMessage::Action).boxed(),
    ];
    any.boxed()
}

/// The member `device` with any of its members.
pub fn device_ref() -> impl Strategy<Value = DeviceRef<'static>> {
    (option(device_id()), option(cow()), option(generation()), extra())
        .prop_map(|(id, code, generation, extra)| DeviceRef { id, code, generation, extra })
}

/// What became of a command.
pub fn command_outcome() -> impl Strategy<Value = CommandOutcome<'static>> {
    prop_oneof![
        Just(CommandOutcome::Ok),
        (option(text()), errors()).prop_map(|(res, errors)| CommandOutcome::Refused { res, errors }),
    ]
}

/// What a call brought.
pub fn rpc_outcome() -> impl Strategy<Value = RpcOutcome<'static>> {
    prop_oneof![
        raw().prop_map(RpcOutcome::Result),
        text().prop_map(|code| RpcOutcome::Error(RpcError::refused(&code))),
        (any::<i64>(), text()).prop_map(|(code, text)| RpcOutcome::Error(RpcError::of_device(code, &text))),
    ]
}

/// Messages of the cloud.
pub fn server_message() -> BoxedStrategy<ServerMessage<'static>> {
    let about = || (option(device_ref()), option(device_id()), extra());
    let status = (about(), option(raw()), option(raw())).prop_map(|((device, device_id, extra), status, metadata)| {
        StatusOnChange { device, device_id, status, metadata, extra }
    });
    let online = (about(), option(any::<bool>())).prop_map(|((device, device_id, extra), online)| Online {
        device,
        device_id,
        online,
        extra,
    });
    let settings = (about(), option(raw())).prop_map(|((device, device_id, extra), settings)| Settings {
        device,
        device_id,
        settings,
        extra,
    });
    let answer = || (option(trid()), option(any::<i64>()), option(device_id()), extra());
    let response = (answer(), prop_oneof![raw(), command_outcome().prop_map(|outcome| outcome.to_data())]).prop_map(
        |((trid, user, device_id, extra), data)| CommandResponse { trid, user, device_id, data: Some(data), extra },
    );
    let rpc = (answer(), select(&RpcFamily::ALL[..]), rpc_outcome()).prop_map(
        |((trid, user, device_id, extra), family, outcome)| RpcResponse {
            family,
            trid,
            user,
            device_id,
            response: Some(outcome.to_response()),
            extra,
        },
    );
    let texts = (option(cow()), option(cow()), option(cow()), option(cow()), option(cow()));
    let data = (texts, option(device_id()), option(raw()), option(raw()), extra()).prop_map(
        |(
            (result, device_type, device_code, access_groups, host),
            device_id,
            device_status,
            device_settings,
            extra,
        )| {
            ActionData {
                result,
                device_id,
                device_type,
                device_code,
                device_status,
                device_settings,
                access_groups,
                host,
                extra,
            }
        },
    );
    let action = (option(trid()), option(cow()), data, extra()).prop_map(|(trid, user, data, extra)| ActionResponse {
        trid,
        user,
        data,
        extra,
    });
    let error = (option(cow()), extra()).prop_map(|(message, extra)| ErrorEvent { message, extra });
    let any = prop_oneof![
        status.prop_map(ServerMessage::StatusOnChange).boxed(),
        online.prop_map(ServerMessage::Online).boxed(),
        settings.prop_map(ServerMessage::Settings).boxed(),
        response.prop_map(ServerMessage::CommandResponse).boxed(),
        rpc.prop_map(ServerMessage::RpcResponse).boxed(),
        rpc_request().prop_map(ServerMessage::RpcRequest).boxed(),
        action.prop_map(ServerMessage::ActionResponse).boxed(),
        error.prop_map(ServerMessage::Error).boxed(),
    ];
    any.boxed()
}
