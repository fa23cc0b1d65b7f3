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
