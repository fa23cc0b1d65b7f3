//! Which case kills which mutant.

use crate::mutants::Mutant;
use dummyload_conformance::Verdict;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The most cases that a page names for one mutant.
const NAMED: usize = 3;

/// The most cases that a complaint names.
const TOLD: usize = 20;

/// All of one protocol.
pub(super) struct Matrix {
    pub(super) protocol: &'static str,
    pub(super) title: String,
    /// All that were played.
    pub(super) cases: BTreeSet<String>,
    pub(super) rows: Vec<Row>,
    /// Cases of which it is said that they kill none, with the reason.
    pub(super) listed: BTreeMap<String, String>,
}

/// What became of one mutant.
pub(super) struct Row {
    pub(super) mutant: Mutant,
    /// How many cases its rules strike in.
    pub(super) played: usize,
    pub(super) kills: Vec<Kill>,
    /// Cases that could not be judged.
    pub(super) errors: Vec<String>,
}

/// A case that notices.
pub(super) struct Kill {
    pub(super) case: String,
    pub(super) verdict: Verdict,
}

impl Row {
    /// `12 fail, 3 info`, the worst first.
    fn verdicts(&self) -> String {
        let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
        self.kills.iter().for_each(|kill| *counts.entry(kill.verdict).or_default() += 1);
        counts.iter().rev().map(|(verdict, count)| format!("{count} {verdict}")).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn summary(&self) -> String {
        let name = &self.mutant.name;
        let errors = match self.errors.len() {
            0 => String::new(),
            count => format!("; {count} could not be judged, as {}", self.errors[0]),
        };
        match self.kills.as_slice() {
            [] => format!("{name} LIVES, though its rules strike in {} cases{errors}", self.played),
            kills => format!("{name} killed by {} of {}: {}{errors}", kills.len(), self.played, self.verdicts()),
        }
    }
}

impl Matrix {
    /// A mutant that more than half of all cases kill says nothing about any of them.
    fn is_crude(&self, row: &Row) -> bool {
        row.kills.len() * 2 > self.cases.len()
    }

    /// The cases that kill a mutant that is not crude.
    fn killers(&self) -> BTreeSet<&str> {
        let fine = self.rows.iter().filter(|row| !self.is_crude(row));
        fine.flat_map(|row| &row.kills).map(|kill| kill.case.as_str()).collect()
    }

    pub(super) fn summary(&self) -> String {
        let crude = self.rows.iter().filter(|row| self.is_crude(row)).count();
        let killed = self.rows.iter().filter(|row| !row.kills.is_empty()).count();
        format!(
            "{}: {killed} of {} mutants killed ({crude} crude); {} of {} cases kill one that is not crude",
            self.title,
            self.rows.len(),
            self.killers().len(),
            self.cases.len()
        )
    }

    pub(super) fn alive(&self) -> Vec<String> {
        let alive = self.rows.iter().filter(|row| row.kills.is_empty());
        alive.map(|row| format!("{}: no case kills {}: {}", self.title, row.mutant.name, row.mutant.about)).collect()
    }

