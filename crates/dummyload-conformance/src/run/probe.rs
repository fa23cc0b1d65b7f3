//! Finds out what a target can, by the cases that show it.

use super::{RunOptions, judge};
use crate::redact::Redactor;
use crate::suite::Protocol;
use crate::target::{Found, Target};
use crate::verdict::Verdict;

/// The target with what it has and lacks among the capabilities that these cases need. A probe obeys what any case obeys: without
/// the permissions and variables that it wants it is not played.
pub(super) async fn probed(
    protocol: &Protocol,
    needs: impl Fn(&str) -> bool,
    target: &Target,
    options: &RunOptions,
    redactor: &Redactor,
) -> Target {
    let mut probed = target.clone();
    for need in &protocol.needs {
        let name = need.name.name.as_str();
        let Some(probe) = need.probe.as_ref().filter(|_| needs(name) && !target.knows(name)) else { continue };
        let Some(case) = &probe.case else { continue };
        let report = judge(protocol, case, &target.clone().have(name), options, redactor).await;
        let why = match report.verdict {
            Verdict::Pass => format!("its probe {} passes", probe.id),
            Verdict::Skip => format!("its probe {} {}", probe.id, report.reason.unwrap_or_default()),
            _ => format!("its probe {} does not pass", probe.id),
        };
        let has = report.verdict == Verdict::Pass;
        probed = probed.found(name, Found { has, probe: Some(probe.id.clone()), why });
    }
    probed
}
