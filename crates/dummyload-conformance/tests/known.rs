//! Lists of known failures, and what has changed from one report to another.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{answering, report, suite, target};
use dummyload_conformance::{Bar, Diff, Known, Report, RunOptions, Suite, TextOptions};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_tungstenite::tungstenite::Message;

const GOOD: &str = "[[step]]\nsend = '1'\n[[step]]\nexpect = '1'\n";
const BAD: &str = "[[step]]\nsend = '1'\n[[step]]\nexpect = '2'\n";
const SKIPPED: &str = "needs = [\"echo\"]\n[[step]]\nsend = '1'\n[[step]]\nexpect = '1'\n";

/// Judges the cases by the list.
async fn judged(server: &str, suite: &Suite, list: &str, bar: Bar) -> (Report, Known) {
    let mut options = RunOptions::default();
    (options.bar, options.known) = (bar, Known::parse("known.toml", list).unwrap());
    let (report, _) = report(suite, &target(server), &options).await;
    (report.listed(&options.known, suite), options.known)
}

fn verdicts(report: &Report) -> Vec<(String, String)> {
    let json = report.to_json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let cases = json["runs"][0]["cases"].as_array().unwrap();
    cases.iter().map(|case| (text(&case["id"]), text(&case["verdict"]))).collect()
}

fn shown(report: &Report) -> String {
    let mut out = Vec::new();
    report.write_text(&mut out, &TextOptions::default()).unwrap();
    anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string()
}

fn entry(id: &str, more: &str) -> String {
    format!("[[known]]\nid = \"{id}\"\nreason = \"it is so\"\n{more}\n")
}

#[tokio::test]
async fn what_is_listed_may_fail_and_what_is_not_may_not() {
    let server = answering(|text| vec![Message::text(text)]).await;
    let suite = suite(&[("bad/a", BAD), ("bad/b", BAD), ("good", GOOD)]);
    for bar in [Bar::Fail, Bar::Skip] {
        let (report, _) = judged(&server, &suite, &entry("room/bad/a", ""), bar).await;
        let [first, second, third] = &verdicts(&report)[..] else { panic!() };
        assert_eq!([&first.1, &second.1, &third.1], ["known", "fail", "pass"]);
        assert_eq!(report.exit_code(), 1);
        let (report, _) = judged(&server, &suite, &entry("room/bad", "link = \"https://example.org\""), bar).await;
        assert_eq!(report.exit_code(), 0);
        assert!(shown(&report).contains("3 cases: 1 passed, 2 known"), "{}", shown(&report));
    }
}

#[tokio::test]
async fn an_entry_that_is_not_so_any_more_is_told() {
    let server = answering(|text| vec![Message::text(text)]).await;
    let suite = suite(&[("good", GOOD), ("mixed/bad", BAD), ("mixed/good", GOOD), ("skipped", SKIPPED)]);
    let list = ["room/good", "room/mixed/*", "room/gone", "room/skipped"].map(|id| entry(id, "")).concat();
    let (report, known) = judged(&server, &suite, &list, Bar::Fail).await;
    assert_eq!(report.exit_code(), 5);
    let shown = shown(&report);
    let told: Vec<&str> = shown.lines().filter(|line| line.contains("stale")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
      stale room/good is listed, but it passes: take it off the list
      stale room/gone is listed, but there is no such case: take it off the list
    ");
    let rewritten = known.rewritten(&report);
    let (report, _) = judged(&server, &suite, &rewritten, Bar::Fail).await;
    assert_eq!(report.exit_code(), 0, "{rewritten}");
    assert!(report.to_tap().contains("not ok 2 - room/mixed/bad It answers # TODO it is so"), "{}", report.to_tap());
}

#[tokio::test]
async fn a_list_can_be_written() {
    let server = answering(|text| vec![Message::text(text)]).await;
    let suite = suite(&[("bad", BAD), ("flaky", BAD), ("good", GOOD)]);
    let (report, known) = judged(&server, &suite, &entry("room/*", "flaky = true"), Bar::Fail).await;
    assert_eq!(report.exit_code(), 1, "what never passes is not flaky");
    let list = known.rewritten(&report);
    insta::assert_snapshot!(list);
    let (report, known) = judged(&server, &suite, &list, Bar::Fail).await;
    assert_eq!(report.exit_code(), 0);
    assert_eq!(known.rewritten(&report), list, "what holds is left as it is");
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn what_is_flaky_is_played_again_until_it_passes() {
    // The third answer is right, and all after it.
    let server = answering(|text| {
        let right = ASKED.fetch_add(1, Ordering::Relaxed) >= 2;
        vec![Message::text(if right { text } else { "0" })]
    })
    .await;
    let suite = suite(&[("flaky", GOOD)]);
    let (report, known) = judged(&server, &suite, &entry("room/flaky", "flaky = true"), Bar::Skip).await;
    assert_eq!((report.exit_code(), verdicts(&report)[0].1.as_str()), (0, "flaky"));
    let json = report.to_json();
    let case = &json["runs"][0]["cases"][0];
    assert_eq!((&case["attempts"], &case["failure"]["received"]), (&3.into(), &"0".into()));
    assert!(shown(&report).contains("played 3 times, and passed the last time"), "{}", shown(&report));
    let (report, _) = judged(&server, &suite, &known.rewritten(&report), Bar::Skip).await;
    assert_eq!((report.exit_code(), verdicts(&report)[0].1.as_str()), (0, "pass"), "a flaky entry is not stale");
}

#[tokio::test]
async fn two_reports_are_compared_case_by_case() {
    let server = answering(|text| vec![Message::text(text)]).await;
    let before = suite(&[("a", GOOD), ("b", BAD), ("c", GOOD), ("d", GOOD), ("e", SKIPPED)]);
    let after = suite(&[("a", BAD), ("b", GOOD), ("c", GOOD), ("e", GOOD), ("f", GOOD)]);
    let (old, new) = (judged(&server, &before, "", Bar::Fail).await.0, judged(&server, &after, "", Bar::Fail).await.0);
    let diff = Diff::new(&old, &new);
    insta::assert_json_snapshot!(diff.to_json());
    assert!(Diff::new(&new, &new) == Diff::default());
}

/// What was not played may still be as it was.
#[tokio::test]
async fn an_entry_is_stale_only_if_all_that_it_covers_was_played() {
    let server = answering(|text| vec![Message::text(text.to_owned())]).await;
    let step = "[[step]]\nsend = '1'\n[[step]]\nexpect = '1'\n";
    let skipped = format!("needs = [\"echo\"]\n{step}");
    let suite = suite(&[("part/a", step), ("part/b", &skipped)]);
    let (report, _) = judged(&server, &suite, &entry("room/part", ""), Bar::Fail).await;
    assert_eq!(report.exit_code(), 0);
    let (report, _) = judged(&server, &suite, &entry("room/part/a", ""), Bar::Fail).await;
    assert_eq!(report.exit_code(), 5);
}
