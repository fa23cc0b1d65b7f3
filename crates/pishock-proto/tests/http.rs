//! The HTTP calls: what is sent, what is understood, and that no credentials are shown.
#![allow(missing_docs, clippy::unwrap_used)]

use pishock_proto::http::{
    Account, Call, ClaimBody, ClaimShares, CreateShare, GetAccount, GetHealth, GetLink, GetLinks, GetShareCodesByOwner,
    GetShared, GetShockers, GetShockersByShareIds, GetUserDevices, GetUserIfApiKeyValid, GiveBackShare, HttpError, Hub,
    Link, Method, Operate, OperateBody, Operation, PascalCase, Reason, Request, Service, Share, SharedShocker, Shocker,
    User,
};
use pishock_proto::{DurationMs, Intensity, LinkId, Login, Mode, ShareCode, ShareId, ShockerId, UserId};

const KEY: &str = "11111111-2222-3333-4444-555555555555";

fn by_key() -> Login {
    Login::api_key("puppy", KEY)
}

fn by_token() -> Login {
    Login::token(UserId(77), "secret/token")
}

fn operation() -> Operation {
    Operation::Vibrate(Intensity::new(20).unwrap(), DurationMs::new(1000).unwrap())
}

/// Everything of a request, credentials included.
fn whole(request: &Request) -> String {
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect();
    let (service, method, target) = (request.service, request.method.as_str(), request.target.expose());
    format!("{service:?} {method} {target} | {} | {}", headers.join(", "), request.body.as_deref().unwrap_or(""))
        .trim_end_matches([' ', '|'])
        .to_owned()
}

