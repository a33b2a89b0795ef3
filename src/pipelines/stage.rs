//! Classes of stages by their names.

/// First parts of the names of stages without durable data.
const DEVELOPMENT: &[&str] = &["dev", "test", "demo", "ci", "e2e", "sandbox", "local", "pr", "tmp"];

/// Returns whether the stage is for development: no deletion protection, no snapshots.
pub fn is_development(stage: &str) -> bool {
    stage.split('-').next().is_some_and(|first| DEVELOPMENT.contains(&first))
}

/// Returns whether changes to the stage need a confirmation.
pub fn is_production(stage: &str) -> bool {
    stage.split('-').any(|part| matches!(part, "prod" | "production" | "live"))
}

#[cfg(test)]
mod tests {
    use super::{is_development, is_production};

    #[test]
    fn stage_names_determine_protection() {
        assert!(is_development("dev") && is_development("pr-17") && is_development("dev-jo"));
        assert!(!is_development("prod") && !is_development("staging") && !is_development("developers"));
        assert!(is_production("prod") && is_production("eu-prod") && is_production("production"));
        assert!(!is_production("dev") && !is_production("products"));
    }
}
