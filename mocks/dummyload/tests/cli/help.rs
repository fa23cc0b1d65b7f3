use crate::{complaint, output, text};

#[track_caller]
fn shown(args: &[&str]) -> String {
    let output = output(args);
    assert_eq!(output.status.code(), Some(0));
    text(&output.stdout).to_owned()
}

#[test]
fn help_says_what_there_is() {
    insta::assert_snapshot!("help", shown(&["--help"]));
    insta::assert_snapshot!("help_serve", shown(&["serve", "--help"]));
    insta::assert_snapshot!("help_world", shown(&["world", "--help"]));
    insta::assert_snapshot!("help_conformance", shown(&["conformance", "--help"]));
    insta::assert_snapshot!("help_conformance_list", shown(&["conformance", "list", "--help"]));
    insta::assert_snapshot!("help_lint", shown(&["lint", "--help"]));
    insta::assert_snapshot!("help_replay", shown(&["replay", "--help"]));
    insta::assert_snapshot!("help_completions", shown(&["completions", "--help"]));
}

#[test]
fn every_way_to_judge_is_explained_alike() {
    let end = |text: &str| text[text.find("Examples:").unwrap()..].to_owned();
    assert_eq!(end(&shown(&["conformance", "--help"])), end(&shown(&["conformance", "run", "--help"])));
}

#[test]
fn a_mistyped_name_gets_a_suggestion() {
    let (code, said) = complaint(&["serv"]);
    assert!(code == 2 && said.contains("'serve'"), "{said}");
    let (code, said) = complaint(&["serve", "pishok"]);
    assert!(code == 2 && said.contains("'pishock'"), "{said}");
    let (code, said) = complaint(&["serve", "--prot", "0"]);
    assert!(code == 2 && said.contains("'--port'"), "{said}");
    let (code, said) = complaint(&["serve", "pishock", "--set", "strct=true"]);
    assert!(code == 2 && said.contains("did you mean strict?"), "{said}");
}

#[test]
fn completions_know_the_protocols() {
    for shell in ["bash", "zsh", "fish"] {
        let script = shown(&["completions", shell]);
        assert!(script.contains("pishock") && script.contains("ready-file"), "{shell}");
    }
}