#[test]
fn requests_are_those_of_the_dossier() {
    let code = || ShareCode::new("CODE/1");
    let signed = "X-PiShock-Username: puppy, X-PiShock-Api-Key: 11111111-2222-3333-4444-555555555555";
    let (user, key, token) = (UserId(77), by_key(), by_token());
    for (request, expected) in [
        (
            GetUserIfApiKeyValid::new("a b", KEY).request(),
            format!("Auth GET /Auth/GetUserIfAPIKeyValid?apikey={KEY}&username=a%20b"),
        ),
        (
            GetUserDevices::new(user, &key).request(),
            format!("Ps GET /PiShock/GetUserDevices?UserId=77&Token={KEY}&api=true"),
        ),
        (
            GetUserDevices::new(UserId(1), &token).request(),
            "Ps GET /PiShock/GetUserDevices?UserId=77&Token=secret%2Ftoken".to_owned(),
        ),
        (
            GetShareCodesByOwner::new(user, &key).request(),
            format!("Ps GET /PiShock/GetShareCodesByOwner?UserId=77&Token={KEY}&api=true"),
        ),
        (
            GetShockersByShareIds::new(user, &key, [ShareId(1), ShareId(2)]).request(),
            format!("Ps GET /PiShock/GetShockersByShareIds?UserId=77&Token={KEY}&api=true&shareIds=1&shareIds=2"),
        ),
        (
            CreateShare::new(user, &key, ShockerId(321)).request(),
            format!("Ps POST /PiShock/CreateShare?UserId=77&Token={KEY}&api=true&ShockerId=321"),
        ),
        (GetAccount::new(by_key()).request(), format!("Api GET /Account | {signed}")),
        (
            GetAccount::new(by_token()).request(),
            "Api GET /Account | X-PiShock-UserId: 77, X-PiShock-Token: secret/token".to_owned(),
        ),
        (GetShockers::new(by_key()).request(), format!("Api GET /Shockers | {signed}")),
        (GetShared::new(by_key()).request(), format!("Api GET /Share/GetShared | {signed}")),
        (GetLinks::new(by_key()).request(), format!("Api GET /Links | {signed}")),
        (GetLink::new(LinkId::new("a-b")).request(), "Api GET /Links/a-b".to_owned()),
        (GetHealth::new().request(), "Api GET /Health".to_owned()),
        (GiveBackShare::new(by_key(), ShareId(5)).request(), format!("Api DELETE /Share/5 | {signed}")),
        (
            ClaimShares::new(by_key(), [code()]).unwrap().request(),
            format!(r#"Api PUT /Share | {signed}, Content-Type: application/json | {{"Shares":["CODE/1"]}}"#),
        ),
        (
            Operate::shocker(by_key(), ShockerId(321), operation(), "app").request(),
            format!(
                "Api POST /Shockers/321 | {signed}, Content-Type: application/json | {}",
                r#"{"AgentName":"app","Operation":1,"Duration":1000,"Intensity":20,"IntensityAsPercentage":false}"#
            ),
        ),
        (
            Operate::share(by_key(), code(), Operation::Beep(DurationMs::MIN), "app").request(),
            format!(
                "Api POST /Shockers/OperateByShare/CODE%2F1 | {signed}, Content-Type: application/json | {}",
                r#"{"AgentName":"app","Operation":2,"Duration":100,"Intensity":0,"IntensityAsPercentage":false}"#
            ),
        ),
    ] {
        assert_eq!(whole(&request), expected);
        for secret in [KEY, "secret/token", "secret%2Ftoken"] {
            assert!(!format!("{request} {request:?}").contains(secret), "{request}");
        }
    }
    let request = GetUserIfApiKeyValid::new("a", KEY).request();
    assert_eq!((request.service, request.method), (Service::Auth, Method::Get));
    assert_eq!(request.to_string(), "GET auth.pishock.com/Auth/GetUserIfAPIKeyValid?apikey=[redacted]&username=a");
}

#[test]
fn a_claim_has_one_to_twenty_codes() {
    let codes = |n| (0..n).map(|n| ShareCode::new(format!("C{n}")));
    assert!(ClaimShares::new(by_key(), codes(20)).is_ok());
    for n in [0, 21] {
        let error = ClaimShares::new(by_key(), codes(n)).unwrap_err().to_string();
        assert_eq!(error, format!("the number of share codes is {n}; it must be 1 to 20 in one call"));
    }
}

#[test]
fn each_status_means_what_the_dossier_says_for_its_call() {
    let operate = Operate::shocker(by_key(), ShockerId(1), operation(), "app");
    let share = Operate::share(by_key(), ShareCode::new("X"), operation(), "app");
    let claim = ClaimShares::new(by_key(), [ShareCode::new("X")]).unwrap();
    let refused = |answer: Result<(), HttpError>| match answer.unwrap_err() {
        HttpError::Refused { reason, .. } => reason,
        other => panic!("{other}"),
    };
    for (status, reason) in [
        (401, Reason::BadCredentials),
        (403, Reason::Forbidden),
        (404, Reason::UnknownShocker),
        (405, Reason::ModeNotAllowed),
        (406, Reason::NotV3),
        (410, Reason::Locked),
        (412, Reason::TooStrong),
        (416, Reason::TooLong),
        (503, Reason::Paused),
        (500, Reason::ServiceFailed),
        (302, Reason::Other),
        (429, Reason::Other),
    ] {
        assert_eq!(refused(operate.answer(status, b"")), reason);
        assert!(reason.status().is_none_or(|known| known == status));
    }
    assert_eq!(refused(share.answer(404, b"")), Reason::UnknownCode);
    for (status, reason) in [
        (404, Reason::UnknownCode),
        (410, Reason::AlreadyClaimed),
        (412, Reason::NoCode),
        (416, Reason::TooManyCodes),
        (503, Reason::ServiceFailed),
    ] {
        assert_eq!(refused(claim.answer(status, b"")), reason);
    }
    assert_eq!(refused(GiveBackShare::new(by_key(), ShareId(1)).answer(404, b"")), Reason::UnknownShare);
    for status in [200, 201, 204] {
        assert_eq!((operate.answer(status, b""), claim.answer(status, b"")), (Ok(()), Ok(())));
        assert_eq!(GetHealth::new().answer(status, b"ok"), Ok(()));
    }
    let error = operate.answer(406, b"").unwrap_err();
    assert_eq!(error.to_string(), "the hub is not a V3 hub (HTTP status 406)");
}

#[test]
fn a_success_with_nothing_in_it_is_a_bad_key() {
    let call = GetUserIfApiKeyValid::new("a", KEY);
    for (status, body) in [(204, ""), (200, ""), (200, " \n"), (200, "null"), (401, "{}"), (403, "no")] {
        let error = call.answer(status, body.as_bytes()).unwrap_err();
        let reason = if status == 403 { Reason::Forbidden } else { Reason::BadCredentials };
        assert_eq!(error, HttpError::Refused { status, reason });
    }
    // Any other call wants an answer.
    assert_eq!(GetShockers::new(by_key()).answer(200, b"").unwrap_err().to_string(), "the answer is empty");
}

#[test]
fn answers_are_read_generously() {
    let get = GetUserIfApiKeyValid::new("a", KEY);
    for body in [
        r#"{"UserId":77,"Username":"puppy"}"#,
        r#"{"username":"puppy","userId":"77","more":{"a":[1]}}"#,
        r#"{"ID":77.0,"USERNAME":"puppy","APIKeys":null}"#,
    ] {
        let user = get.answer(200, body.as_bytes()).unwrap();
        assert_eq!((user.id, user.username.as_deref(), user.api_keys), (UserId(77), Some("puppy"), None));
    }
    let devices = GetUserDevices::new(UserId(77), &by_key());
    let hubs = devices.answer(200, br#"[{"ClientId":"1","Shockers":[{"ShockerId":2,"IsPaused":"false"}]}]"#).unwrap();
    assert_eq!((hubs[0].id.0, hubs[0].shockers[0].id.0, hubs[0].shockers[0].paused), (1, 2, Some(false)));
    assert_eq!(devices.answer(200, b"[]").unwrap(), []);
    let shares = GetShareCodesByOwner::new(UserId(77), &by_key());
    assert_eq!(shares.answer(200, br#"{"friend":[1,2]}"#).unwrap()["friend"], [ShareId(1), ShareId(2)]);
}

#[test]
fn a_new_code_comes_in_three_forms() {
    let call = CreateShare::new(UserId(77), &by_key(), ShockerId(321));
    for body in ["\"ABC123\"", "ABC123\n", r#"{"Code":"ABC123"}"#, r#"{"id":1,"code":"ABC123"}"#] {
        assert_eq!(call.answer(200, body.as_bytes()).unwrap().as_str(), "ABC123");
    }
    for body in ["", "null", "<html>", "Not Authorized.", r#"{"id":1}"#, r#"{"Code":1}"#, "[]"] {
        assert!(!matches!(call.answer(200, body.as_bytes()), Ok(_) | Err(HttpError::Refused { .. })), "{body}");
    }
}

#[test]
fn what_is_no_answer_is_told_without_quoting_it() {
    let get = GetUserIfApiKeyValid::new("a", KEY);
    for (body, expected) in [
        ("<html>secret", "the answer is no JSON at line 1 column 1"),
        (r#"{"UserId":77"#, "the answer is no JSON at line 1 column 12"),
        ("\"secret\"", "the answer is not what this call brings: it must be an object at line 1 column 8"),
        ("[]", "the answer is not what this call brings: it must be an object at line 1 column 2"),
        (r#"{"Username":"secret"}"#, "the answer is not what this call brings: UserId is missing at line 1 column 21"),
        (
            r#"{"UserId":"secret"}"#,
            "the answer is not what this call brings: UserId must be a user's number at line 1 column 19",
        ),
        (
            r#"{"UserId":77,"APIKeys":["secret"]}"#,
            "the answer is not what this call brings: APIKeys must be an object at line 1 column 32",
        ),
        (
            r#"{"UserId":77,"APIKeys":{"secret":1}}"#,
            "the answer is not what this call brings: APIKeys must be an array at line 1 column 24",
        ),
    ] {
        assert_eq!(get.answer(200, body.as_bytes()).unwrap_err().to_string(), expected, "{body}");
    }
    assert!(matches!(get.answer(200, b"{\"\xff\":1}"), Err(HttpError::NotJson { .. })));
}

#[test]
fn private_things_are_not_printed() {
    let body = r#"{"UserId":77,"Username":"puppy","Password":"hidden","IPAddress":"hidden","Sessions":["hidden"],"Emails":["hidden"],"APIKeys":[{"APIKey":"hidden","Name":"my key"}]}"#;
    let user: User = serde_json::from_str(body).unwrap();
    let shown = format!("{user:?}");
    assert!(shown.contains("puppy") && shown.contains("my key") && !shown.contains("hidden"), "{shown}");
    assert_eq!(user.api_keys.unwrap()[0].key.as_ref().unwrap().expose(), "hidden");
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// The real service's members in its order, from the least that there can be.
#[test]
fn the_least_answer_has_every_member() {
    let user = User::new(UserId(77));
    assert_eq!(
        text(&user),
        r#"{"UserId":77,"Username":null,"LastLogin":null,"Password":null,"IPAddress":null,"Sessions":null,"Emails":null,"APIKeys":null,"OAuthLinks":null,"Images":null,"AccessPermissions":null}"#
    );
    assert_eq!(
        text(&Account::new(UserId(77))),
        r#"{"UserId":77,"Username":null,"Emails":[],"APIKeys":[],"Roles":[],"Images":[],"OAuthLinks":[]}"#
    );
    let mut hub = Hub::new(pishock_proto::HubId(1));
    hub.shockers.push(pishock_proto::http::HubShocker::new(ShockerId(2)));
    assert_eq!(
        text(&hub),
        r#"{"clientId":1,"name":null,"userId":null,"username":null,"shockers":[{"name":null,"shockerId":2,"isPaused":null}]}"#
    );
    assert_eq!(
        text(&PascalCase(&[hub])),
        r#"[{"ClientId":1,"Name":null,"UserId":null,"Username":null,"Shockers":[{"Name":null,"ShockerId":2,"IsPaused":null}]}]"#
    );
    let hub = pishock_proto::HubId(1);
    for (value, members) in [
        (text(&Shocker::new(hub, ShockerId(2))), 10),
        (text(&Share::new(ShareId(3), hub, ShockerId(2))), 12),
        (text(&SharedShocker::new(ShareId(3), hub, ShockerId(2))), 19),
        (text(&Link::new(LinkId::new("a"))), 17),
        (text(&OperateBody::default()), 5),
        (text(&ClaimBody::default()), 1),
    ] {
        let parsed: serde_json::Value = serde_json::from_str(&value).unwrap();
        assert_eq!(parsed.as_object().unwrap().len(), members, "{value}");
    }
}

#[test]
fn a_server_reads_what_was_sent() {
    let body: OperateBody =
        serde_json::from_str(r#"{"operation":"0","Duration":20000,"Intensity":500,"AgentName":null}"#).unwrap();
    assert_eq!((body.mode(), body.duration, body.intensity), (Some(Mode::Shock), Some(20_000), Some(500)));
    assert!(!OperateBody::DURATIONS.contains(&15) && OperateBody::DURATIONS.contains(&16));
    let claim: ClaimBody = serde_json::from_str(r#"{"shares":["A","B"]}"#).unwrap();
    assert_eq!(claim.shares, [ShareCode::new("A"), ShareCode::new("B")]);
    let none: ClaimBody = serde_json::from_str("{}").unwrap();
    assert_eq!(none.shares, []);
}
