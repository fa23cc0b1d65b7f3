//! Verdicts, and what they may be: level and evidence set the ceiling.

use crate::choice::{Choice, by_name};

/// How a case ended. Ordered from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// Everything was as expected.
    Pass,
    /// It did not apply to this target; the reason says why.
    Skip,
    /// It is not as expected, and is listed as such.
    Known,
    /// It passed after it had not; it is listed as a matter of chance.
    Flaky,
    /// Something worth knowing was seen that no source judges.
    Info,
    /// A recommendation, or what clients rely on, is not kept.
    NonStrict,
    /// What the documents or the server's own source say is not kept.
    Fail,
    /// The suite could not judge: the fault is on its own side.
    Error,
}

impl Choice for Verdict {
    const ALL: &'static [(&'static str, Self)] = &[
        ("pass", Self::Pass),
        ("skip", Self::Skip),
        ("known", Self::Known),
        ("flaky", Self::Flaky),
        ("info", Self::Info),
        ("non-strict", Self::NonStrict),
        ("fail", Self::Fail),
        ("error", Self::Error),
    ];
}

impl Verdict {
    /// All verdicts, from the best to the worst.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(_, verdict)| *verdict)
    }

    /// Whether the target does not get away with it. What is listed is good enough always.
    pub fn is_bad(self, bar: Bar) -> bool {
        match self {
            Self::Pass | Self::Known | Self::Flaky => false,
            Self::Fail | Self::Error => true,
            Self::NonStrict => bar >= Bar::NonStrict,
            Self::Info => bar >= Bar::Info,
            Self::Skip => bar >= Bar::Skip,
        }
    }

    /// Whether an expectation was not met, however little that weighs.
    pub(crate) fn is_miss(self) -> bool {
        matches!(self, Self::Info | Self::NonStrict | Self::Fail)
    }
}

/// The mildest verdict that is not good enough; all that are worse are not either. Ordered from the most lenient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Bar {
    /// [`Verdict::Fail`].
    #[default]
    Fail,
    /// [`Verdict::NonStrict`].
    NonStrict,
    /// [`Verdict::Info`].
    Info,
    /// [`Verdict::Skip`]: only a pass is good enough. This is called strict.
    Skip,
}

impl Choice for Bar {
    const ALL: &'static [(&'static str, Self)] =
        &[("fail", Self::Fail), ("non-strict", Self::NonStrict), ("info", Self::Info), ("skip", Self::Skip)];
}

/// How much a statement demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// An absolute demand: at most [`Verdict::Fail`].
    Must,
    /// A recommendation: at most [`Verdict::NonStrict`].
    Should,
    /// A permission: at most [`Verdict::Info`].
    May,
    /// An observation without judgement: at most [`Verdict::Info`].
    Info,
}

impl Choice for Level {
    const ALL: &'static [(&'static str, Self)] =
        &[("must", Self::Must), ("should", Self::Should), ("may", Self::May), ("info", Self::Info)];
}

impl Level {
    fn ceiling(self) -> Verdict {
        match self {
            Self::Must => Verdict::Fail,
            Self::Should => Verdict::NonStrict,
            Self::May | Self::Info => Verdict::Info,
        }
    }
}

/// Where an expectation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// The specification text itself: at most [`Verdict::Fail`].
    Seed,
    /// The vendor's other documents or source: at most [`Verdict::Fail`].
    Source,
    /// A recording of the real server: at most [`Verdict::Fail`].
    Run,
    /// What independent clients send or rely on: at most [`Verdict::NonStrict`].
    Client,
    /// An inference: at most [`Verdict::Info`].
    Guess,
}

impl Choice for Evidence {
    const ALL: &'static [(&'static str, Self)] = &[
        ("seed", Self::Seed),
        ("source", Self::Source),
        ("run", Self::Run),
        ("client", Self::Client),
        ("guess", Self::Guess),
    ];
}

impl Evidence {
    fn ceiling(self) -> Verdict {
        match self {
            Self::Seed | Self::Source | Self::Run => Verdict::Fail,
            Self::Client => Verdict::NonStrict,
            Self::Guess => Verdict::Info,
        }
    }
}

by_name!(Verdict, Bar, Level, Evidence);

/// The worst verdict that an unmet expectation can bring: the lower of what the level and the best evidence allow.
pub(crate) fn ceiling(level: Level, evidence: &[Evidence]) -> Verdict {
    let evidence = evidence.iter().map(|evidence| evidence.ceiling()).max().unwrap_or(Verdict::Info);
    level.ceiling().min(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_of_both_ceilings_holds() {
        let mut table = String::new();
        for (level, _) in Level::ALL {
            for (evidence, _) in Evidence::ALL {
                let verdict = ceiling(level.parse().unwrap(), &[evidence.parse().unwrap()]);
                table.push_str(&format!("{level:<7}{evidence:<7} {verdict}\n"));
            }
        }
        insta::assert_snapshot!(table, @r"
        must   seed    fail
        must   source  fail
        must   run     fail
        must   client  non-strict
        must   guess   info
        should seed    non-strict
        should source  non-strict
        should run     non-strict
        should client  non-strict
        should guess   info
        may    seed    info
        may    source  info
        may    run     info
        may    client  info
        may    guess   info
        info   seed    info
        info   source  info
        info   run     info
        info   client  info
        info   guess   info
        ");
    }

    #[test]
    fn the_best_evidence_counts() {
        assert_eq!(ceiling(Level::Must, &[Evidence::Guess, Evidence::Seed]), Verdict::Fail);
        assert_eq!(ceiling(Level::Must, &[]), Verdict::Info);
    }

    #[test]
    fn each_bar_takes_less_and_all_take_what_is_listed() {
        let good = |bar| {
            let names = Verdict::all().filter(|verdict| !verdict.is_bad(bar)).map(|verdict| verdict.to_string());
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(good(Bar::Skip), "pass known flaky");
        assert_eq!(good(Bar::Info), "pass skip known flaky");
        assert_eq!(good(Bar::NonStrict), "pass skip known flaky info");
        assert_eq!(good(Bar::Fail), "pass skip known flaky info non-strict");
    }
}
