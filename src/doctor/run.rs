//! Runs checks in parallel, each with its own time limit: a check that fails or hangs does not affect the others.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join_all};

use super::Finding;
use crate::base::error::Result;
use crate::pipelines::Hop;

/// One check: its subject and its work.
pub struct Check<'a> {
    name: &'static str,
    hop: Option<Hop>,
    work: BoxFuture<'a, Result<Vec<Finding>>>,
}

impl<'a> Check<'a> {
    pub fn new(name: &'static str, work: impl Future<Output = Result<Vec<Finding>>> + Send + 'a) -> Self {
        Self { name, hop: None, work: work.boxed() }
    }

    /// Creates a check of a hop.
    pub fn at(hop: Hop, name: &'static str, work: impl Future<Output = Result<Vec<Finding>>> + Send + 'a) -> Self {
        Self { name, hop: Some(hop), work: work.boxed() }
    }
}

/// Callback for each finding, called as soon as the check ends.
pub type OnFinding<'a> = &'a (dyn Fn(&Finding) + Sync);

/// Runs all checks in parallel. Returns the findings in the order of the checks, and reports each as it comes.
pub async fn run(checks: Vec<Check<'_>>, limit: Duration, on_finding: OnFinding<'_>) -> Vec<Finding> {
    let all = checks.into_iter().map(|Check { name, hop, work }| async move {
        let mut findings = match tokio::time::timeout(limit, work).await {
            Ok(Ok(findings)) => findings,
            Ok(Err(error)) => vec![Finding::of_error(name, &error)],
            Err(_) => {
                let text = format!("no answer within {} s", limit.as_secs_f64());
                vec![Finding::not_checked(name, text)]
            }
        };
        for finding in &mut findings {
            finding.hop = finding.hop.or(hop);
            on_finding(finding);
        }
        findings
    });
    join_all(all).await.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;
    use crate::base::error::{Error, Kind};
    use crate::doctor::State;

    #[tokio::test]
    async fn hanging_and_failing_checks_do_not_affect_others() {
        let heard = Mutex::new(Vec::new());
        let checks = vec![
            Check::new("hangs", std::future::pending()),
            Check::new("is refused", async { Err(Error::new(Kind::AccessDenied, "rds:Describe is not allowed")) }),
            Check::at(Hop::Database, "is broken", async { Err(Error::new(Kind::DatabaseUnreachable, "no answer")) }),
            Check::new("works", async { Ok(vec![Finding::ok("works", "fine"), Finding::ok("more", "fine")]) }),
        ];
        let on_finding = |finding: &Finding| heard.lock().push(finding.check.clone());
        let findings = run(checks, Duration::from_secs(1), &on_finding).await;
        let seen: Vec<_> = findings.iter().map(|finding| (finding.check.as_str(), finding.state)).collect();
        assert_eq!(
            seen,
            [
                ("hangs", State::NotChecked),
                ("is refused", State::NotChecked),
                ("is broken", State::Failed),
                ("works", State::Ok),
                ("more", State::Ok),
            ]
        );
        assert_eq!(findings[2].hop, Some(Hop::Database));
        assert!(findings[0].message.contains("1 s") && findings[2].remedy.is_some());
        assert_eq!(heard.into_inner().last().map(String::as_str), Some("hangs"));
    }
}
