//! The recordings of this repository, and the page that describes the format.
#![allow(missing_docs, clippy::unwrap_used)]

use dummyload_conformance::replay::{Rules, Scenario};
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../../docs/replay.md");

#[test]
fn every_recording_can_be_read() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    for (protocol, folder, count, timed) in [
        ("devicehive", "server-4.1", 108, 108),
        ("devicehive", "server-3.5", 45, 45),
        ("multistreamer", "server-12.3", 121, 56),
    ] {
        let captures = fixtures.join(protocol).join("captures");
        let rules = Rules::parse(&fs::read_to_string(captures.join("replay.toml")).unwrap()).unwrap();
        assert_eq!(rules.protocol(), protocol);
        let rules = rules.for_folder(folder);
        let mut scenarios = Vec::new();
        for file in fs::read_dir(captures.join(folder)).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            scenarios.push(Scenario::parse(&name, &fs::read_to_string(&file).unwrap()).unwrap());
        }
        assert_eq!(scenarios.len(), count);
        assert_eq!(scenarios.iter().filter(|scenario| scenario.clock().is_some()).count(), timed);
        for scenario in scenarios {
            assert!(!scenario.title().is_empty(), "{}", scenario.name());
            // The recorded clock, where there is one, is good to half a second.
            if let Some(clock) = scenario.clock() {
                let off = scenario.start(&rules).unwrap() - clock;
                assert!(off.abs() <= 600, "{}: the clock is off by {off} ms", scenario.name());
            }
        }
    }
}

#[test]
fn the_rules_on_the_page_are_rules() {
    let blocks = PAGE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let rules: Vec<&str> = blocks.filter(|block| block.starts_with("# replay.toml")).collect();
    assert_eq!(rules.len(), 1);
    assert_eq!(Rules::parse(rules[0]).unwrap().protocol(), "room");
}
