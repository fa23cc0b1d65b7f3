//! Messages and their replies (dossier 2 to 4).

use crate::kit::{Client, MALFORMED, problems, start, start_as};
use devicehive_mock::Profile;

#[tokio::test]
async fn request_ids_come_back_as_they_came() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    for id in [
        "0",
        "1.0",
        "1e3",
        "-0",
        "9007199254740993",
        "123456789012345678901234567890",
        r#""x""#,
        "true",
        "null",
        "{}",
        r#"[1,{"a":2}]"#,
    ] {
        let reply = client.ask(&format!(r#"{{"action":"cluster/info","requestId":{id}}}"#)).await;
        assert!(
            reply.starts_with(&format!(r#"{{"action":"cluster/info","requestId":{id},"status":"success","#)),
            "{reply}"
        );
    }
    let reply = client.ask(r#" { "requestId" : 1 , "requestId" : [ 2 ] , "action" : "x" } "#).await;
    assert_eq!(reply, r#"{"action":"x","requestId":[2],"code":400,"status":"error","error":"Illegal argument: x"}"#);
}

#[tokio::test]
async fn what_is_no_object_is_malformed_and_the_socket_stays_open() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    for text in
        ["", "x", "[]", "null", "5", r#""{}""#, r#"{"action":"server/info""#, r#"{"a":1,}"#, r#"{"a":1}{"b":2}"#]
    {
        let expected = format!(r#"{{"code":400,"status":"error","error":"{MALFORMED}"}}"#);
        assert_eq!(client.ask(text).await, expected, "{text}");
    }
    assert_eq!(problems(&mock), ["refused malformed"; 9]);
    client.does("cluster/info", "").await;
}

#[tokio::test]
async fn what_is_nearly_json_is_taken_and_told() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    let reply = client.ask("{action='nope'; requestId:007} // why not").await;
    assert_eq!(
        reply,
        r#"{"action":"nope","requestId":"007","code":400,"status":"error","error":"Illegal argument: nope"}"#
    );
    assert_eq!(problems(&mock), ["tolerated lenient-json"]);
}

#[tokio::test]
async fn an_action_is_a_text_that_there_is() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    for (action, code, text) in [
        (r#""Server/info""#, 400, "Illegal argument: Server/info"),
        (r#"" server/info""#, 400, "Illegal argument:  server/info"),
        ("5", 400, "Illegal argument: 5"),
        ("null", 500, "'action' field could not be parsed to known endpoint"),
        (r#""""#, 500, "'action' field could not be parsed to known endpoint"),
        ("[1]", 500, "'action' field could not be parsed to known endpoint"),
    ] {
        let reply = client.ask(&format!(r#"{{"action":{action},"requestId":1}}"#)).await;
        assert_eq!(
            reply,
            format!(r#"{{"action":{action},"requestId":1,"code":{code},"status":"error","error":"{text}"}}"#)
        );
    }
    let reply = client.ask("{}").await;
    assert!(reply.starts_with(r#"{"action":null,"requestId":null,"code":500,"#), "{reply}");
}

#[tokio::test]
async fn three_ids_are_read_before_all_else() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    for member in [r#""deviceId":{}"#, r#""networkId":"x""#, r#""deviceTypeId":true"#, r#""networkId":"""#] {
        client.fails("server/info", member, 400, MALFORMED).await;
        client.fails("device/get", member, 400, MALFORMED).await;
        client.fails("authenticate", member, 400, MALFORMED).await;
    }
    client.fails("device/get", "", 401, "Unauthorized").await;
    client.fails("nope", r#""deviceId":{}"#, 400, "Illegal argument: nope").await;
}

#[tokio::test]
async fn a_server_defect_is_repeated_and_told_and_mended_by_the_documents() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let text = "class com.google.gson.JsonNull cannot be cast to class com.google.gson.JsonArray (com.google.gson.JsonNull and \
                com.google.gson.JsonArray are in unnamed module of loader \
                org.springframework.boot.loader.LaunchedURLClassLoader @6d86b085)";
    admin.fails("command/subscribe", r#""names":null"#, 500, text).await;
    admin.fails("token", r#""login":null,"password":"x""#, 500, "JsonNull").await;
    admin.gets_no_answer("device/list", r#""take":-1"#).await;
    assert_eq!(problems(&mock), ["refused server-defect", "refused server-defect", "dropped server-defect"]);

    let mock = start_as(Profile::Spec).await;
    let mut admin = Client::admin(&mock).await;
    admin.does("command/subscribe", r#""names":null"#).await;
    admin.fails("command/subscribe", r#""names":"x""#, 400, MALFORMED).await;
    admin
        .fails("token", r#""login":null,"password":"x""#, 400, "Invalid or empty authorization request parameters")
        .await;
    admin.fails("device/list", r#""take":-1"#, 400, "Invalid request parameters").await;
    assert!(problems(&mock).is_empty());
}

#[tokio::test]
async fn the_server_tells_of_itself() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    let host = mock.address();
    assert_eq!(
        client.does("server/info", "").await,
        format!(
            r#""info":{{"apiVersion":"4.1.0","serverTimestamp":"2026-01-01T00:00:00.000","restServerUrl":"http://{host}/dh/rest"}}"#
        )
    );
    assert_eq!(
        client.does("cluster/info", "").await,
        r#""clusterInfo":{"bootstrap.servers":"127.0.0.1:9092","zookeeper.connect":"127.0.0.1:2181"}"#
    );
    let info = client.gets("server/cacheInfo", "").await;
    assert_eq!(info["cacheInfo"]["serverTimestamp"], "2026-01-01T00:00:00.000");
    assert!(info["cacheInfo"]["cacheStats"].as_str().unwrap().starts_with("Statistics["), "{info}");
}

#[tokio::test]
async fn configuration_goes_round() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let with = |id: &str, value: &str, version: i64| {
        format!(r#""configuration":{{"id":{id},"name":"k","value":"{value}","entityVersion":{version}}}"#)
    };
    assert_eq!(admin.does("configuration/put", r#""name":"k","value":"v""#).await, with("null", "v", 0));
    assert_eq!(admin.does("configuration/get", r#""name":"k""#).await, with("3", "v", 0));
    // The reply has the version from before the change.
    assert_eq!(admin.does("configuration/put", r#""name":"k","value":"w""#).await, with("3", "w", 0));
    assert_eq!(admin.does("configuration/put", r#""name":"k","value":"w""#).await, with("3", "w", 1));
    assert_eq!(admin.does("configuration/get", r#""name":"k""#).await, with("3", "w", 1));
    admin.does("configuration/delete", r#""name":"k""#).await;
    let unknown = "Requested config with name = k not found in the database";
    admin.fails("configuration/delete", r#""name":"k""#, 404, unknown).await;
    admin.fails("configuration/get", r#""name":"k""#, 404, unknown).await;
    admin.fails("configuration/get", "", 400, "Configuration name is wrong or empty").await;
    let text = "Name cannot be empty. The name's length should not be more than 32 symbols.";
    for name in [String::new(), "n".repeat(33)] {
        admin.fails("configuration/put", &format!(r#""name":"{name}","value":"v""#), 400, text).await;
    }
    let text = "Error! Make sure, that the passed object is correct and properly structured. Validation failed: \n\
                On property value (value: null): value field cannot be null. ; ";
    admin.fails("configuration/put", r#""name":"k""#, 400, text).await;
    let secret = admin.gets("configuration/get", r#""name":"jwt.secret""#).await;
    assert_eq!(secret["configuration"]["value"], "devicehive");
}
