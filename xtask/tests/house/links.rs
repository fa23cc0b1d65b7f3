//! The links between the project's own pages.

use pulldown_cmark::{Event, Options, Parser, Tag};
use std::fs;
use std::path::{Path, PathBuf};

/// The Markdown files of the project below this folder; what was built or installed is none.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        let foreign = name == "target" || name == "node_modules" || name.to_string_lossy().starts_with('.');
        if entry.file_type().unwrap().is_dir() && !foreign {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The targets of all links and pictures.
fn links(page: &str) -> Vec<String> {
    let target = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    Parser::new_ext(page, Options::ENABLE_TABLES).filter_map(target).collect()
}

/// The name that a heading has in links.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

fn violation(page: &Path, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
    let wrong = if !target.exists() {
        "leads nowhere"
    } else if !heading.is_empty()
        && !fs::read_to_string(&target)
            .unwrap()
            .lines()
            .any(|line| line.starts_with('#') && anchor(line.trim_start_matches('#').trim()) == heading)
    {
        "leads to no heading"
    } else {
        return None;
    };
    Some(format!("{}: the link to {link} {wrong}", page.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let mut found = Vec::new();
    pages(&super::root(), &mut found);
    assert!(found.len() > 10, "{found:?}");
    let mut violations = Vec::new();
    for page in found {
        let text = fs::read_to_string(&page).unwrap();
        violations.extend(links(&text).into_iter().filter_map(|link| violation(&page, &link)));
    }
    super::assert_none(&violations);
}

#[test]
fn a_broken_link_is_noticed() {
    let page = super::root().join("docs/testing.md");
    assert_eq!(violation(&page, "decisions.md"), None);
    assert_eq!(violation(&page, "#what-ci-does"), None);
    assert_eq!(violation(&page, "https://docs.rs"), None);
    assert!(violation(&page, "no-such-page.md").unwrap().ends_with("leads nowhere"));
    assert!(violation(&page, "#no-such-heading").unwrap().ends_with("leads to no heading"));
    assert_eq!(links("[a](b.md) `[c](d.md)`\n```\n[d](e.md)\n```\nand [f](g.md#h)"), ["b.md", "g.md#h"]);
}
