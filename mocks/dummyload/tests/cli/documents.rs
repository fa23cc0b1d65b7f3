//! What the documents say about the control plane, tried out.

use crate::serve::Running;
use serde_json::Value;
use tungstenite::Message;

const CONTROL_PLANE: &str = include_str!("../../../../docs/control-plane.md");

/// A `curl` of the page: method, path with query, body.
fn call(line: &str) -> Option<(&str, String, &str)> {
    let (rest, body) = line.strip_prefix("curl ")?.split_once(" -d ").unwrap_or((line.strip_prefix("curl ")?, ""));
    let (method, url) = match rest.strip_prefix("-X ") {
        Some(rest) => rest.split_once(' ')?,
        None => ("GET", rest),
    };
    Some((method, url.trim_matches('"').strip_prefix("$MOCK")?.to_owned(), body.trim_matches('\'')))
}

#[test]
fn every_example_of_the_control_plane_works() {
    let running = Running::start(&["pishock", "--port", "0"]);
    let sockets = [running.connect(running.ws()).unwrap(), running.connect(running.ws()).unwrap()];
    let [mut first, _second] = sockets;
    first.send(Message::text("{\"Operation\":\"PING\"}")).unwrap();
    first.read().unwrap();
    let examples: Vec<_> = CONTROL_PLANE
        .split("```")
        .filter_map(|block| block.strip_prefix("sh\n"))
        .flat_map(str::lines)
        .map(|line| call(line).unwrap_or_else(|| panic!("this test does not understand {line:?}")))
        .collect();
    assert!(examples.len() > 30, "{}", examples.len());
    for (method, path, body) in examples {
        let (status, answer) = running.control(method, &path, "", body);
        assert_eq!(status, 200, "{method} {path} {body}: {answer}");
    }
    drop(first);
    assert_eq!(running.ended(), 0, "the last example ends it");
}

#[test]
fn the_page_has_all_routes_and_no_others() {
    let running = Running::start(&["pishock", "--port", "0"]);
    let (_, index) = running.control("GET", "", "", "");
    let index: Value = serde_json::from_str(&index).unwrap();
    let mut routes: Vec<_> = index["routes"].as_object().unwrap().keys().cloned().collect();
    routes.push("GET /__mock".to_owned());
    let mut documented: Vec<_> = CONTROL_PLANE
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(route, _)| route.replace("\\|", "|"))
        .filter(|route| route.contains(" /__mock"))
        .collect();
    routes.sort();
    documented.sort();
    assert_eq!(documented, routes);
}
