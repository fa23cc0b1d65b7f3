//! What the lint finds in a suite that has one of every mistake.
#![allow(clippy::unwrap_used, clippy::panic)]

use dummyload_conformance::Suite;

const TARGET: &str = include_str!("fixtures/room/target.toml");

fn findings(sections: &str, cases: &[(&str, &str)]) -> String {
    let mut files = vec![
        ("room/target.toml".to_owned(), TARGET.to_owned()),
        ("room/sections.toml".to_owned(), sections.to_owned()),
    ];
    files.extend(cases.iter().map(|(name, text)| (format!("room/cases/{name}.toml"), (*text).to_owned())));
    let suite = Suite::load(files).unwrap_or_else(|errors| panic!("\n{errors}"));
    suite.lint().iter().map(|finding| format!("{finding}\n")).collect()
}

#[test]
fn every_mistake_is_found() {
    let sections = "
        [[section]]
        key = \"answers\"
        text = \"It answers.\"
        [[section]]
        key = \"forgotten\"
        text = \"Nobody tests this.\"
        [[section]]
        key = \"impossible\"
        text = \"Nobody can.\"
        no_case = \"out of sight\"
    ";
    let names = "
        title = \"Names\"
        level = \"must\"
        evidence = [\"seed\"]
        source = \"s\"
        spec = [\"room:answer\", \"hall:answers\", \"room:impossible\"]
        needs = [\"ecko\", \"control\"]
        [[conn]]
        name = \"main\"
        path = \"/${kez}\"
        [[step]]
        send = '{\"a\":\"${late}\"}'
        [[step]]
        expect = '{\"a\":\"$capture:late\",\"b\":\"$same:later\",\"c\":\"$same:late\"}'
        [[step]]
        expect = '[\"${late}\",\"${lamb}\"]'
    ";
    let judgement = "
        title = \"Judgement\"
        level = \"must\"
        evidence = [\"guess\"]
        spec = [\"room:answers\"]
        [[step]]
        send = '1'
        level = \"must\"
        evidence = [\"client\"]
        [[step]]
        all = [{ expect = '1', within = \"50ms\", level = \"should\", evidence = [\"guess\"] }]
    ";
    let nothing = "
        title = \"Names\"
        level = \"may\"
        evidence = [\"client\"]
        source = \"s\"
        [[step]]
        send = '{\"switch\":1}'
    ";
    let cases = [("a/names", names), ("a/judgement", judgement), ("b/nothing", nothing)];
    insta::assert_snapshot!(findings(sections, &cases));
}

#[test]
fn what_is_captured_can_be_used_in_what_is_opened_later() {
    let case = "
        title = \"Later\"
        level = \"must\"
        evidence = [\"seed\"]
        source = \"s\"
        spec = [\"room:answers\"]
        [[conn]]
        name = \"first\"
        [[conn]]
        name = \"second\"
        path = \"/${id}\"
        open = false
        [[step]]
        conn = \"first\"
        expect = '{\"id\":\"$capture:id\"}'
        [[step]]
        open = \"second\"
    ";
    assert_eq!(findings("[[section]]\nkey = \"answers\"\ntext = \"It answers.\"\n", &[("a", case)]), "");
}

#[test]
fn no_step_may_wait_longer_than_its_case() {
    let head =
        "title = \"Patience\"\nlevel = \"must\"\nevidence = [\"seed\"]\nsource = \"s\"\nspec = [\"room:answers\"]\n";
    let found = |steps: &str| {
        let sections = "[[section]]\nkey = \"answers\"\ntext = \"It answers.\"\n";
        findings(sections, &[("a", &format!("{head}{steps}"))])
    };
    let long = "[[step]]\nexpect = '1'\nwithin = \"35s\"\n";
    let late = "[[step]]\nquiet = \"28s\"\n[[step]]\npong = \"p\"\n";
    let told = "this may take 35s, but the case ends after 30s: its `budget` must be longer than 35s";
    assert_eq!(found(long), format!("room/cases/a.toml:6: {told}\n"));
    let told = "this may take 5s, but the case ends after 30s: its `budget` must be longer than 33s";
    assert_eq!(found(late), format!("room/cases/a.toml:8: {told}\n"));
    assert_eq!(found(&format!("budget = \"36s\"\n{long}")), "");
    assert_eq!(found(&format!("needs = [\"control\"]\n{long}")), "", "waiting costs no time there");
    assert_eq!(found(&"[[step]]\nexpect = '1'\n".repeat(9)), "", "whoever answers has time enough");
}
