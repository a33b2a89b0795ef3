"""Writes src/pipelines/registry.txt: what the CloudFormation registry says about the resource types of the templates.

Usage: python .ci/registry.py, with cfn-lint installed, whose package holds the registry's schemas.

One line a type: the type, the actions that its handlers call with the caller's rights to create, read, update and delete
one, the properties whose change may replace it, those of them whose change always does, the required properties, and the other
properties that a template can set. A dash stands for none.
"""

import importlib.util
import json
import pathlib
import re

REPOSITORY = pathlib.Path(__file__).parent.parent
SCHEMAS = pathlib.Path(importlib.util.find_spec("cfnlint").origin).parent / "data" / "schemas"
# CloudFormation has no handlers of this type in the registry: these are the calls of the DMS API that make one.
WITHOUT_HANDLERS = {
    "AWS::DMS::ReplicationInstance": [
        "dms:AddTagsToResource", "dms:CreateReplicationInstance", "dms:DeleteReplicationInstance",
        "dms:DescribeReplicationInstances", "dms:ListTagsForResource", "dms:ModifyReplicationInstance",
        "dms:RemoveTagsFromResource", "ec2:DescribeAvailabilityZones", "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets", "ec2:DescribeVpcs",
    ],
}

# Calls of AWS services that handlers make without saying so.
UNSAID = {
    # Access logs (API Gateway developer guide, "Permissions to enable CloudWatch Logs for an HTTP API").
    "AWS::ApiGatewayV2::Stage": [
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
    ],
    # Dynamic references to the secret are resolved with the caller's rights.
    "AWS::RDS::DBCluster": ["secretsmanager:GetSecretValue"],
    "AWS::RDS::DBInstance": ["secretsmanager:GetSecretValue"],
}
# Services of which handlers speak for properties that no template sets.
UNUSED = (
    "docdb-elastic", "elasticfilesystem", "firehose", "redshift", "redshift-serverless", "s3files", "s3tables",
    "vpc-lattice", "vpce",
)

# Calls for properties that no template sets, and for data, which deploying does not touch.
UNUSED_CALLS = re.compile(
    r"ec2:\w*(EncryptionControl|SubnetCidrBlock|Tenancy|Vpn)\w*|events:\w+Permission|iam:\w+PermissionsBoundary"
    r"|iam:(At|De)tach(Group|User)Policy"
    r"|dynamodb:(\w+Item|Query|Scan|\w*Import\w*|\w+Replica|UpdateContributorInsights)"
    r"|kinesis:(PutRecords|Update(MaxRecordSize|StreamWarmThroughput|StreamRecordDistributionStrategy))"
    r"|kms:(GenerateDataKeyPair\w*|ReEncrypt\w*)"
    r"|lambda:(AssociateRuntimeAlias|GetLayerVersion|PassCapacityProvider)"
    r"|lambda:(Put|Delete)Function(CodeSigning|Recursion|Scaling)Config"
    r"|logs:(\w*(BearerToken|DataProtection|DeletionProtection|IndexPolic|KmsKey)\w*|CreateLogStream|PutLogEvents)"
    r"|rds:\w*(GlobalCluster|HttpEndpoint|ReadReplica|Restore|BackupsReplication|RoleToDB|RoleFromDB)\w*"
    r"|s3:(Create|Delete|Put|Update)(Bucket)?"
    r"(Abac|Accelerate|Acl|Analytics|CORS|Cors|IntelligentTiering|Inventory|Logging|Metadata|Notification|ObjectAcl"
    r"|ObjectLock|Replication|Versioning|Website)\w*"
    r"|s3:getObject|secretsmanager:\w*Region\w*|sns:Publish"
)


# Calls of that list that a property of this type does need.
NEEDED = {"AWS::Events::EventBusPolicy": ("events:PutPermission", "events:RemovePermission")}


def types():
    for template in sorted((REPOSITORY / "templates").glob("*.yaml")):
        yield from re.findall(r"^    Type: (AWS::\w+::\w+)$", template.read_text(), re.MULTILINE)


def schema(kind):
    index = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    return json.loads((SCHEMAS / "resources" / f"{index[kind]}.json").read_text())


def line(kind):
    found = schema(kind)
    handlers = found.get("handlers") or {}
    actions = {
        action.strip()
        for name in ("create", "read", "update", "delete")
        for action in handlers.get(name, {}).get("permissions", [])
    } | set(WITHOUT_HANDLERS.get(kind, [])) | set(UNSAID.get(kind, []))
    actions = {
        action for action in actions
        if re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action) and action.split(":")[0] not in UNUSED
        and (not UNUSED_CALLS.fullmatch(action) or action in NEEDED.get(kind, ()))
    }
    always = {path.split("/")[2] for path in found.get("createOnlyProperties", [])}
    replacing = always | {path.split("/")[2] for path in found.get("conditionalCreateOnlyProperties", [])}
    required = set(found.get("required", []))
    read_only = {path.split("/")[2] for path in found.get("readOnlyProperties", []) if path.count("/") == 2}
    others = set(found["properties"]) - required - read_only
    return " ".join([kind, *(",".join(sorted(names)) or "-" for names in (actions, replacing, always, required, others))])


lines = [line(kind) for kind in sorted(set(types()))]
(REPOSITORY / "src" / "pipelines" / "registry.txt").write_text("\n".join(lines) + "\n")
