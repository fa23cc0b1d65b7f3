//! Who may do what (dossier 5, M1.5, M2).

use crate::kit::{Client, start, token};
use devicehive_mock::{DeviceHiveMock, Query};
use devicehive_proto::{Action, Need, Permission};
use serde_json::json;

const DENIED: &str = "Access is denied";

#[tokio::test]
async fn what_needs_a_token_says_so_before_all_else() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    for action in Action::ALL {
        if action.need() != Need::Nothing {
            client.fails(action.name(), "", 401, "Unauthorized").await;
        }
    }
}

#[tokio::test]
async fn each_permission_allows_its_actions_and_no_others() {
    let mock = start().await;
    for permission in Permission::ALL {
        let with = json!({"user": "dhadmin", "actions": [permission.id()]});
        let mut client = Client::with_token(&mock, &token(&mock, &with)).await;
        for action in Action::ALL {
            let allowed = match action.need() {
                Need::One(one) => one == *permission,
                Need::Either(one, other) => one == *permission || other == *permission,
                _ => continue,
            };
            // Some that are allowed are not answered for want of parameters; so all get an id that is none.
            let denied =
                client.act(action.name(), r#""commandId":[],"skip":[],"name":[],"user":[]"#).await.contains(DENIED);
            assert_eq!(denied, !allowed, "{} with {permission}", action.name());
        }
    }
}

#[tokio::test]
async fn an_unknown_device_is_denied_to_some_and_not_found_by_others() {
    let mock = start().await;
    let unknown = "Device with such deviceId = nope not found";
    let mut admin = Client::admin(&mock).await;
    let mut ann = Client::of(&mock, "ann").await;
    for action in ["device/get", "device/delete", "command/list"] {
        admin.fails(action, r#""deviceId":"nope""#, 404, unknown).await;
        ann.fails(action, r#""deviceId":"nope""#, 403, DENIED).await;
        // Somebody else's is as good as none.
        ann.fails(action, r#""deviceId":"pump-2""#, 403, DENIED).await;
    }
    // Notifications are read by everybody (dossier M1.5).
    ann.fails("notification/list", r#""deviceId":"nope""#, 404, unknown).await;
    ann.does("notification/list", r#""deviceId":"pump-2""#).await;
    let all = json!({"user": "ann", "networks": ["*"]});
    let mut all = Client::with_token(&mock, &token(&mock, &all)).await;
    all.fails("device/get", r#""deviceId":"pump-2""#, 404, "Device with such deviceId = pump-2 not found").await;
    all.does("command/list", r#""deviceId":"pump-2""#).await;
}

#[tokio::test]
async fn a_token_is_bounded_by_networks_and_types() {
    let mock = start().await;
    let bounded = |networks: &[&str], types: &[&str]| {
        token(&mock, &json!({"user": "dhadmin", "networks": networks, "device_types": types}))
    };
    let mut network = Client::with_token(&mock, &bounded(&["2"], &["*"])).await;
    assert_eq!(network.does("device/count", "").await, r#""count":2"#);
    network.does("network/get", r#""networkId":2"#).await;
    network.fails("network/get", r#""networkId":1"#, 403, DENIED).await;
    network.fails("network/get", r#""networkId":99"#, 403, DENIED).await;
    // The admin has all types, whatever his token lists (dossier 5.2).
    let mut types = Client::with_token(&mock, &bounded(&["*"], &["9"])).await;
    types.fails("devicetype/get", r#""deviceTypeId":99"#, 404, "Device type with id = 99 not found").await;
    let mut bob = Client::of(&mock, "bob").await;
    bob.does("devicetype/get", r#""deviceTypeId":9"#).await;
    bob.fails("devicetype/get", r#""deviceTypeId":1"#, 403, DENIED).await;
    bob.fails("device/get", r#""deviceId":"lamp-1""#, 403, DENIED).await;
    let mut none = Client::with_token(&mock, &bounded(&[], &["*"])).await;
    assert_eq!(none.does("device/list", "").await, r#""devices":[]"#);
    assert_eq!(none.does("network/list", "").await, r#""networks":[]"#);
    assert_eq!(none.does("network/count", "").await, r#""count":0"#);
}

/// What the journal says of the last denial.
fn why(mock: &DeviceHiveMock) -> String {
    let last = mock.journal(&Query::problem("denied")).pop().unwrap();
    last["problem"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_journal_says_why_something_is_denied() {
    let mock = start().await;
    let mut nobody = Client::open(&mock).await;
    nobody.fails("device/list", "", 401, "Unauthorized").await;
    assert_eq!(why(&mock), "answered with 401: device/list needs an access token, given by `authenticate`");
    nobody.fails("token", r#""login":"ann","password":"not-the-one""#, 401, "Invalid credentials").await;
    assert_eq!(why(&mock), "answered with 401: this is not the password of user 2");
    let refresh = token(&mock, &json!({"user": "ann", "kind": "refresh"}));
    nobody.fails("authenticate", &format!(r#""token":"{refresh}""#), 401, "Invalid credentials").await;
    assert_eq!(
        why(&mock),
        "answered with 401: the token is not good: it is a refresh token, and an access token is wanted"
    );

    let mut ann = Client::of(&mock, "ann").await;
    for (action, members, reason) in [
        ("user/list", "", "user/list needs the permission ManageUser (12), which the token of user 2 does not have"),
        ("device/get", r#""deviceId":"pump-2""#, "device pump-2 is in network 3, which is not assigned to user 2"),
        (
            "command/insert",
            r#""deviceId":"nope""#,
            "there is no device nope, which only a token for all networks and device types is told",
        ),
        ("network/get", r#""networkId":3"#, "it is about network 3, and the token of user 2 is for network 2"),
        (
            "command/subscribe",
            r#""networkIds":[3]"#,
            "what user 2 may see has it not: Networks with such networkIds wasn't found: {[3]}",
        ),
    ] {
        ann.fails(action, members, 403, DENIED).await;
        assert_eq!(why(&mock), format!("answered with 403: {reason}"));
    }
    for (with, device, reason) in [
        (json!({"user": "bob", "networks": [2]}), "pump-2", "in network 3, and the token of user 3 is for network 2"),
        (json!({"user": "bob", "networks": []}), "pump-2", "in network 3, and the token of user 3 is for no network"),
        (
            json!({"user": "bob", "device_types": [1]}),
            "pump-1",
            "of device type 9, and the token of user 3 is for device type 1",
        ),
    ] {
        let mut narrow = Client::with_token(&mock, &token(&mock, &with)).await;
        narrow.fails("device/get", &format!(r#""deviceId":"{device}""#), 403, DENIED).await;
        assert_eq!(why(&mock), format!("answered with 403: device {device} is {reason}"));
    }
    let journal = format!("{:?}", mock.journal(&Query::any()));
    assert!(!journal.contains("not-the-one") && !journal.contains(&refresh));
}
