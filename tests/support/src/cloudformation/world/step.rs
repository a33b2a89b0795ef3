//! The elements of a script.

/// One event: logical id (`stack` for the stack itself), type, status, reason.
#[derive(Debug, Clone)]
pub struct Step {
    pub logical: String,
    pub kind: String,
    pub status: String,
    pub reason: String,
    /// The resource's physical id, if relevant.
    pub physical: Option<String>,
}

/// Returns steps; `stack` steps change the stack's status.
pub fn step(logical: &str, status: &str, reason: &str) -> Step {
    Step {
        logical: logical.into(),
        kind: "AWS::X::Y".into(),
        status: status.into(),
        reason: reason.into(),
        physical: None,
    }
}

impl Step {
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = kind.into();
        self
    }

    pub fn physical(mut self, id: &str) -> Self {
        self.physical = Some(id.into());
        self
    }
}

/// One change of a change set: action, logical id, type, replacement.
pub type Row = (&'static str, &'static str, &'static str, &'static str);

/// A property's values in a change set, if they are requested.
#[derive(Debug, Clone)]
pub struct Detail {
    pub resource: &'static str,
    /// Like `/Properties/Name`.
    pub path: &'static str,
    pub before: &'static str,
    pub after: &'static str,
    /// The parameter that causes the change.
    pub cause: Option<&'static str>,
}
