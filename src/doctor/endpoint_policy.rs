//! Calls that the policy of a VPC endpoint refuses in any case. Pure.
//!
//! Only certain refusals count: conditions are taken as fulfilled where they would allow a call, and as not fulfilled where
//! they would deny it. Source: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements".

use serde_json::Value;

/// Returns whether the policy refuses this action on the resource: no statement can allow it, or one denies it. An action
/// on `*`, for a resource that is not known, is refused only if the policy has no statement that could allow it. An endpoint without a policy
/// allows all.
pub fn refuses(policy: &Value, action: &str, resource: &str) -> bool {
    // CloudFormation and the API write policies as objects or as their text.
    let parsed = policy.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let policy = parsed.as_ref().unwrap_or(policy);
    let Some(statements) = policy.get("Statement") else { return false };
    let statements: Vec<_> = listed(statements).collect();
    let about = |statement: &&&Value| {
        names(statement, "Action", "NotAction", action)
            && (resource == "*" || names(statement, "Resource", "NotResource", resource))
    };
    let has_effect =
        |effect: &str| statements.iter().copied().filter(move |one| one["Effect"] == effect).collect::<Vec<_>>();
    let denied = has_effect("Deny");
    let denied = denied.iter().filter(about).any(|one| {
        let everywhere = resource != "*" || listed(&one["Resource"]).any(|one| one == "*");
        one.get("Condition").is_none() && is_everyone(one) && everywhere
    });
    denied || !has_effect("Allow").iter().any(|one| about(&one))
}

/// Returns whether the element of a statement, or its negation, covers the value.
fn names(statement: &Value, element: &str, negation: &str, value: &str) -> bool {
    let covers = |list: &Value| listed(list).filter_map(Value::as_str).any(|pattern| matches(pattern, value));
    match (statement.get(element), statement.get(negation)) {
        (Some(list), _) => covers(list),
        (None, Some(list)) => !covers(list),
        (None, None) => false,
    }
}

fn is_everyone(statement: &Value) -> bool {
    let principal = &statement["Principal"];
    principal == "*" || listed(&principal["AWS"]).any(|one| one == "*")
}

/// Returns the elements of a list, or a single value.
fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

/// Returns whether a pattern with `*` and `?` covers the text. Actions are not case-sensitive; ARNs are lower-case where
/// this makes a difference for these services.
fn matches(pattern: &str, text: &str) -> bool {
    fn rest(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', after)), _) => (0..=text.len()).any(|skipped| rest(after, &text[skipped..])),
            (Some((b'?', after)), Some((_, text))) => rest(after, text),
            (Some((one, after)), Some((other, text))) => one.eq_ignore_ascii_case(other) && rest(after, text),
            _ => false,
        }
    }
    rest(pattern.as_bytes(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const STREAM: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders";

    fn refused(statements: Value) -> bool {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        let text = Value::from(policy.to_string());
        let as_text = refuses(&text, "kinesis:PutRecords", STREAM);
        assert_eq!(as_text, refuses(&policy, "kinesis:PutRecords", STREAM));
        as_text
    }

    #[test]
    fn only_certain_refusals_count() {
        let allow = |action: &str, resource: &str| json!({ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource });
        assert!(!refused(json!([allow("*", "*")])));
        assert!(!refused(allow("kinesis:Put*", "arn:aws:kinesis:*:*:stream/ord*rs")));
        assert!(refused(json!([allow("kinesis:Get*", "*")])));
        assert!(refused(json!([allow("kinesis:*", "arn:aws:kinesis:eu-west-1:111122223333:stream/others")])));
        assert!(refused(json!([])));
        let conditional = json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
            "Condition": { "StringEquals": { "aws:PrincipalAccount": "111122223333" } } });
        assert!(!refused(json!([conditional])), "the condition may be fulfilled");
        let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": ["kinesis:PutRecords"], "Resource": STREAM });
        assert!(refused(json!([allow("*", "*"), deny])));
        let mut some = deny.clone();
        some["Condition"] = json!({ "Bool": { "aws:SecureTransport": "false" } });
        assert!(!refused(json!([allow("*", "*"), some])));
        assert!(refused(json!([{ "Effect": "Allow", "Principal": "*", "NotAction": "kinesis:*", "Resource": "*" }])));
        assert!(!refuses(&Value::Null, "kinesis:PutRecords", STREAM), "no policy");
    }

    #[test]
    fn an_unknown_resource_is_refused_only_where_no_resource_is_allowed() {
        let policy = json!({ "Statement": { "Effect": "Allow", "Principal": "*", "Action": "kinesis:PutRecords", "Resource": STREAM } });
        assert!(!refuses(&policy, "kinesis:PutRecords", "*"));
        assert!(refuses(&policy, "kinesis:GetRecords", "*"));
        let denied = json!({ "Statement": [policy["Statement"], { "Effect": "Deny", "Principal": "*", "Action": "kinesis:*", "Resource": STREAM }] });
        assert!(!refuses(&denied, "kinesis:PutRecords", "*"));
    }
}
