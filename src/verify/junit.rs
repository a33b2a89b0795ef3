//! The result as JUnit XML, for CI systems that show test results.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::report::Report;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::base::report::clean;

const SUITE: &str = "outboxctl verify";

/// Returns a test case for each check at each hop.
///
/// # Errors
/// `Unexpected` if the report can't be written as XML.
pub fn document(report: &Report, duplicates_allowed: bool) -> Result<String> {
    let mut suite = TestSuite::new(SUITE);
    suite.set_time(Duration::from_secs_f64(report.seconds.max(0.0)));
    suite.add_property(("run", report.run.as_str()));
    suite.add_property(("committed", report.committed.to_string().as_str()));
    for hop in &report.hops {
        let name = hop.hop.name();
        let twice = if duplicates_allowed { 0 } else { hop.duplicated };
        for (what, wrong, named, judged) in [
            ("every event arrives", hop.lost, &hop.lost_events, true),
            ("each event arrives once", twice, &hop.duplicated_events, true),
            ("events arrive in order per aggregate", hop.out_of_order, &hop.out_of_order_events, hop.order_judged),
        ] {
            let text = format!("{wrong} of {} events: {}", report.committed, named.join(", "));
            let status = match (judged, wrong) {
                (true, 0) => TestCaseStatus::success(),
                (true, _) => failed(text),
                (false, _) => skipped(format!("not checked, because AWS keeps no order here: {wrong} out of order")),
            };
            suite.add_test_case(case(&format!("{name}: {what}"), status));
        }
    }
    let stray = &report.rolled_back_arrived;
    let status = match stray.is_empty() {
        true => TestCaseStatus::success(),
        false => failed(format!("delivered: {}", stray.join(", "))),
    };
    suite.add_test_case(case("rolled-back events do not arrive", status));
    write(suite)
}

/// Returns one test case for a run without a result.
///
/// # Errors
/// `Unexpected` if the report can't be written as XML.
pub fn broken(error: &Error) -> Result<String> {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(clean(error.message())).set_type(error.kind().name());
    let mut suite = TestSuite::new(SUITE);
    suite.add_test_case(case("verify", status));
    write(suite)
}

fn failed(text: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(text).set_type(Kind::Verify.name());
    status
}

fn skipped(text: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(text);
    status
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
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
    use crate::pipelines::Hop;
    use crate::verify::Ledger;

    #[test]
    fn each_check_at_each_hop_has_a_case() {
        let mut report = Ledger::new("run", Hop::Database, &[Hop::Stream, Hop::Bus], &[Hop::Stream]).report();
        report.hops[1].duplicated = 2;
        report.hops[1].duplicated_events = vec!["run-1".into()];
        let text = document(&report, false).expect("XML");
        assert!(text.contains(r#"tests="7" skipped="1" failures="1" errors="0""#), "{text}");
        assert!(text.contains("bus: each event arrives once") && text.contains("run-1"), "{text}");
        assert!(document(&report, true).expect("XML").contains(r#"failures="0""#));
        // Events out of order fail the case where order is judged, and are a remark where it is not.
        (report.hops[0].out_of_order, report.hops[1].out_of_order) = (1, 3);
        let text = document(&report, true).expect("XML");
        assert!(text.contains(r#"skipped="1" failures="1""#) && text.contains("here: 3 out of order"), "{text}");
        report.hops[1].order_judged = true;
        assert!(document(&report, true).expect("XML").contains(r#"skipped="0" failures="2""#));
        let error = Error::new(Kind::StreamMissing, "stream <s> not found");
        let text = broken(&error).expect("XML");
        assert!(text.contains(r#"errors="1""#) && text.contains("stream &lt;s"), "{text}");
    }
}
