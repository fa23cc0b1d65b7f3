//! Tokens and HTTP calls against a cloud made by hand, which answers what each test wants and remembers what it was asked.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use shelly_client::{
    Account, AccountError, Builder, Channel, ConnectError, DeviceId, Direction, FileStore, Grant, HostPolicy, Hosts,
    HttpError, Light, LimitError, Limits, MemoryStore, Move, Percent, Relay, Roller, RollerToPos, Shelly, StoreError,
    TokenError, TokenStore, Turn,
};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LAMP: &str = "84cca87c0144";
const GOOD: &str = r#"{"isok":true,"data":{"devices_status":{}}}"#;
const REJECTED: (u16, &str) = (401, r#"{"isok":false,"errors":{"invalid_token":"x"}}"#);
const BUSY: (u16, &str) = (401, r#"{"isok":false,"errors":{"max_req":"Request limit reached!"}}"#);
const UNEXPLAINED: (u16, &str) = (401, r#"{"isok":false,"errors":{}}"#);

/// A cloud that gives the answers it has been told, one after the other.
#[derive(Clone)]
struct Cloud {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
    /// What has this in it is rejected, whoever asks it when.
    stale: Arc<Mutex<Option<&'static str>>>,
}

impl Cloud {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let cloud = Self { base, asked: Arc::default(), answers: Arc::default(), stale: Arc::default() };
        let serving = cloud.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                serving.serve(socket).await;
            }
        });
        cloud
    }

    async fn serve(&self, mut socket: TcpStream) {
        let (mut text, mut part) = (Vec::new(), [0; 4096]);
        let request = loop {
            let read = socket.read(&mut part).await.unwrap();
            text.extend_from_slice(&part[..read]);
            let so_far = String::from_utf8_lossy(&text).into_owned();
            if let Some((head, body)) = so_far.split_once("\r\n\r\n") {
                let header = |name: &str| {
                    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
                    line.map(|line| line[name.len()..].trim().to_owned()).unwrap_or_default()
                };
                if body.len() >= header("content-length:").parse().unwrap_or(0) {
                    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
                    break format!("{line} {} {body}", header("authorization:")).trim().to_owned();
                }
            }
            assert!(read > 0, "half a request: {so_far}");
        };
        let stale = self.stale.lock().unwrap().is_some_and(|stale| request.contains(stale));
        self.asked.lock().unwrap().push(request);
        let next = match stale {
            true => Some((REJECTED.0, REJECTED.1.to_owned())),
            false => self.answers.lock().unwrap().pop_front(),
        };
        let (status, body) = next.unwrap_or_else(|| (200, GOOD.to_owned()));
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        socket.write_all(answer.as_bytes()).await.unwrap();
        let _ = socket.shutdown().await;
    }

    /// The next answers. When there are no more of them, everything is a success.
    fn will(&self, answers: impl IntoIterator<Item = (u16, impl Into<String>)>) {
        self.answers.lock().unwrap().extend(answers.into_iter().map(|(status, body)| (status, body.into())));
    }

    /// What it was asked since the last time.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn token(&self, name: &str) -> String {
        jwt(&self.base, "pwd", name)
    }

    /// An answer of the token endpoint.
    fn tokens(&self, name: &str) -> (u16, String) {
        (200, format!(r#"{{"access_token":"{}","expires_in":43200}}"#, self.token(name)))
    }

    fn grant(&self, name: &str) -> Grant {
        let mut grant = Grant::new("shelly-diy", self.token(name));
        grant.refresh_token = Some("secret-refresh".to_owned().into());
        grant.code = Some(jwt(&self.base, "shelly-diy", "code").into());
        grant
    }

    fn builder(&self) -> Builder {
        Shelly::builder().pin(HostPolicy::Any).spacing(Duration::ZERO)
    }

    async fn account(&self) -> Account {
        self.builder().grant(self.grant("old")).account().await.unwrap()
    }
}

fn jwt(server: &str, sub: &str, name: &str) -> String {
    let claims = format!(r#"{{"sub":"{sub}","user_id":"1","user_api_url":"{server}"}}"#);
    format!("e30.{}.secret-{name}", URL_SAFE_NO_PAD.encode(claims))
}

fn lamp() -> DeviceId {
    DeviceId::in_http(LAMP)
}

fn ends_with(asked: &[String], wanted: &[&str]) {
    assert_eq!(asked.len(), wanted.len(), "{asked:?}");
    for (asked, wanted) in asked.iter().zip(wanted) {
        assert!(asked.contains(wanted), "{asked} is not {wanted}");
    }
}

#[tokio::test]
async fn a_code_is_exchanged_where_it_says_and_kept() {
    let cloud = Cloud::start().await;
    let store = Arc::new(MemoryStore::new());
    let code = jwt(&cloud.base, "my-client", "code");
    let answer = r#"{"access_token":"TOKEN","token_type":"bearer","expires_in":43200,"refresh_token":"secret-r"}"#;
    cloud.will([(200, answer.replace("TOKEN", &cloud.token("first")))]);
    let account = cloud.builder().store(Shared(Arc::clone(&store))).exchange_code(code.clone()).await.unwrap();
    let form = format!("POST /oauth/auth  client_id=my-client&grant_type=code&code={code}");
    assert_eq!(cloud.asked(), [form]);
    let kept = store.load().unwrap().unwrap();
    assert_eq!(kept.refresh_token.unwrap().expose(), "secret-r");
    assert_eq!(kept.code.unwrap().expose(), &code);
    assert!(kept.expires_at.is_some());
    account.all_status().await.unwrap();
    let asked = cloud.asked().remove(0);
    let wanted = format!("GET /device/all_status?show_info=true&no_shared=true Bearer {}", cloud.token("first"));
    assert_eq!(asked, wanted);
    // A code that is not taken.
    cloud.will([(401, r#"{"isok":false,"errors":{"invalid_code":"x"}}"#)]);
    let refused = cloud.builder().exchange_code(code).await.unwrap_err();
    assert!(refused.to_string().contains("invalid_code"), "{refused}");
}

/// A store that a test can look into.
#[derive(Clone, Debug)]
struct Shared(Arc<MemoryStore>);

impl TokenStore for Shared {
    fn load(&self) -> Result<Option<Grant>, StoreError> {
        self.0.load()
    }
    fn save(&self, grant: &Grant) -> Result<(), StoreError> {
        self.0.save(grant)
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_replaced_once_for_all_who_wait() {
    let cloud = Cloud::start().await;
    let account = cloud.account().await;
    *cloud.stale.lock().unwrap() = Some("secret-old");
    cloud.will([cloud.tokens("new")]);
    let results = join_all((0..5).map(|_| account.all_status())).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let asked = cloud.asked();
    let count = |wanted: &str| asked.iter().filter(|asked| asked.contains(wanted)).count();
    assert_eq!((count("secret-refresh"), count("secret-new")), (1, 5), "{asked:?}");
}

#[tokio::test]
async fn the_refresh_token_comes_first_then_the_code_then_a_login() {
    let cloud = Cloud::start().await;
    let account = cloud.account().await;
    cloud.will([REJECTED]);
    cloud.will([cloud.tokens("two")]);
    account.all_status().await.unwrap();
    ends_with(&cloud.asked(), &["secret-old", "grant_type=refresh_token&refresh_token=secret-refresh", "secret-two"]);
    // The refresh token was not in the answer, so the old one is still good; and when it is not, the code is.
    cloud.will([REJECTED, REJECTED]);
    cloud.will([cloud.tokens("three")]);
    account.all_status().await.unwrap();
    ends_with(&cloud.asked(), &["secret-two", "secret-refresh", "grant_type=code", "secret-three"]);
    cloud.will([REJECTED, REJECTED, REJECTED]);
    assert_eq!(account.all_status().await, Err(AccountError::LogInAgain));
    ends_with(&cloud.asked(), &["secret-three", "secret-refresh", "grant_type=code"]);
    // A token alone has nothing to be replaced with.
    let bare = cloud.builder().access_token(cloud.token("bare")).account().await.unwrap();
    cloud.will([REJECTED]);
    assert_eq!(bare.all_status().await, Err(AccountError::LogInAgain));
}

#[tokio::test]
async fn limits_and_failures_of_the_cloud_cost_no_token() {
    let cloud = Cloud::start().await;
    let account = cloud.account().await;
    for (answer, limited) in [(BUSY, true), ((429, ""), true), ((503, "<html>"), false)] {
        cloud.will([answer]);
        let error = account.all_status().await.unwrap_err();
        assert_eq!(error == AccountError::RateLimited, limited, "{error}");
        // At the token endpoint too.
        cloud.will([REJECTED, answer]);
        let error = account.all_status().await.unwrap_err();
        assert_eq!(error == AccountError::RateLimited, limited, "{error}");
    }
    cloud.asked();
    account.all_status().await.unwrap();
    ends_with(&cloud.asked(), &["secret-old"]);
    // Without a reason it counts for nothing, unless it persists.
    for _ in 0..2 {
        cloud.will([REJECTED, UNEXPLAINED]);
        let error = account.all_status().await.unwrap_err();
        assert!(matches!(error, AccountError::Service(HttpError::Unexplained { .. })), "{error}");
    }
    cloud.will([REJECTED, UNEXPLAINED]);
    assert_eq!(account.all_status().await, Err(AccountError::LogInAgain));
}

#[tokio::test]
async fn a_token_near_its_end_is_replaced_before_it_is_used() {
    let cloud = Cloud::start().await;
    let mut grant = cloud.grant("old");
    grant.expires_at = Some(0);
    let account = cloud.builder().grant(grant.clone()).account().await.unwrap();
    cloud.will([cloud.tokens("new")]);
    account.all_status().await.unwrap();
    ends_with(&cloud.asked(), &["secret-refresh", "secret-new"]);
    // If that fails for now, the old one is used as long as it lives, and no longer.
    let account = cloud.builder().grant(grant.clone()).account().await.unwrap();
    cloud.will([BUSY]);
    assert_eq!(account.all_status().await, Err(AccountError::RateLimited));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    grant.expires_at = Some(now + 29);
    let account = cloud.builder().grant(grant).account().await.unwrap();
    cloud.asked();
    cloud.will([BUSY]);
    account.all_status().await.unwrap();
    ends_with(&cloud.asked(), &["secret-refresh", "secret-old"]);
}

#[tokio::test]
async fn tokens_go_only_where_they_may() {
    let cloud = Cloud::start().await;
    let pinned = Shelly::builder().spacing(Duration::ZERO);
    let foreign = |error: ConnectError| {
        assert!(matches!(error, ConnectError::Account(AccountError::Token(TokenError::Server(_)))), "{error}");
    };
    foreign(pinned.clone().grant(cloud.grant("old")).account().await.unwrap_err());
    foreign(pinned.exchange_code(jwt(&cloud.base, "c", "code")).await.map(drop).unwrap_err());
    foreign(pinned.exchange_code(jwt("https://shelly.cloud.example.com", "c", "code")).await.map(drop).unwrap_err());
    assert_eq!(cloud.asked(), [""; 0]);
    // A server that was named by the program needs no leave, and tokens do not lead away from it.
    let named = Hosts::by_token().account(&cloud.base);
    let mut grant = cloud.grant("old");
    grant.access_token = jwt("https://example.com", "pwd", "elsewhere").into();
    let account = pinned.clone().hosts(named).grant(grant.clone()).account().await.unwrap();
    account.all_status().await.unwrap();
    ends_with(&cloud.asked(), &["secret-elsewhere"]);
    // A new token that leads elsewhere is not used.
    let account = cloud.account().await;
    cloud.will([REJECTED]);
    cloud.will([(200, format!(r#"{{"access_token":"{}"}}"#, jwt("ftp://x", "pwd", "bad")))]);
    assert!(matches!(account.all_status().await, Err(AccountError::Token(_))));
    // Nothing at all is named.
    assert_eq!(pinned.login("http://127.0.0.1:1/").map(drop).unwrap_err(), ConnectError::NoPage);
    assert_eq!(pinned.log_in("a@b", "c").await.map(drop).unwrap_err(), ConnectError::NoApi);
    assert_eq!(pinned.connect().await.map(drop).unwrap_err(), ConnectError::NotLoggedIn);
    let no_address = pinned.hosts(Hosts::at("no address")).grant(grant);
    assert!(matches!(no_address.connect().await, Err(ConnectError::Account(AccountError::Address(_)))));
}

#[tokio::test]
async fn a_login_takes_back_only_its_own_callback() {
    let cloud = Cloud::start().await;
    let address = cloud.base.strip_prefix("http://").unwrap();
    let builder = cloud.builder().hosts(Hosts::at(address));
    let login = builder.login("http://127.0.0.1:9/cb?x=1").unwrap();
    let (page, query) = login.url().split_once('?').unwrap();
    assert_eq!(page, format!("{}/oauth_login.html", cloud.base));
    let state = query.rsplit_once("state=").unwrap().1.to_owned();
    assert!(state.len() == 32 && query.starts_with("client_id=shelly-diy&redirect_uri=http%3A%2F%2F127"), "{query}");
    let code = jwt(&cloud.base, "shelly-diy", "code");
    for (callback, error) in [
        (format!("/cb?x=1&state=other&code={code}"), ConnectError::ForeignCallback),
        (format!("/cb?code={code}"), ConnectError::ForeignCallback),
    ] {
        assert_eq!(login.finish(&callback).await.map(drop).unwrap_err(), error);
    }
    assert!(matches!(login.finish("http://127.0.0.1:9/cb").await, Err(ConnectError::Callback(_))));
    assert_eq!(cloud.asked(), [""; 0]);
    cloud.will([cloud.tokens("new")]);
    login.finish(&format!(" http://127.0.0.1:9/cb?x=1&state={state}&code={code}\n")).await.unwrap();
    ends_with(&cloud.asked(), &["grant_type=code"]);
    // With a password.
    cloud.will([(200, format!(r#"{{"isok":true,"data":{{"code":"{code}"}}}}"#)), cloud.tokens("new")]);
    builder.log_in("demo@example.com", "abc").await.unwrap();
    let hash = "a9993e364706816aba3e25717850c26c9cd0d89d";
    let form = format!("POST /oauth/login  email=demo%40example.com&password={hash}&client_id=shelly-diy");
    ends_with(&cloud.asked(), &[&form, "grant_type=code"]);
    cloud.will([(200, r#"{"isok":false,"errors":{"wrong_credentials":"no"}}"#)]);
    let refused = builder.log_in("demo@example.com", "abc").await.unwrap_err();
    assert!(refused.to_string().contains("wrong_credentials"), "{refused}");
}

#[tokio::test]
async fn commands_are_sent_once_by_both_versions_and_within_the_limits() {
    let cloud = Cloud::start().await;
    let limits = Limits::default().only_devices([lamp()]);
    let account = cloud.builder().grant(cloud.grant("old")).limits(limits).account().await.unwrap();
    let (lamp, other, first) = (lamp(), DeviceId::in_http("b923fa"), Channel(0));
    let half = Percent::new(50).unwrap();
    account.relay(&lamp, Relay::new(first, Turn::On).timeout(5)).await.unwrap();
    account.light(&lamp, Light::new(first).brightness(half)).await.unwrap();
    account.roller(&lamp, first, Direction::Down).await.unwrap();
    account.roller_to(&lamp, first, half).await.unwrap();
    account.stop_roller(&other, first).await.unwrap();
    account.set_switch(&lamp, first, true, Some(3)).await.unwrap();
    account.set_cover(&lamp, Roller::go_for(first, Direction::Up, 7)).await.unwrap();
    account.set_cover_to(&lamp, RollerToPos::slats(first, Move::To(half))).await.unwrap();
    account.set_light(&lamp, Light::new(first).turn(Turn::Off)).await.unwrap();
    ends_with(
        &cloud.asked(),
        &[
            "id=84cca87c0144&channel=0&turn=on&timer=5",
            "id=84cca87c0144&channel=0&brightness=50",
            "id=84cca87c0144&channel=0&direction=close",
            "id=84cca87c0144&channel=0&pos=50",
            "id=b923fa&channel=0&direction=stop",
            r#"{"id":"84cca87c0144","channel":0,"on":true,"toggle_after":3}"#,
            r#"{"id":"84cca87c0144","channel":0,"position":"open","duration":7}"#,
            r#"{"id":"84cca87c0144","channel":0,"slatPosition":50}"#,
            r#"{"id":"84cca87c0144","channel":0,"on":false}"#,
        ],
    );
    let on = Relay::new(first, Turn::On);
    let limit = Err(AccountError::Limit(LimitError::Device(other.clone())));
    assert_eq!(account.relay(&other, on).await, limit);
    assert_eq!(account.set_switch(&other, first, true, None).await, limit);
    let toggle = account.set_light(&lamp, Light::new(first).turn(Turn::Toggle)).await;
    assert!(matches!(toggle, Err(AccountError::Command(_))));
    assert_eq!(cloud.asked(), [""; 0]);
    // A refusal has the status of a success; and a command whose token was not taken is not made again by itself.
    cloud.will([(200, r#"{"isok":false,"errors":{"device_offline":"x"}}"#)]);
    assert_eq!(account.relay(&lamp, on).await, Err(AccountError::Service(HttpError::DeviceOffline)));
    cloud.will([REJECTED]);
    cloud.will([cloud.tokens("new")]);
    let rejected = account.relay(&lamp, on).await;
    assert!(matches!(rejected, Err(AccountError::Service(HttpError::TokenRejected { .. }))));
    account.relay(&lamp, on).await.unwrap();
    ends_with(&cloud.asked(), &["turn=on", "secret-old", "secret-refresh", "secret-new"]);
}

#[tokio::test]
async fn what_is_asked_for_is_read() {
    let cloud = Cloud::start().await;
    let account = cloud.account().await;
    cloud.will([
        (200, r#"{"isok":true,"data":{"devices":{"84cca87c0144":{"id":"84cca87c0144","name":"Lamp","gen":2}}}}"#),
        (200, r#"{"isok":true,"data":{"online":1,"device_status":{"switch:0":{"output":true}}}}"#),
        (200, r#"[{"id":"84cca87c0144","code":"X","gen":"G2","online":1,"status":{}}]"#),
    ]);
    assert_eq!(account.devices().await.unwrap().devices[0].name.as_deref(), Some("Lamp"));
    assert_eq!(account.status(&lamp()).await.unwrap().online, Some(true));
    assert_eq!(account.get(&[lamp()]).await.unwrap()[0].id, lamp());
    account.all_status_with_shared().await.unwrap();
    ends_with(
        &cloud.asked(),
        &[
            "GET /interface/device/list Bearer",
            "POST /device/status Bearer",
            r#"{"ids":["84cca87c0144"],"select":["status","settings"]}"#,
            "GET /device/all_status?show_info=true Bearer",
        ],
    );
    assert!(matches!(account.get(&[]).await, Err(AccountError::Number(_))));
    cloud.will([(200, "<html>")]);
    assert!(matches!(account.devices().await, Err(AccountError::Service(HttpError::NotJson { .. }))));
}

#[tokio::test]
async fn requests_keep_their_distance() {
    let cloud = Cloud::start().await;
    let slow = cloud.builder().grant(cloud.grant("slow")).spacing(Duration::from_secs(3600)).account().await.unwrap();
    slow.all_status().await.unwrap();
    let quick = cloud.account().await;
    let again = slow.clone();
    tokio::select! {
        early = again.all_status() => panic!("{early:?}"),
        others = quick.all_status() => drop(others.unwrap()),
    }
    ends_with(&cloud.asked(), &["secret-slow", "secret-old"]);
}

#[tokio::test]
async fn tokens_in_a_file_serve_the_next_run() {
    let cloud = Cloud::start().await;
    let path = std::env::temp_dir().join(format!("shelly-client-http-{}.json", std::process::id()));
    let builder = cloud.builder().token_file(&path);
    cloud.will([cloud.tokens("new")]);
    builder.exchange_code(jwt(&cloud.base, "shelly-diy", "code")).await.unwrap();
    cloud.asked();
    let next = cloud.builder().store(FileStore::new(&path)).account().await.unwrap();
    next.all_status().await.unwrap();
    ends_with(&cloud.asked(), &["secret-new"]);
    // What a refresh brings is in the file too.
    cloud.will([REJECTED]);
    cloud.will([cloud.tokens("newer")]);
    next.all_status().await.unwrap();
    let kept = FileStore::new(&path).load().unwrap().unwrap();
    assert_eq!(kept.access_token.expose(), &cloud.token("newer"));
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn no_secret_is_shown() {
    let cloud = Cloud::start().await;
    let builder = cloud.builder().grant(cloud.grant("old")).hosts(Hosts::at(&cloud.base));
    let account = builder.account().await.unwrap();
    let login = builder.login("http://127.0.0.1:9/").unwrap();
    cloud.will([REJECTED, REJECTED, REJECTED]);
    let error = account.all_status().await.unwrap_err();
    let gone = Hosts::at("127.0.0.1:1");
    let gone = builder.clone().hosts(gone).account().await.unwrap().all_status().await.unwrap_err();
    let code = builder.exchange_code("e30.secret-.secret-").await.unwrap_err();
    for shown in
        [format!("{builder:?} {account:?} {login:?}"), format!("{error} {error:?} {gone} {gone:?} {code} {code:?}")]
    {
        assert!(!shown.contains("secret-"), "{shown}");
    }
}
