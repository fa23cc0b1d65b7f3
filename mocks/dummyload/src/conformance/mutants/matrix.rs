//! Which case kills which mutant.

use crate::mutants::{KillsNone, Mutant};
use dummyload_conformance::{Verdict, glob};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Cases of which it is said that they kill none.
    pub(super) listed: Vec<KillsNone>,
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

    /// The result, for one line.
    fn result(&self) -> String {
        let errors = match self.errors.as_slice() {
            [] => String::new(),
            [first, ..] => format!("; {} could not be judged, as {first}", self.errors.len()),
        };
        match self.kills.as_slice() {
            [] => format!("LIVES, though its rules strike in {} cases{errors}", self.played),
            kills => format!("killed by {} of {} cases: {}{errors}", kills.len(), self.played, self.verdicts()),
        }
    }

    /// The worst verdicts first, and among them the order of the ids.
    fn by_weight(&self) -> Vec<&Kill> {
        let mut kills: Vec<&Kill> = self.kills.iter().collect();
        kills.sort_by_key(|kill| (Reverse(kill.verdict), &kill.case));
        kills
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

    /// A line for each mutant, and the result.
    pub(super) fn text(&self) -> String {
        let width = self.rows.iter().map(|row| row.mutant.name.len()).max().unwrap_or_default();
        let lines = self.rows.iter().map(|row| format!("  {:<width$}  {}\n", row.mutant.name, row.result()));
        format!("{}\n{}{}\n", self.title, lines.collect::<String>(), self.summary())
    }

    fn summary(&self) -> String {
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
        let idle = |case: &&str| !killers.contains(case) && !self.listed.iter().any(|listed| glob(&listed.case, case));
        let idle: Vec<&str> = self.cases.iter().map(String::as_str).filter(idle).collect();
        let is_stale = |listed: &&KillsNone| {
            let mut meant = self.cases.iter().filter(|case| glob(&listed.case, case)).peekable();
            meant.peek().is_none() || meant.any(|case| killers.contains(case.as_str()))
        };
        let stale = self.listed.iter().filter(is_stale).map(|listed| listed.case.as_str()).collect();
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
                "kills_none": matrix.listed.iter().map(|it| json!({"case": it.case, "reason": it.reason})).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({"version": 1, "protocols": protocols})
}

/// The page for people. It has no numbers and few cases, so that it holds as long as these cases kill.
pub(super) fn page(matrices: &[Matrix]) -> String {
    let mut page = String::from(
        "# The kill matrix\n\n\
         Written by `dummyload conformance mutants --matrix docs/kill-matrix.md`; [mutants.md](mutants.md) says what it means. \
         The cases that are named are the first of those with the worst verdict; `mutants.json` of CI has all.\n",
    );
    for matrix in matrices {
        page +=
            &format!("\n## {}\n\n| Mutant | What is wrong with it | Killed by |\n| --- | --- | --- |\n", matrix.title);
        page.extend(matrix.rows.iter().map(|row| format!("{}{} |\n", start(row), matrix.named(row).join(", "))));
        if !matrix.listed.is_empty() {
            page += "\n| Cases that kill none | Reason |\n| --- | --- |\n";
            page.extend(matrix.listed.iter().map(listed));
        }
    }
    page
}

/// The line of a mutant, as far as its name and what is wrong with it.
fn start(row: &Row) -> String {
    format!("| `{}` | {} | ", row.mutant.name, escaped(&row.mutant.about))
}

fn listed(it: &KillsNone) -> String {
    format!("| `{}` | {} |\n", it.case, escaped(&it.reason))
}

/// For the cell of a table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

impl Matrix {
    fn shown(&self, kill: &Kill) -> String {
        let prefix = format!("{}/", self.protocol);
        format!("`{}`", kill.case.strip_prefix(&prefix).unwrap_or(&kill.case))
    }

    /// The cases that the page names for a mutant.
    fn named(&self, row: &Row) -> Vec<String> {
        row.by_weight().into_iter().take(NAMED).map(|kill| self.shown(kill)).collect()
    }

    /// What a page that was written before says and is not so.
    pub(super) fn untrue(&self, page: &str) -> Vec<String> {
        let heading = format!("\n## {}\n", self.title);
        let Some((_, section)) = page.split_once(&heading) else {
            return vec![format!("{}: it has no part of the page", self.title)];
        };
        let section = section.split("\n## ").next().unwrap_or_default();
        let mut lines: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
        let mut untrue = Vec::new();
        for row in &self.rows {
            let name = &row.mutant.name;
            let Some(at) = lines.iter().position(|line| line.starts_with(&start(row))) else {
                untrue.push(format!("{}: {name} is not on the page, or another", self.title));
                continue;
            };
            let line = lines.remove(at);
            let kills: BTreeSet<String> = row.kills.iter().map(|kill| self.shown(kill)).collect();
            let cases = line[start(row).len()..].trim_end_matches(" |").split(", ");
            let not_so = cases.filter(|case| !kills.contains(*case));
            untrue.extend(not_so.map(|case| format!("{}: {name} is not killed by {case}", self.title)));
        }
        let listed: Vec<String> = self.listed.iter().map(listed).collect();
        lines.retain(|line| !listed.iter().any(|listed| listed.trim_end() == *line));
        untrue.extend(lines.iter().map(|line| format!("{}: there is no such thing any more: {line}", self.title)));
        untrue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, kills: &[(&str, Verdict)]) -> Row {
        let mutant = Mutant::new(name, &format!("about {name}"));
        let kill = |(case, verdict): &(&str, Verdict)| Kill { case: format!("p/{case}"), verdict: *verdict };
        Row { mutant, played: 4, kills: kills.iter().map(kill).collect(), errors: Vec::new() }
    }

    fn matrix(rows: Vec<Row>, names: &[&str]) -> Matrix {
        let cases = ["p/a", "p/b", "p/c", "p/d"].map(str::to_owned).into();
        let listed = |case: &&str| KillsNone { case: (*case).into(), reason: "why | not".into() };
        Matrix { protocol: "p", title: "P".into(), cases, rows, listed: names.iter().map(listed).collect() }
    }

    #[test]
    fn what_lives_and_what_kills_nothing_is_told() {
        let crude = row("crude", &[("a", Verdict::Fail), ("b", Verdict::Fail), ("c", Verdict::Fail)]);
        let rows = vec![crude, row("lives", &[]), row("subtle", &[("a", Verdict::Info), ("d", Verdict::Fail)])];
        let matrix = matrix(rows, &["p/a", "p/b", "p/gone"]);
        insta::assert_snapshot!([matrix.text(), matrix.alive().join("\n"), matrix.idle().join("\n")].join("\n"), @r"
        P
          crude   killed by 3 of 4 cases: 3 fail
          lives   LIVES, though its rules strike in 4 cases
          subtle  killed by 2 of 4 cases: 1 fail, 1 info
        P: 2 of 3 mutants killed (1 crude); 2 of 4 cases kill one that is not crude

        P: no case kills lives: about lives
        P: these cases kill no mutant, and no reason is listed:
          p/c
        P: these are listed as killing none, and do kill or are no cases:
          p/a
          p/gone
        ");
        let page = page(&[matrix]);
        insta::assert_snapshot!(&page[page.find("##").unwrap()..], @r"
        ## P

        | Mutant | What is wrong with it | Killed by |
        | --- | --- | --- |
        | `crude` | about crude | `a`, `b`, `c` |
        | `lives` | about lives |  |
        | `subtle` | about subtle | `d`, `a` |

        | Cases that kill none | Reason |
        | --- | --- |
        | `p/a` | why \| not |
        | `p/b` | why \| not |
        | `p/gone` | why \| not |
        ");
    }

    #[test]
    fn a_page_that_is_not_so_any_more_is_noticed() {
        let then =
            || vec![row("one", &[("a", Verdict::Fail), ("b", Verdict::Info)]), row("two", &[("b", Verdict::Fail)])];
        let old = page(&[matrix(then(), &["p/c"])]);
        assert_eq!(matrix(then(), &["p/c"]).untrue(&old), [""; 0]);
        let more =
            vec![row("one", &[("a", Verdict::Fail), ("b", Verdict::Info), ("d", Verdict::Fail)]), then().remove(1)];
        assert_eq!(matrix(more, &["p/c"]).untrue(&old), [""; 0], "one more case that kills makes nothing untrue");
        let now = vec![row("one", &[("a", Verdict::Fail)]), row("three", &[("b", Verdict::Fail)])];
        insta::assert_snapshot!(matrix(now, &[]).untrue(&old).join("\n"), @r"
        P: one is not killed by `b`
        P: three is not on the page, or another
        P: there is no such thing any more: | `two` | about two | `b` |
        P: there is no such thing any more: | `p/c` | why \| not |
        ");
        assert_eq!(matrix(then(), &[]).untrue("").len(), 1);
    }
}
