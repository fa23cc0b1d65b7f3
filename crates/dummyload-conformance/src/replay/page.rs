//! Pages of a list, and limited replays, where chance decides which things are on them: as many as were recorded, and each of
//! them one that the recording knows.

use super::compare::Compare;
use super::json::Json;
use super::recording::{Line, Scenario};
use super::rules::Rules;

impl Scenario {
    /// All that the recording has in lists and pushes.
    pub(super) fn things(&self, rules: &Rules) -> Vec<Json> {
        let outer: Vec<&str> = rules
            .push
            .iter()
            .flat_map(|push| &push.items)
            .filter_map(|item| item.rsplit_once('/'))
            .map(|(outer, _)| outer)
            .collect();
        let mut things = Vec::new();
        for json in self.lines.iter().filter_map(Line::came).filter_map(Json::parse) {
            things.extend(outer.iter().filter_map(|outer| json.at(outer)).cloned());
            json.items(&mut things);
        }
        things.retain(|thing| thing.member("id").is_some());
        let mut known = Vec::new();
        for thing in things {
            if !known.contains(&thing) {
                known.push(thing);
            }
        }
        known
    }
}

impl Compare<'_> {
    /// So many things as were recorded, each of which the recording knows, in this place or another.
    pub(super) fn page(&mut self, by: Option<&str>, expected: &[Json], seen: &[Json], path: &mut Vec<String>) {
        if expected.len() != seen.len() {
            return self.set(expected, seen, path);
        }
        let mut known: Vec<&Json> = expected.iter().chain(self.pool).collect();
        for (n, item) in seen.iter().enumerate() {
            path.push(n.to_string());
            match known.iter().position(|other| self.attempt(|trial, path| trial.value(other, item, path), path)) {
                // The same thing may have been recorded several times, but is not there twice.
                Some(at) => {
                    let id = known[at].member("id").cloned();
                    known.retain(|other| other.member("id").is_none() || other.member("id") != id.as_ref());
                }
                None => self.lonely(expected.get(n), Some(item), path),
            }
            path.pop();
        }
        if let Some(by) = by {
            self.same_direction(by, expected, seen, path);
        }
    }

    /// Sorted in the direction in which the recorded things are.
    fn same_direction(&mut self, key: &str, expected: &[Json], seen: &[Json], path: &[String]) {
        let values =
            |items: &[Json]| items.iter().map(|item| item.member(key).map(Json::to_string)).collect::<Vec<_>>();
        let (recorded, found) = (values(expected), values(seen));
        let (up, down) = (recorded.is_sorted(), recorded.iter().rev().is_sorted());
        if (up && !down && !found.is_sorted()) || (down && !up && !found.iter().rev().is_sorted()) {
            let steps: Vec<&str> = path.iter().map(String::as_str).collect();
            self.differ(&steps, format!("items sorted by {key}"), "items that are not, or the other way around");
        }
    }

    /// The same message, but for the thing in it, which is any that the recording knows.
    pub(super) fn push(&mut self, expected: &Json, seen: &Json, pointer: &str) {
        let other = self.pool.iter().find(|thing| {
            let other = expected.with(pointer, thing);
            self.attempt(|trial, path| trial.value(&other, seen, path), &mut Vec::new())
        });
        if other.is_none() {
            self.value(expected, seen, &mut Vec::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::tests::Bench;
    use super::super::rules::Freedom;
    use super::*;

    #[test]
    fn what_lists_and_pushes_hold_is_known() {
        let text = r#"{"t":0,"conn":"a","dir":"recv","text":"{\"list\":[{\"id\":1,\"in\":[{\"id\":9}]},{\"no\":2},{\"id\":1,\"in\":[{\"id\":9}]}]}"}
{"t":1,"conn":"a","dir":"recv","text":"{\"item\":{\"id\":3}}"}"#;
        let rules = Rules::parse("protocol = \"x\"\n[push]\nitems = [\"/item/id\"]").unwrap();
        let things = Scenario::parse("x", text).unwrap().things(&rules);
        let shown: Vec<String> = things.iter().map(Json::to_string).collect();
        assert_eq!(shown, [r#"{"id":1,"in":[{"id":9}]}"#, r#"{"id":3}"#]);
    }

    fn known(things: &str) -> Bench {
        let mut bench = Bench::new();
        let Some(Json::List(pool)) = Json::parse(things) else { panic!("{things}") };
        (bench.pool, bench.place.lists) = (pool, Freedom::Page { from: 0, by: Some("k".into()) });
        bench
    }

    #[test]
    fn a_page_has_other_things_that_are_known() {
        let things = r#"[{"id":"a","k":1},{"id":"b","k":2},{"id":"c","k":3}]"#;
        let page = r#"[{"id":"a","k":1},{"id":"b","k":2}]"#;
        let seen = |seen: &str| known(things).try_it(page, seen);
        assert_eq!(seen(r#"[{"id":"b","k":2},{"id":"c","k":3}]"#), "");
        assert_eq!(
            seen(r#"[{"id":"a","k":1},{"id":"c","k":4}]"#),
            r#"/1: recorded {"id":"b","k":2}, seen {"id":"c","k":4}"#
        );
        assert!(seen(r#"[{"id":"a","k":1},{"id":"a","k":1}]"#).starts_with("/1: "), "twice the same");
        assert_eq!(seen(r#"[{"id":"a","k":1}]"#), r#"/1: recorded {"id":"b","k":2}, seen no such item"#);
        assert!(seen(r#"[{"id":"c","k":3},{"id":"b","k":2}]"#).starts_with("recorded items sorted by k"));
        let mut short = known(things);
        short.place.lists = Freedom::Page { from: 3, by: None };
        assert_ne!(short.try_it(page, r#"[{"id":"b","k":2},{"id":"c","k":3}]"#), "", "shorter than a page");
    }

    #[test]
    fn a_list_within_a_thing_is_no_page() {
        let things = r#"[{"id":"a","in":[{"id":"x"}]},{"id":"x"},{"id":"y"}]"#;
        let wrong = known(things).try_it(r#"[{"id":"a","in":[{"id":"x"}]}]"#, r#"[{"id":"a","in":[{"id":"y"}]}]"#);
        assert_ne!(wrong, "");
    }
}
