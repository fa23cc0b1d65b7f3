//! The licences of all dependencies against the list in `deny.toml`, which `cargo deny` reads as well.

use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};
use std::fs;

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

/// What is wrong with this licence expression, if anything.
fn violation(licence: Option<&str>, allowed: &[Licensee]) -> Option<String> {
    let Some(licence) = licence else { return Some("names no licence".into()) };
    // Some older crates write `MIT/Apache-2.0`.
    match Expression::parse_mode(licence, ParseMode::LAX) {
        Err(e) => Some(format!("has a licence that cannot be read: {licence}: {}", e.reason)),
        Ok(expression) if expression.evaluate(|wanted| allowed.iter().any(|licence| licence.satisfies(wanted))) => None,
        Ok(_) => Some(format!("stands under {licence}, which deny.toml does not allow")),
    }
}

fn allowed() -> Vec<Licensee> {
    let text = fs::read_to_string(super::root().join("deny.toml")).unwrap();
    let deny: Deny = toml::from_str(&text).unwrap();
    deny.licenses.allow.iter().map(|licence| Licensee::parse(licence).unwrap()).collect()
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let allowed = allowed();
    let packages = &super::metadata().packages;
    assert!(packages.len() > 50, "the list of packages is not whole: {}", packages.len());
    let violations: Vec<String> = packages
        .iter()
        .filter_map(|package| Some(format!("{} {}", package.name, violation(package.license.as_deref(), &allowed)?)))
        .collect();
    super::assert_none(&violations);
}

#[test]
fn every_allowed_licence_is_needed() {
    let allowed = allowed();
    for (at, licence) in allowed.iter().enumerate() {
        let others: Vec<Licensee> =
            allowed.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, l)| l.clone()).collect();
        let needed = super::metadata().packages.iter().any(|package| {
            violation(package.license.as_deref(), &allowed).is_none()
                && violation(package.license.as_deref(), &others).is_some()
        });
        assert!(needed, "no dependency needs {licence}: take it out of deny.toml");
    }
}

#[test]
fn other_licences_are_refused() {
    let allowed = [Licensee::parse("MIT").unwrap(), Licensee::parse("Apache-2.0").unwrap()];
    let of = |licence| violation(licence, &allowed);
    assert_eq!(of(Some("MIT OR GPL-3.0-only")), None);
    assert_eq!(of(Some("MIT/Apache-2.0")), None);
    assert!(of(Some("MIT AND GPL-3.0-only")).unwrap().contains("does not allow"));
    assert!(of(Some("GPL-3.0-only")).unwrap().contains("does not allow"));
    assert!(of(Some("my own")).unwrap().contains("cannot be read"));
    assert!(of(None).unwrap().contains("no licence"));
}
