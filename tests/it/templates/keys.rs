//! A secret or stream may be encrypted with a KMS key of the user's own. Then its readers and writers need the key, too:
//! the service calls KMS with their rights.

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{Document, many};
use super::stacks;

/// A call, and the right to the key that it needs: the action, the service that calls KMS, and the entry of the encryption
/// context that names the resource.
///
/// Sources: Secrets Manager user guide, "Secret encryption and decryption in AWS Secrets Manager"; Kinesis developer guide,
/// "Permissions to use user-generated KMS keys".
const NEEDS: &[(&str, [&str; 3])] = &[
    ("secretsmanager:GetSecretValue", ["kms:Decrypt", "secretsmanager", "kms:EncryptionContext:SecretARN"]),
    ("kinesis:PutRecord", ["kms:GenerateDataKey", "kinesis", "kms:EncryptionContext:aws:kinesis:arn"]),
    ("kinesis:PutRecords", ["kms:GenerateDataKey", "kinesis", "kms:EncryptionContext:aws:kinesis:arn"]),
    ("kinesis:GetRecords", ["kms:Decrypt", "kinesis", "kms:EncryptionContext:aws:kinesis:arn"]),
];

/// The statements of a role's inline policies, or of a managed policy.
fn statements(properties: &Value) -> Vec<&Value> {
    let inline = properties["Policies"].as_array().into_iter().flatten().map(|policy| &policy["PolicyDocument"]);
    let documents = inline.chain(properties.get("PolicyDocument"));
    documents.flat_map(|document| many(&document["Statement"])).collect()
}

#[test]
fn readers_and_writers_of_encrypted_resources_may_use_their_keys() {
    let mut seen = BTreeSet::new();
    for (pipeline, stack) in stacks() {
        let document = Document::of(stack);
        let roles = ["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"].into_iter();
        for (name, properties) in roles.flat_map(|kind| document.of_type(kind)) {
            let (mut needed, mut granted) = (BTreeSet::new(), BTreeSet::new());
            for statement in statements(properties) {
                for action in many(&statement["Action"]).into_iter().filter_map(Value::as_str) {
                    for (_, need) in NEEDS.iter().filter(|(call, _)| *call == action) {
                        seen.insert(action.to_owned());
                        needed.insert((need.map(str::to_owned), statement["Resource"].to_string()));
                    }
                    let Some(keys) = action.starts_with("kms:").then(|| statement["Resource"].to_string()) else {
                        continue;
                    };
                    assert!(keys.contains(":kms:") && keys.contains("key/*"), "{keys}");
                    let condition = statement["Condition"]["StringEquals"].as_object().expect("a condition");
                    assert_eq!(condition.len(), 2, "{name}: a service and a resource: {condition:?}");
                    let service = condition["kms:ViaService"].to_string();
                    let service = ["secretsmanager", "kinesis"].into_iter().find(|one| service.contains(one));
                    let context = condition.iter().find(|(key, _)| key.starts_with("kms:EncryptionContext:"));
                    let (key, resource) = context.expect("an encryption context");
                    let grant = [action, service.expect("a service"), key].map(str::to_owned);
                    granted.insert((grant, resource.to_string()));
                }
            }
            assert_eq!(granted, needed, "{}/{}/{name}: granted on the left", pipeline.name, stack.name);
        }
    }
    assert_eq!(seen.len(), NEEDS.len(), "each of the calls is allowed somewhere: {seen:?}");
}
