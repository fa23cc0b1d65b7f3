//! Whatever a client sends, the mock goes on.

use crate::kit::{Client, start_as};
use devicehive_mock::Profile;
use devicehive_proto::Action;

/// Every member that some action reads.
const MEMBERS: [&str; 34] = [
    "deviceId",
    "networkId",
    "deviceTypeId",
    "userId",
    "commandId",
    "notificationId",
    "subscriptionId",
    "command",
    "notification",
    "device",
    "network",
    "deviceType",
    "user",
    "payload",
    "login",
    "loginPattern",
    "password",
    "refreshToken",
    "token",
    "name",
    "namePattern",
    "value",
    "names",
    "networkIds",
    "deviceTypeIds",
    "deviceIds",
    "timestamp",
    "start",
    "end",
    "take",
    "skip",
    "limit",
    "sortField",
    "type",
];

const VALUES: [&str; 16] = [
    "null",
    "true",
    "-1",
    "1e400",
    "9223372036854775807",
    "-99999999999999999999",
    r#""""#,
    r#""pump-1""#,
    r#""%_\\""#,
    r#""9223372036854775807""#,
    r#""2018-05-20T10:00:00.12Z""#,
    "[]",
    r#"[1,"x",null,{}]"#,
    "{}",
    r#"{"name":"\ud800","login":"abc","command":{},"timestamp":-9223372036854775808,"userId":1,"data":{"a":-0}}"#,
    r#"{"a":[[[[{}]]]]}"#,
];

#[tokio::test]
async fn odd_members_break_nothing() {
    for profile in Profile::ALL {
        let mock = start_as(*profile).await;
        let mut client = Client::admin(&mock).await;
        for action in Action::ALL {
            for (at, member) in MEMBERS.iter().enumerate() {
                // Each member gets all values over the actions, beside a device that there is.
                let value = VALUES[(at + *action as usize) % VALUES.len()];
                let message = format!(r#"{{"action":"{}","deviceId":"pump-1","{member}":{value}}}"#, action.name());
                client.say(&message).await;
            }
            client.drain().await;
        }
        client.does("cluster/info", "").await;
    }
}

#[tokio::test]
async fn every_member_gets_every_value() {
    let mock = start_as(Profile::Server41).await;
    let mut client = Client::admin(&mock).await;
    for action in
        ["command/insert", "command/list", "command/subscribe", "notification/insert", "device/save", "token/create"]
    {
        for member in MEMBERS {
            for value in VALUES {
                client.say(&format!(r#"{{"action":"{action}","deviceId":"pump-1","{member}":{value}}}"#)).await;
            }
            client.drain().await;
        }
    }
    client.does("cluster/info", "").await;
}
