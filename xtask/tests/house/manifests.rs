//! What a crate says about itself, so that each can be published.

use cargo_metadata::Package;
use std::path::Path;

/// What nobody needs who does not work on this repository.
const INNER: [&str; 3] = ["xtask", "dummyload-testkit", "dummyload-adapter"];

fn violations(package: &Package, root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut rule = |holds: bool, text: &str| {
        if !holds {
            found.push(format!("{}: {text}", package.name));
        }
    };
    let publishes = package.publish.as_ref().is_none_or(|registries| !registries.is_empty());
    let inner = INNER.contains(&package.name.as_str());
    rule(publishes != inner, &format!("all crates but {} are published", INNER.join(", ")));
    rule(package.license.as_deref() == Some("MIT OR Apache-2.0"), "license is not MIT OR Apache-2.0");
    rule(package.rust_version.is_some(), "rust-version is missing");
    rule(package.repository.is_some(), "repository is missing");
    rule(
        package.description.as_ref().is_some_and(|text| text.len() > 20 && text.ends_with('.')),
        "description is missing",
    );
    // The registry's own bounds.
    rule((1..=5).contains(&package.keywords.len()), "keywords: there must be 1 to 5");
    rule(package.keywords.iter().all(|word| word.len() <= 20), "keywords: each has at most 20 characters");
    rule((1..=5).contains(&package.categories.len()), "categories: there must be 1 to 5");
    if publishes {
        let docs = format!("https://docs.rs/{}", package.name);
        rule(package.documentation.as_deref() == Some(&docs), &format!("documentation is not {docs}"));
        let readme = package.readme.as_ref().map(|readme| package.manifest_path.with_file_name(readme));
        rule(readme.is_some_and(|readme| readme.exists()), "README.md is missing beside Cargo.toml");
    }
    for dependency in &package.dependencies {
        // A path alone cannot be published; a version alone is not the crate beside it.
        // What a crate's tests want of the crate itself, or of one that is not published, is left out when it is published.
        let inside = dependency.path.as_ref().is_some_and(|path| path.starts_with(root));
        let inside = inside && dependency.name != package.name.as_str() && !INNER.contains(&dependency.name.as_str());
        rule(!inside || dependency.req.to_string() != "*", &format!("dependency {} has no version", dependency.name));
    }
    found
}

#[test]
fn every_crate_can_be_published() {
    let (metadata, root) = (super::metadata(), super::root());
    let packages = metadata.workspace_packages();
    super::assert_none(&packages.iter().flat_map(|package| violations(package, &root)).collect::<Vec<_>>());
}

#[test]
fn a_bare_crate_is_noticed() {
    let (metadata, root) = (super::metadata(), super::root());
    let mut package = (*metadata.workspace_packages()[0]).clone();
    package.license = None;
    package.keywords = vec!["a-keyword-that-is-far-too-long".into()];
    package.readme = None;
    package.dependencies.clear();
    let name = package.name.to_string();
    assert_eq!(
        violations(&package, &root),
        [
            format!("{name}: license is not MIT OR Apache-2.0"),
            format!("{name}: keywords: each has at most 20 characters"),
            format!("{name}: README.md is missing beside Cargo.toml"),
        ]
    );
}
