//! The reports of a run with many verdicts in it, and no secret in any of them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/schema.rs"]
mod schema;

use common::{answering, report, steady, suite, target};
use dummyload_conformance::{Bar, Report, RunOptions, Suite, Target, TextOptions};
use proptest::prelude::*;
use tokio_tungstenite::tungstenite::Message;

const STEPS: &str = "[[step]]\nsend = '{\"key\":\"${key|json}\"}'\n[[step]]\n";

async fn everything(bar: Bar) -> Report {
    let server = answering(|text| vec![Message::text(text)]).await;
    let good = format!("{STEPS}expect = '{{\"key\":\"${{key}}\"}}'\n");
    let bad =
        format!("tags = [\"smoke\"]\n{STEPS}expect = '{{\"key\":\"$int\",\"more\":1}}'\nnote = \"It is a number.\"\n");
    let weak = format!("{STEPS}expect = '{{\"key\":1}}'\nlevel = \"should\"\n");
    let guess = format!("{STEPS}expect = '1'\nlevel = \"may\"\nevidence = [\"guess\"]\nsource = \"nowhere\"\n");
    let skipped = format!("needs = [\"echo\"]\n{good}");
    let either = [("as-documented", "1"), ("as-seen", "\"$string\"")]
        .map(|(name, key)| format!("{{ name = \"{name}\", expect = '{{\"key\":{key}}}' }}"));
    let either = format!("{STEPS}any_of = [{}]\n", either.join(", "));
    let broken = "[[step]]\nsend = '[${key}]'\n[[step]]\nexpect = '[]'\n";
    let cases = [
        ("a/good", good.as_str()),
        ("a/bad", &bad),
        ("a/weak", &weak),
        ("b/guess", &guess),
        ("b/either", &either),
        ("b/skipped", &skipped),
        ("b/broken", broken),
    ];
    let mut options = RunOptions::default();
    options.bar = bar;
    report(&suite(&cases), &target(&server), &options).await.0
}

fn text(report: &Report, verbosity: u8) -> String {
    let mut out = Vec::new();
    let mut options = TextOptions::default();
    options.verbosity = verbosity;
    options.again = "dummyload conformance --server ws://127.0.0.1:9 --protocol room".into();
    report.write_text(&mut out, &options).unwrap();
    anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string()
}

#[tokio::test]
async fn people_see_what_is_not_good() {
    insta::assert_snapshot!(steady(&text(&everything(Bar::Fail).await, 0)));
}

#[tokio::test]
async fn programs_see_everything() {
    let mut json = everything(Bar::Fail).await.to_json();
    steady_json(&mut json);
    insta::assert_json_snapshot!(json);
}

#[tokio::test]
async fn the_schema_says_all_that_is_in_a_report() {
    let validate = schema::validator(include_str!("../../../docs/schemas/conformance-report.schema.json"));
    for bar in [Bar::Fail, Bar::Skip] {
        let json = everything(bar).await.to_json();
        validate(&json).unwrap_or_else(|e| panic!("{e}"));
    }
}

#[tokio::test]
async fn what_is_written_as_json_can_be_read() {
    let report = everything(Bar::Fail).await.again("dummyload conformance");
    let read = Report::from_json(&report.to_json().to_string()).unwrap();
    assert_eq!(read.to_json(), report.to_json());
    assert_eq!(text(&read, 2), text(&report, 2));
    assert_eq!(read.to_html(), report.to_html());
    let other = report.to_json().to_string().replacen("\"version\":1", "\"version\":2", 1);
    assert!(Report::from_json(&other).unwrap_err().contains("version 2"), "{other}");
    assert!(Report::from_json("[]").unwrap_err().contains("no report"));
}

#[tokio::test]
async fn harnesses_and_ci_pages_see_what_is_not_good() {
    let steady = |text: String| {
        let parts: Vec<&str> = text.split("ws://127.0.0.1:").collect();
        let cut = |part: &&str| part.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
        parts[0].to_owned() + &parts[1..].iter().map(|part| format!("ws://ADDRESS{}", cut(part))).collect::<String>()
    };
    let report = everything(Bar::Fail).await.again("dummyload conformance");
    insta::assert_snapshot!("tap", steady(report.to_tap()));
    insta::assert_snapshot!("markdown", steady(report.to_markdown()));
}

/// Where documents and servers differ, it matters which of both was seen, also when either is fine.
#[tokio::test]
async fn every_report_names_the_outcome_that_was_seen() {
    let report = everything(Bar::Fail).await;
    let (json, junit) = (report.to_json().to_string(), report.to_junit().unwrap());
    for shown in [text(&report, 1), json, junit, report.to_tap(), report.to_markdown(), report.to_html()] {
        assert!(shown.contains("as-seen") && !shown.contains("as-documented"), "{shown}");
    }
}

#[tokio::test]
async fn the_page_is_one_file_that_runs_nothing_but_its_own() {
    let page = everything(Bar::Fail).await.to_html();
    let (_, policy) = page.split_once("http-equiv=\"Content-Security-Policy\" content=\"").unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    let data = page.split("<script type=\"application/json\" id=\"report\">").nth(1).unwrap();
    let data = data.split("</script>").next().unwrap();
    assert!(!data.contains('<') && serde_json::from_str::<serde_json::Value>(data).is_ok());
    for outside in ["src=", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML"] {
        assert!(!page.replace(data, "").contains(outside), "{outside}");
    }
}

