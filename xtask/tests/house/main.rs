//! The rules of the house: who may depend on whom, what a crate says about itself, whether links lead somewhere, and
//! under which licences the dependencies stand. `docs/architecture.md` has the reasons.

#![allow(clippy::unwrap_used, clippy::panic)]

mod arrows;
mod licences;
mod links;
mod manifests;

use cargo_metadata::{Metadata, MetadataCommand};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn metadata() -> &'static Metadata {
    static METADATA: OnceLock<Metadata> = OnceLock::new();
    METADATA.get_or_init(|| {
        let mut command = MetadataCommand::new();
        command.manifest_path(root().join("Cargo.toml")).other_options(vec!["--locked".into()]);
        command.exec().unwrap_or_else(|e| panic!("cargo metadata: {e}"))
    })
}

#[track_caller]
fn assert_none(violations: &[String]) {
    assert!(violations.is_empty(), "\n  {}\n", violations.join("\n  "));
}
