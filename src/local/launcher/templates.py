"""CloudFormation's checks of a template, by the registry's schemas of the types in outboxctl's templates.

Sources: the schemas in the CloudFormation registry (`required`, `properties`, `createOnlyProperties`; registry.txt is made of them);
CloudFormation user guide, "Name type" (names are unique, and a resource with one can't be replaced under it) and "Troubleshooting
CloudFormation". The emulator refuses the replacement of some types itself, and more than ten Logs resource policies.
"""

import os

from emulated import need

cloudformation = need("services.cloudformation", "_stacks")
changesets = need("services.cloudformation.changesets", "_create_change_set", "_resolve_parameters", "new_uuid")
stack_handlers = need("services.cloudformation.handlers", "_ACTION_HANDLERS", "_resolve_parameters")
logs = need("services.cloudwatch_logs", "_log_groups")
responses = need("core.responses", "get_account_id", "get_region")

REGISTRY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "registry.txt")
# Properties that name a resource, except for those that the template always sets.
NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DMS::Certificate": "CertificateIdentifier",
    "AWS::DMS::Endpoint": "EndpointIdentifier",
    "AWS::DMS::ReplicationInstance": "ReplicationInstanceIdentifier",
    "AWS::DMS::ReplicationSubnetGroup": "ReplicationSubnetGroupIdentifier",
    "AWS::DMS::ReplicationTask": "ReplicationTaskIdentifier",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBClusterParameterGroup": "DBClusterParameterGroupName",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::RDS::DBParameterGroup": "DBParameterGroupName",
    "AWS::RDS::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
}
# Types whose names are global in the account.
GLOBAL = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::S3::Bucket")


class Type:
    """A resource type, from its line in the registry."""

    def __init__(self, line):
        self.name, _, _, *sets = line.split(" ")
        self.replacing, self.required, others = (set() if names == "-" else set(names.split(",")) for names in sets)
        self.known = self.required | others
        self.names = NAMES.get(self.name)


def types():
    with open(REGISTRY, encoding="utf-8") as file:
        return [Type(line) for line in file.read().splitlines()]


def validate(kind, logical_id, props):
    """Refuses properties that the type does not have, and the lack of those that it needs."""
    problems = [f"#: required key [{name}] not found" for name in sorted(kind.required - set(props))]
    problems += [f"#: extraneous key [{name}] is not permitted" for name in sorted(set(props) - kind.known)]
    if problems:
        raise ValueError(f"Properties validation failed for resource {logical_id} with message: {' '.join(problems)}")


def stacks(kind):
    """Yields each stack that shares the names of this type."""
    account, region = responses.get_account_id(), responses.get_region()
    for (of, where, _), stack in list(cloudformation._stacks.all_items()):
        if of == account and (where == region or kind.name in GLOBAL) and stack.get("StackStatus") != "DELETE_COMPLETE":
            yield stack


def refuse_taken(kind, logical_id, props, stack_name):
    """Refuses a name that a resource of another stack has, or that was made without CloudFormation."""
    name = kind.names and props.get(kind.names)
    if not name:
        return
    for stack in stacks(kind):
        for other, resource in list(stack.get("_resources", {}).items()):
            taken = resource.get("ResourceType") == kind.name and (resource.get("Properties") or {}).get(kind.names) == name
            if taken and resource.get("PhysicalResourceId") and (stack["StackName"], other) != (stack_name, logical_id):
                raise ValueError(f"{name} already exists in stack {stack['StackId']}")
    # The emulator would adopt it.
    if kind.name == "AWS::Logs::LogGroup" and name in logs._log_groups:
        raise ValueError(f"Resource of type 'AWS::Logs::LogGroup' with identifier '{name}' already exists.")


def refuse_replacement(kind, old_props, new_props):
    """Refuses a change that replaces a resource but keeps its name."""
    name = kind.names and old_props.get(kind.names)
    if not name or new_props.get(kind.names) != name:
        return
    if any(old_props.get(changed) != new_props.get(changed) for changed in kind.replacing):
        raise ValueError("CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                         f"Rename {name} and update the stack again.")


def checking(kind, emulated):
    """Returns the handlers of a type with these checks."""

    def create(logical_id, props, stack_name):
        validate(kind, logical_id, props)
        refuse_taken(kind, logical_id, props, stack_name)
        return emulated["create"](logical_id, props, stack_name)

    def update(physical_id, old_props, new_props, stack_name, logical_id=None):
        validate(kind, logical_id or physical_id, new_props)
        refuse_replacement(kind, old_props, new_props)
        more = (logical_id,) if emulated.get("update_with_logical_id") else ()
        return emulated["update"](physical_id, old_props, new_props, stack_name, *more)

    return {**emulated, "create": create, **({"update": update, "update_with_logical_id": True} if "update" in emulated else {})}


def install(handlers):
    """Installs the checks, after everything else that changes handlers: refused requests reach none of them."""
    for kind in types():
        handlers[kind.name] = checking(kind, handlers[kind.name])


def install_parameter_checks():
    """Refuses parameters that a template does not have, and a template whose parameters lack a value, in
    CloudFormation's words. The emulator accepts the former."""

    def checking(emulated):
        def resolve(template, provided, *rest):
            known = template.get("Parameters") or {}
            given = {parameter.get("Key") or parameter.get("ParameterKey") for parameter in provided}
            unknown = sorted(given - set(known))
            if unknown:
                raise ValueError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
            missing = sorted(name for name, definition in known.items() if name not in given and "Default" not in definition)
            if missing:
                raise ValueError(f"Parameters: [{', '.join(missing)}] must have values")
            return emulated(template, provided, *rest)

        return resolve

    for module in (changesets, stack_handlers):
        module._resolve_parameters = checking(module._resolve_parameters)


def install_reviews():
    """Adds a further change set of the type CREATE to the stack in review, as CloudFormation does (CreateChangeSet in the API
    reference: the type creates a stack for a new name). The emulator would put another stack under the name, so that one of two
    deploys at the same time would look for a stack that is gone."""
    emulated, uuid, kept = changesets._create_change_set, changesets.new_uuid, []
    # The id of the stack is the first of the request.
    changesets.new_uuid = lambda: kept.pop() if kept else uuid()

    def create(params):
        name = params.get("StackName", "")
        stack = cloudformation._stacks.get(name[0] if isinstance(name, list) else name) or {}
        if stack.get("StackStatus") == "REVIEW_IN_PROGRESS":
            kept.append(stack["StackId"].rsplit("/", 1)[1])
        try:
            return emulated(params)
        finally:
            kept.clear()

    stack_handlers._ACTION_HANDLERS["CreateChangeSet"] = create
