//! Facts of the CloudFormation registry about the resource types of the templates; `.ci/registry.py` writes them.

/// One line per type: type, actions, properties whose change may replace it, properties whose change always replaces
/// it, required properties, other properties; a dash for none.
const REGISTRY: &str = include_str!("registry.txt");

/// Returns the actions that CloudFormation calls with the caller's permissions to create, update and delete a resource
/// of this type; None for a type that is not in a template.
pub fn actions(resource_type: &str) -> Option<impl Iterator<Item = &'static str> + use<>> {
    row(resource_type).map(|(actions, _)| actions.split(',').filter(|action| !action.is_empty()))
}

/// Returns whether a change of these properties can replace a resource of this type. True if the type is unknown.
pub fn may_replace<'a>(resource_type: &str, mut properties: impl Iterator<Item = &'a str>) -> bool {
    let Some((_, replacing)) = row(resource_type) else { return true };
    properties.any(|property| replacing.split(',').any(|other| other == property))
}

fn row(resource_type: &str) -> Option<(&'static str, &'static str)> {
    let rest = REGISTRY.lines().find_map(|line| line.strip_prefix(resource_type)?.strip_prefix(' '))?;
    let mut columns = rest.split(' ').map(|column| if column == "-" { "" } else { column });
    columns.next().zip(columns.next())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::pipelines::{self, templates};

    #[test]
    fn the_registry_has_exactly_the_types_of_the_templates() {
        let stacks = pipelines::ALL.iter().flat_map(|pipeline| pipeline.stacks);
        let resources = stacks.flat_map(|stack| templates::resources(stack.template).expect("YAML"));
        let types: BTreeSet<_> = resources.map(|(_, kind)| kind).filter(|kind| kind.starts_with("AWS::")).collect();
        let listed: BTreeSet<_> = REGISTRY.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(listed, types.iter().map(String::as_str).collect(), "run .ci/registry.py");
        for kind in &types {
            assert!(actions(kind).is_some_and(|mut actions| actions.next().is_some()), "{kind} needs no action");
        }
    }

    #[test]
    fn only_some_properties_replace() {
        let of = |kind: &str, property| may_replace(kind, std::iter::once(property));
        assert!(of("AWS::Kinesis::Stream", "Name") && !of("AWS::Kinesis::Stream", "RetentionPeriodHours"));
        assert!(of("AWS::RDS::DBInstance", "Engine") && !of("AWS::CloudWatch::Alarm", "Dimensions"));
        assert!(of("AWS::New::Type", "Any"), "unknown types may be replaced");
    }
}
