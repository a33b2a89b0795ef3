//! The result as JUnit XML, for CI systems that show tests.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::report::{Report, title};
use crate::error::{Error, Kind, OrFail, Result};
use crate::output::clean;

const SUITE: &str = "outboxctl verify";

/// A case for each thing that has to hold at each hop.
///
/// # Errors
/// The text can't be XML.
pub fn document(report: &Report, duplicates_allowed: bool) -> Result<String> {
    let mut suite = TestSuite::new(SUITE);
    suite.set_time(Duration::from_secs_f64(report.seconds.max(0.0)));
    suite.add_property(("run", report.run.as_str()));
    suite.add_property(("committed", report.committed.to_string().as_str()));
    for hop in &report.hops {
        let name = title(hop.hop);
        let twice = if duplicates_allowed { 0 } else { hop.duplicated };
        for (what, wrong, named) in [
            ("every event arrives", hop.lost, &hop.lost_events),
            ("each event arrives once", twice, &hop.duplicated_events),
            ("events arrive in order per aggregate", hop.out_of_order, &hop.out_of_order_events),
        ] {
            let text = format!("{wrong} of {} events: {}", report.committed, named.join(", "));
            suite.add_test_case(case(&format!("{name}: {what}"), (wrong > 0).then_some(text)));
        }
    }
    let stray = &report.rolled_back_arrived;
    let text = (!stray.is_empty()).then(|| format!("delivered: {}", stray.join(", ")));
    suite.add_test_case(case("what is rolled back arrives nowhere", text));
    write(suite)
}

/// One case for a run that could not come to a result.
///
/// # Errors
/// The text can't be XML.
pub fn broken(error: &Error) -> Result<String> {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(clean(error.message())).set_type(error.kind().name());
    let mut suite = TestSuite::new(SUITE);
    let mut case = TestCase::new("verify", status);
    case.set_classname(SUITE);
    suite.add_test_case(case);
    write(suite)
}

fn case(name: &str, wrong: Option<String>) -> TestCase {
    let status = wrong.map_or_else(TestCaseStatus::success, |text| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(text).set_type(Kind::Verify.name());
        status
    });
    let mut case = TestCase::new(name, status);
    case.set_classname(SUITE);
    case
}

fn write(suite: TestSuite) -> Result<String> {
    let mut document = Document::new(SUITE);
    document.add_test_suite(suite);
    document.to_string().or_fail(Kind::Unexpected, || "the JUnit report can't be written".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::Hop;
    use crate::verify::Ledger;

    #[test]
    fn a_case_for_each_promise_at_each_hop() {
        let mut report = Ledger::new("run", &[Hop::Kinesis, Hop::Events]).report();
        report.hops[1].duplicated = 2;
        report.hops[1].duplicated_events = vec!["run-1".into()];
        let text = document(&report, false).expect("XML");
        assert!(text.contains(r#"tests="7" skipped="0" failures="1" errors="0""#), "{text}");
        assert!(text.contains("bus: each event arrives once") && text.contains("run-1"), "{text}");
        assert!(document(&report, true).expect("XML").contains(r#"failures="0""#));
        let error = Error::new(Kind::StreamMissing, "there is no <stream>");
        let text = broken(&error).expect("XML");
        assert!(text.contains(r#"errors="1""#) && text.contains("there is no &lt;stream"), "{text}");
    }
}
