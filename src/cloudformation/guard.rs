//! Guards existing resources against replacement and removal.

use std::collections::BTreeSet;

use super::changes::{Change, Effect};
use crate::base::error::{Error, Kind, Result};
use crate::base::report::Reporter;

/// Permission to destroy data, and the consent to replacements.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    /// Resources that hold data may be replaced or removed.
    pub allow_replacement: bool,
    pub consent: Consent,
}

/// The user's consent to replacing a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Given by a flag.
    Given,
    /// Ask on the terminal.
    Ask,
    /// Never ask.
    Never,
}

/// One question at a time, for all stacks.
static ASKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl Guard {
    /// Allows or refuses the changes of a stack. `named` are the resources whose names the template gives.
    ///
    /// # Errors
    /// `Usage` if data would be lost, `NeedsInput` if a replacement needs consent and the user can't be asked.
    pub(super) async fn allow(
        self,
        reporter: &dyn Reporter,
        stack: &str,
        changes: &[Change],
        named: &BTreeSet<String>,
    ) -> Result<()> {
        let described = |test: fn(&Change) -> bool| {
            changes.iter().filter(|change| test(change)).map(Change::describe).collect::<Vec<_>>().join("; ")
        };
        let destroyed = described(Change::destroys_data);
        if !destroyed.is_empty() && !self.allow_replacement {
            let error = Error::new(Kind::Usage, format!("stack {stack}: this would destroy data: {destroyed}"))
                .hint("to allow it, pass --allow-replacement; nothing was changed in this stack");
            let fixed: Vec<_> = changes
                .iter()
                .filter(|change| change.effect == Effect::Replace && named.contains(&change.resource))
                .map(|change| change.resource.as_str())
                .collect();
            return Err(match fixed.is_empty() {
                true => error,
                false => error.hint(format!(
                    "--allow-replacement does not help for {}: CloudFormation can't replace a resource with a fixed \
                     name, because the new one would need the same name; deploy another stage instead",
                    fixed.join(", ")
                )),
            });
        }
        let replaced = described(|change| change.effect == Effect::Replace);
        if replaced.is_empty() || self.consent == Consent::Given {
            return Ok(());
        }
        let question = format!("stack {stack}: replace resources? {replaced}");
        if self.consent == Consent::Never {
            return Err(Error::new(Kind::NeedsInput, question).hint("pass --yes to agree"));
        }
        let _one = ASKING.lock().await;
        match reporter.confirm(&question).await? {
            true => Ok(()),
            false => Err(Error::new(Kind::Failed, format!("stack {stack}: nothing was changed"))),
        }
    }
}
