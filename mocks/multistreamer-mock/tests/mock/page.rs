//! The pages for people with a browser.

use crate::kit::{get, start, start_option};

#[tokio::test]
async fn the_chat_is_a_page_that_fetches_nothing_from_elsewhere() {
    let mock = start().await;
    let page = get(&mock, "/stream/21/chat").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'; img-src data:; script-src 'self'; style-src 'self'; connect-src 'self'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(
        !page.body.contains("style=") && !page.body.contains("onclick") && !page.body.contains("http:"),
        "{}",
        page.body
    );
    for (name, kind) in [("chat.js", "text/javascript; charset=utf-8"), ("chat.css", "text/css; charset=utf-8")] {
        assert!(page.body.contains(&format!("/static/{name}")), "{}", page.body);
        let asset = get(&mock, &format!("/static/{name}")).await;
        assert_eq!((asset.status, asset.header("content-type")), (200, Some(kind)));
        assert!(!asset.body.contains("innerHTML") && !asset.body.contains("://e"), "{name}");
    }
    assert_eq!(get(&mock, "/stream/99/chat").await.status, 500);
}

#[tokio::test]
async fn the_first_page_leads_to_the_chats_and_tells_no_secret() {
    let mock = start_option(|options| options.http_prefix = "/p".into()).await;
    for path in ["/p/", "/p"] {
        let page = get(&mock, path).await;
        assert!(page.body.contains("<a href=\"/p/stream/21/chat\">Awesome</a> of john"), "{}", page.body);
        assert!(!page.body.contains(&crate::kit::token("john")));
    }
    assert!(get(&mock, "/p/stream/21/chat").await.body.contains("src=\"/p/static/chat.js\""));
    let login = get(&mock, "/p/login").await;
    assert!(login.body.contains("<form method=\"post\" action=\"/p/login\">"), "{}", login.body);
}

#[tokio::test]
async fn names_are_escaped() {
    let mock = crate::kit::start_with(|world| world.streams[0].name = "<script>&\"".into()).await;
    for path in ["/", "/stream/21/chat"] {
        let page = get(&mock, path).await;
        assert!(page.body.contains("&lt;script&gt;&amp;&quot;") && !page.body.contains("<script>"), "{}", page.body);
    }
}