/// Times and addresses replaced.
fn steady_json(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "duration_ms" | "after_ms" | "t" => *member = 0.into(),
                    "suite" => *member = "VERSION".into(),
                    "target" => *member = "ws://ADDRESS".into(),
                    "started" => *member = "TIME".into(),
                    _ => steady_json(member),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(steady_json),
        serde_json::Value::String(text) if text.contains("127.0.0.1:") => {
            let end = text.find("/room").unwrap_or(text.len());
            text.replace_range(..end, "ws://ADDRESS");
        }
        _ => {}
    }
}

#[tokio::test]
async fn junit_tells_failures_errors_and_skips() {
    for bar in [Bar::Fail, Bar::Skip] {
        let xml = everything(bar).await.to_junit().unwrap();
        // Times and ids of the run differ each time.
        let lines: Vec<String> =
            xml.lines().map(|line| without(line, &[" time=\"", " uuid=\"", " timestamp=\""])).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}

fn without(line: &str, attributes: &[&str]) -> String {
    let mut line = line.to_owned();
    for attribute in attributes {
        if let Some(at) = line.find(attribute) {
            let value = at + attribute.len();
            let end = line[value..].find('"').map_or(line.len(), |end| value + end + 1);
            line.replace_range(at..end, "");
        }
    }
    line
}

#[tokio::test]
async fn exit_codes_say_what_happened() {
    assert_eq!(everything(Bar::Fail).await.exit_code(), 6);
    assert_eq!(Report::new(Vec::new(), Bar::Fail).exit_code(), 4);
}

/// What is green with nothing behind it must not look like a result.
#[tokio::test]
async fn what_was_skipped_is_told_loudly() {
    let server = answering(|text| vec![Message::text(text)]).await;
    let case = |level: &str, rest: &str| {
        let head = format!("title = \"t\"\nlevel = \"{level}\"\nevidence = [\"seed\"]\nspec = [\"room:answers\"]\n");
        format!("{head}{rest}[[step]]\nsend = '1'\n[[step]]\nexpect = '1'\n")
    };
    let open = "[[conn]]\nname = \"main\"\nprofile = \"open\"\n";
    let wants = "[[step]]\nhttp = { service = \"desk\", path = \"/${lamp}/${me}/${key}\" }\n";
    let skipped = [
        ("wants", case("must", &format!("needs = [\"echo\", \"control\"]\n{wants}"))),
        ("acts", case("must", "hazard = \"physical\"\n")),
    ];
    let judge = async |cases: &[(&str, String)]| {
        let files = cases.iter().map(|(name, text)| (format!("room/cases/{name}.toml"), text.as_str()));
        let target = ("room/target.toml".to_owned(), include_str!("fixtures/room/target.toml"));
        let suite = Suite::load(files.chain([target])).unwrap();
        let target = Target::new(&format!("ws://{server}")).unwrap();
        report(&suite, &target, &RunOptions::default()).await.0
    };
    let both = |case: String| [&skipped[..], &[("played", case)]].concat();
    let green = judge(&both(case("must", open))).await;
    insta::assert_snapshot!(steady(&text(&green, 0)));
    assert_eq!(green.exit_code(), 0);
    let light = judge(&both(case("may", open))).await;
    assert_eq!(light.exit_code(), 4);
    assert!(text(&light, 0).contains("NOTHING RUN THAT CAN FAIL  (exit 4)"), "{}", text(&light, 0));
    let chosen = judge(&[("played", case("may", open))]).await;
    assert_eq!(chosen.exit_code(), 0, "whoever chooses remarks gets remarks");
}

/// Runs a case that sends the secret in every way and captures another one.
async fn leak(suite: &Suite, target: &Target) -> String {
    let (report, _) = report(suite, target, &RunOptions::default()).await;
    let others = [report.to_json().to_string(), report.to_junit().unwrap(), report.to_tap(), report.to_markdown()];
    format!("{}\n{}\n{}", text(&report, 2), others.join("\n"), report.to_html())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn no_report_holds_a_secret(secret in r#"[A-Za-z0-9 +/"\\é😀&=%-]{12,24}"#) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let shown = runtime.block_on(async {
            let server = answering(|text| vec![Message::text(text)]).await;
            let steps = r#"
                [[step]]
                send = '{"a":"${key|json}","b":"${key|query}","c":"{\"d\":\"${key|query}\"}"}'
                [[step]]
                expect = '{"a":"$capture:token"}'
                [[step]]
                send = '{"t":"${token|json}"}'
                [[step]]
                expect = '{"t":"${token}x","u":"${key}"}'
            "#;
            let target = Target::new(&format!("ws://{server}")).unwrap().variable("key", secret.as_str());
            leak(&suite(&[("a/leak", steps)]), &target).await
        });
        let escaped = serde_json::Value::from(secret.as_str()).to_string();
        let twice = serde_json::Value::from(escaped.as_str()).to_string();
        for form in [secret.as_str(), escaped.trim_matches('"'), twice.trim_matches(['"', '\\'])] {
            prop_assert!(!shown.contains(form), "{form} in {shown}");
        }
        prop_assert!(shown.contains("[redacted]"));
    }
}
