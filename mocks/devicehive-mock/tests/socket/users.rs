//! Users (dossier 12).

use crate::kit::{Client, start, token};
use serde_json::json;

const VALIDATION: &str =
    "Error! Make sure, that the passed object is correct and properly structured. Validation failed: \n";

#[tokio::test]
async fn a_user_is_made_changed_and_deleted() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let made = admin
        .does("user/insert", r#""user":{"login":" new ","password":"secret","role":1,"data":{"a":1.0},"id":9}"#)
        .await;
    assert_eq!(
        made,
        r#""user":{"id":5,"lastLogin":null,"data":{"a":1.0},"introReviewed":false,"allDeviceTypesAvailable":true}"#
    );
    let shown = |data: &str, intro: bool| {
        format!(
            r#""user":{{"networks":[],"id":5,"login":"new","role":1,"status":0,"lastLogin":null,"data":{data},"introReviewed":{intro},"allDeviceTypesAvailable":true}}"#
        )
    };
    assert_eq!(admin.does("user/get", r#""userId":5"#).await, shown(r#"{"a":1.0}"#, false));
    // An update without data clears it.
    admin.does("user/update", r#""userId":"5","user":{"introReviewed":true,"login":null}"#).await;
    assert_eq!(admin.does("user/get", r#""userId":5"#).await, shown("null", true));
    let mut client = Client::of(&mock, "new").await;
    client.does("user/updateCurrent", r#""user":{"password":"other-secret"}"#).await;
    client.does("token", r#""login":"new","password":"other-secret""#).await;
    admin.does("user/delete", r#""userId":5"#).await;
    admin.fails("user/delete", r#""userId":5"#, 404, "User with id = 5 not found").await;
    client.fails("user/getCurrent", "", 409, "Can not get current user.").await;
    assert_eq!(client.does("device/list", "").await, r#""devices":[]"#);
}

#[tokio::test]
async fn what_is_wrong_with_a_user() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let long = "l".repeat(65);
    let database = "could not execute statement; SQL [n/a]; nested exception is \
                    org.hibernate.exception.DataException: could not execute statement";
    for (user, code, text) in [
        ("null".to_owned(), 400, "User is required".to_owned()),
        ("{}".to_owned(), 400, format!("{VALIDATION}On property login (value: null): login field cannot be null. ; ")),
        (r#"{"login":"abc","password":"secret"}"#.to_owned(), 400, "User role is invalid or empty".to_owned()),
        (
            r#"{"login":"abc","password":"secret","role":2}"#.to_owned(),
            400,
            format!("{VALIDATION}On property role (value: 2): The value of role should not be more than 1. ; "),
        ),
        (
            r#"{"login":"abc","password":"secret","role":1,"status":3}"#.to_owned(),
            500,
            "Index 3 out of bounds for length 3".to_owned(),
        ),
        (
            r#"{"login":"ann","password":"secret","role":1}"#.to_owned(),
            403,
            "User with such login already exists. Please, select another one".to_owned(),
        ),
        (
            r#"{"login":"abc","password":"short","role":1}"#.to_owned(),
            400,
            "Password can contain only from 6 to 128 symbols!".to_owned(),
        ),
        (
            r#"{"login":"ab","password":"secret","role":1}"#.to_owned(),
            400,
            "Field cannot be empty. The length of login should be from 3 to 128 symbols.".to_owned(),
        ),
        (
            r#"{"login":"a b","password":"secret","role":1}"#.to_owned(),
            400,
            "Login can contain only lowercase or uppercase letters, numbers, and some special symbols (_@.)".to_owned(),
        ),
        (format!(r#"{{"login":"{long}","password":"secret","role":1}}"#), 500, database.to_owned()),
    ] {
        admin.fails("user/insert", &format!(r#""user":{user}"#), code, &text).await;
    }
    // The one that failed in the database has used a number up.
    let made = admin.gets("user/insert", r#""user":{"login":"abc","password":"secret","role":1}"#).await;
    assert_eq!(made["user"]["id"], 6);
    let text = "Could not commit JPA transaction; nested exception is javax.persistence.RollbackException: Error while \
                committing the transaction";
    admin.fails("user/update", r#""userId":6,"user":{"login":"a b"}"#, 500, text).await;
    admin.fails("user/update", r#""userId":6,"user":{"role":7}"#, 500, "Index 7 out of bounds for length 2").await;
    admin.fails("user/update", r#""user":{}"#, 400, "User id is wrong or empty").await;
    let text = "You can not delete a user or access key that you use to authenticate this request";
    admin.fails("user/delete", r#""userId":1"#, 403, text).await;
    let with = json!({"user": "ann", "actions": ["ManageUser", "UpdateCurrentUser"]});
    let mut client = Client::with_token(&mock, &token(&mock, &with)).await;
    client.fails("user/get", r#""userId":1"#, 404, "User with id = 1 not found").await;
    client.does("user/get", r#""userId":2"#).await;
    let text = "Admin permissions required for this action";
    client.fails("user/update", r#""userId":2,"user":{"role":0}"#, 403, text).await;
    client.fails("user/updateCurrent", r#""user":{"status":0}"#, 403, text).await;
}

#[tokio::test]
async fn lists_and_counts_of_users() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let mut logins = async |members: &str| {
        let list = admin.gets("user/list", members).await;
        let logins = list["users"].as_array().unwrap().iter().map(|user| user["login"].as_str().unwrap().to_owned());
        logins.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(logins("").await, "dhadmin ann bob eve");
    assert_eq!(logins(r#""role":1,"sortField":"login","sortOrder":"DESC""#).await, "eve bob ann");
    assert_eq!(logins(r#""status":"2""#).await, "eve");
    assert_eq!(logins(r#""login":"ann","loginPattern":"%b%""#).await, "bob");
    assert_eq!(logins(r#""sortField":"id","skip":1,"take":2"#).await, "ann bob");
    assert_eq!(admin.does("user/count", r#""role":0"#).await, r#""count":1"#);
    admin.fails("user/list", r#""sortField":"role""#, 400, "Invalid request parameters").await;
}

#[tokio::test]
async fn networks_and_types_are_assigned_and_taken_away() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let both = r#""userId":2,"networkId":3"#;
    let text = "Network with id 3 for user with id 2 was not found";
    admin.fails("user/getNetwork", both, 404, text).await;
    admin.does("user/assignNetwork", both).await;
    admin.does("user/assignNetwork", both).await;
    let network = r#""network":{"network":{"id":3,"name":"house","description":null}}"#;
    assert_eq!(admin.does("user/getNetwork", both).await, network);
    admin.does("user/unassignNetwork", both).await;
    admin.fails("user/getNetwork", both, 404, text).await;
    admin.fails("user/assignNetwork", r#""userId":2,"networkId":99"#, 404, "Network with id = 99 not found").await;
    admin.fails("user/assignNetwork", r#""userId":99,"networkId":1"#, 404, "User with id = 99 not found").await;
    admin.fails("user/assignNetwork", r#""userId":2"#, 400, "Network id is wrong or empty").await;

    let text = "Cannot assign device type to user with all device types allowed";
    admin.fails("user/assignDeviceType", r#""userId":2,"deviceTypeId":9"#, 403, text).await;
    // Over the socket nobody remembers that all are allowed.
    let text = "Device type with id 9 for user with id 2 not found";
    admin.fails("user/getDeviceType", r#""userId":2,"deviceTypeId":9"#, 404, text).await;
    assert_eq!(admin.gets("user/getDeviceTypes", r#""userId":2"#).await["deviceTypes"].as_array().unwrap().len(), 9);
    admin.does("user/disallowAllDeviceTypes", r#""userId":2"#).await;
    assert_eq!(admin.does("user/getDeviceTypes", r#""userId":2"#).await, r#""deviceTypes":[]"#);
    admin.does("user/assignDeviceType", r#""userId":2,"deviceTypeId":9"#).await;
    assert_eq!(
        admin.does("user/getDeviceType", r#""userId":2,"deviceTypeId":9"#).await,
        r#""deviceType":{"deviceType":{"id":9,"name":"pump","description":"moves water"}}"#
    );
    admin.does("user/unassignDeviceType", r#""userId":2,"deviceTypeId":9"#).await;
    admin.does("user/allowAllDeviceTypes", r#""userId":2"#).await;
}
