//! Lists the files of the conformance suite, so that the binary carries them.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    // The first is a link to the second, so that a published package has the files in it; where a checkout has no links,
    // it is no folder.
    let fixtures =
        ["fixtures", "../../fixtures"].map(|folder| here.join(folder)).into_iter().find(|folder| folder.is_dir());
    let fixtures = fixtures.ok_or_else(|| io::Error::other("the folder `fixtures` is not there"))?;
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let fixtures = fixtures.canonicalize()?;
    let mut suite = String::from("&[\n");
    walk(&fixtures, "", &mut suite)?;
    fs::write(out.join("suite.rs"), suite + "]\n")?;
    fs::write(out.join("replay.rs"), rules(&fixtures)?)
}

/// The rules by which recordings of a protocol are played.
fn rules(fixtures: &Path) -> io::Result<String> {
    let mut list = String::from("&[\n");
    let mut folders = fs::read_dir(fixtures)?.collect::<Result<Vec<_>, _>>()?;
    folders.sort_by_key(fs::DirEntry::file_name);
    for folder in folders {
        let file = folder.path().join("captures/replay.toml");
        println!("cargo::rerun-if-changed={}", file.display());
        if file.is_file() {
            // Writing to a string does not fail.
            let _ = writeln!(list, "    ({:?}, include_str!({file:?})),", folder.file_name().to_string_lossy());
        }
    }
    Ok(list + "]\n")
}

fn walk(folder: &Path, below: &str, list: &mut String) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), format!("{below}{}", entry.file_name().to_string_lossy()));
        if path.is_dir() {
            walk(&path, &format!("{name}/"), list)?;
        } else if is_of_the_suite(&name) {
            // Writing to a string does not fail.
            let _ = writeln!(list, "    ({name:?}, include_str!({path:?})),");
        }
    }
    Ok(())
}

fn is_of_the_suite(name: &str) -> bool {
    let rest = name.split_once('/').map_or("", |(_, rest)| rest);
    let is_case = ["cases/", "clients/"].iter().any(|folder| rest.starts_with(folder)) && rest.ends_with(".toml");
    ["target.toml", "sections.toml", "mutants.toml"].contains(&rest) || is_case
}