    /// What is wrong between the cases and the list of those that kill none.
    pub(super) fn idle(&self) -> Vec<String> {
        let killers = self.killers();
        let name = |what: &str, cases: Vec<&str>| {
            let more = cases.len().saturating_sub(TOLD);
            let told = cases[..cases.len() - more].join("\n  ");
            let rest = if more == 0 { String::new() } else { format!("\n  and {more} more") };
            (!cases.is_empty()).then(|| format!("{}: {what}\n  {told}{rest}", self.title))
        };
        let idle = self.cases.iter().map(String::as_str);
        let idle = idle.filter(|case| !killers.contains(case) && !self.listed.contains_key(*case)).collect();
        let stale = self.listed.keys().map(String::as_str);
        let stale = stale.filter(|case| killers.contains(case) || !self.cases.contains(*case)).collect();
        [
            name("these cases kill no mutant, and no reason is listed:", idle),
            name("these are listed as killing none, and do kill or are no cases:", stale),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

pub(super) fn json(matrices: &[Matrix]) -> Value {
    let protocols: Vec<Value> = matrices
        .iter()
        .map(|matrix| {
            let mutants: Vec<Value> = matrix
                .rows
                .iter()
                .map(|row| {
                    let kills: serde_json::Map<String, Value> =
                        row.kills.iter().map(|kill| (kill.case.clone(), kill.verdict.to_string().into())).collect();
                    json!({
                        "name": row.mutant.name, "about": row.mutant.about, "struck_in": row.played,
                        "crude": matrix.is_crude(row), "kills": kills, "errors": row.errors,
                    })
                })
                .collect();
            json!({
                "protocol": matrix.protocol, "title": matrix.title, "cases": matrix.cases, "mutants": mutants,
                "kills_none": matrix.listed,
            })
        })
        .collect();
    json!({"version": 1, "protocols": protocols})
}

/// The page for people.
pub(super) fn page(matrices: &[Matrix]) -> String {
    let mut page = String::from(
        "# The kill matrix\n\n\
         Written by `dummyload conformance mutants --matrix docs/kill-matrix.md`; [mutants.md](mutants.md) says what it means. \
         A mutant that more than half of all cases kill is marked as crude.\n",
    );
    // Writing to a string does not fail.
    for matrix in matrices {
        let _ = write!(page, "\n## {}\n\n{}.\n\n", matrix.title, matrix.summary());
        page += "| Mutant | What is wrong with it | Killed by | Cases |\n| --- | --- | --- | --- |\n";
        for row in &matrix.rows {
            let crude = if matrix.is_crude(row) { " (crude)" } else { "" };
            // Those that weigh most, so that the page tells what a server with this defect hears.
            let mut kills: Vec<&Kill> = row.kills.iter().collect();
            kills.sort_by(|a, b| (b.verdict, &a.case).cmp(&(a.verdict, &b.case)));
            let prefix = format!("{}/", matrix.protocol);
            let names = kills
                .iter()
                .take(NAMED)
                .map(|kill| format!("`{}`", kill.case.strip_prefix(&prefix).unwrap_or(&kill.case)));
            let mut names = names.collect::<Vec<_>>().join(", ");
            if let Some(more) = kills.len().checked_sub(NAMED + 1) {
                let _ = write!(names, " and {} more", more + 1);
            }
            let (name, about) = (&row.mutant.name, row.mutant.about.replace('|', "\\|"));
            let _ = writeln!(page, "| `{name}`{crude} | {about} | {} | {names} |", row.verdicts());
        }
        if !matrix.listed.is_empty() {
            page += "\n| Case that kills none | Reason |\n| --- | --- |\n";
            for (case, reason) in &matrix.listed {
                let _ = writeln!(page, "| `{case}` | {} |", reason.replace('|', "\\|"));
            }
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, kills: &[(&str, Verdict)]) -> Row {
        let mutant = Mutant { name: name.into(), about: format!("about {name}"), rules: Vec::new() };
        let kill = |(case, verdict): &(&str, Verdict)| Kill { case: format!("p/{case}"), verdict: *verdict };
        Row { mutant, played: 4, kills: kills.iter().map(kill).collect(), errors: Vec::new() }
    }

    fn matrix(rows: Vec<Row>, listed: &[&str]) -> Matrix {
        let cases = ["p/a", "p/b", "p/c", "p/d"].map(str::to_owned).into();
        let listed = listed.iter().map(|case| ((*case).to_owned(), "why | not".to_owned())).collect();
        Matrix { protocol: "p", title: "P".into(), cases, rows, listed }
    }

    #[test]
    fn what_lives_and_what_kills_nothing_is_told() {
        let crude = row("crude", &[("a", Verdict::Fail), ("b", Verdict::Fail), ("c", Verdict::Fail)]);
        let rows = vec![crude, row("lives", &[]), row("subtle", &[("a", Verdict::Info), ("d", Verdict::Fail)])];
        let matrix = matrix(rows, &["p/a", "p/b", "p/gone"]);
        insta::assert_snapshot!([matrix.alive(), matrix.idle()].concat().join("\n"), @"");
        insta::assert_snapshot!(page(&[matrix]), @"");
    }
}
