//! The report as JUnit XML: a suite for each group, a test case for each case.

use super::{CaseReport, Report};
use crate::verdict::{Bar, Verdict};
use quick_junit::{NonSuccessKind, Property, Report as Junit, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;

impl Report {
    /// As JUnit XML, secrets cut out.
    ///
    /// # Errors
    /// When the XML cannot be written; the text says why.
    pub fn to_junit(&self) -> Result<String, String> {
        let mut junit = Junit::new("dummyload conformance");
        for run in &self.runs {
            let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
            for case in &run.cases {
                let name = format!("{}/{}", run.protocol, case.group);
                let suite = suites.entry(&case.group).or_insert_with(|| TestSuite::new(name.trim_end_matches('/')));
                suite.add_test_case(test(case, self.bar));
            }
            junit.add_test_suites(suites.into_values());
        }
        junit.to_string().map_err(|e| e.to_string())
    }
}

fn test(case: &CaseReport, bar: Bar) -> TestCase {
    let case = &case.printable();
    let mut test = TestCase::new(case.id.as_str(), status(case, bar));
    test.set_time(case.duration);
    let evidence: Vec<String> = case.evidence.iter().map(ToString::to_string).collect();
    let properties = [
        ("title", case.title.clone()),
        ("verdict", case.verdict.to_string()),
        ("level", case.level.to_string()),
        ("evidence", evidence.join(",")),
        ("spec", case.spec.join(",")),
        ("outcomes", case.outcomes.join(",")),
        ("listed", case.listed.as_ref().map_or_else(String::new, |listed| listed.reason.clone())),
    ];
    for (name, value) in properties {
        if !value.is_empty() {
            test.add_property(Property::new(name, value));
        }
    }
    test
}

fn status(case: &CaseReport, bar: Bar) -> TestCaseStatus {
    let mut status = match case.verdict {
        Verdict::Skip if bar < Bar::Skip => TestCaseStatus::skipped(),
        // What JUnit has no word for: it failed, and may.
        Verdict::Known => TestCaseStatus::skipped(),
        Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        verdict if verdict.is_bad(bar) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        _ => return TestCaseStatus::success(),
    };
    if let Some(reason) = &case.reason {
        status.set_message(reason.as_str());
    }
    if let (Verdict::Known, Some(listed)) = (case.verdict, &case.listed) {
        status.set_message(format!("known: {}", listed.reason));
    } else if let Some(failure) = &case.failure {
        let mut text = format!("step {} of {}\n", failure.step, failure.steps);
        text.push_str(&format!("expected {}\nreceived {}\n", failure.expected, failure.received));
        for difference in &failure.differences {
            text.push_str(&format!(
                "{} expected {}, got {}\n",
                difference.pointer, difference.expected, difference.got
            ));
        }
        status.set_message(failure.received.as_str());
        status.set_description(text);
    }
    status.set_type(case.verdict.to_string());
    status
}
