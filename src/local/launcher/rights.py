"""Rights: the sessions of the pipeline's roles that AWS services get, and a record of every authorization decision.

A service that works with a role of the account assumes it: its principal is in the role's trust policy, whose conditions
see the source that the service names (IAM user guide, "The confused deputy problem"). The gateway, which stands for these
services, names them in headers of its AssumeRole.

With OUTBOXCTL_RIGHTS_RECORDS, a folder, each different decision is recorded there with its policies.
.ci/rights evaluates them with an independent simulator.
"""

import base64
import contextvars
import dataclasses
import hashlib
import json
import os
import re
import threading

import network
from emulated import need

evaluator = need("core.iam_evaluator", "EvalContext", "EvalResult", "AuthError", "enforce", "resolve_principal", "evaluate_trust_policy",
                 "evaluate", "evaluate_resource_policy", "parse_policy_document", "_resource_policy",
                 "_resolve_managed_policy_document")
actions = need("core.iam_actions", "access_denied_response", "extract_resource_arn")
cloudformation = need("services.cloudformation", "_stacks")
iam = need("services.iam", "_roles")
kinesis = need("services.kinesis", "_shard_iterators")
streams = need("services.dynamodb_streams", "_decode_iterator")
sts = need("services.sts", "register_session", "_sessions")
responses = need("core.responses", "get_account_id", "get_region")

RECORDS = os.environ.pop("OUTBOXCTL_RIGHTS_RECORDS", "")
# The service for which the gateway asks, with the source that it names and its place in a VPC.
caller = contextvars.ContextVar("caller", default=None)
# Place of the session that is being made; None outside of a VPC.
place = contextvars.ContextVar("place", default=None)
# Set if the request comes from the executable of outboxctl itself.
operator = contextvars.ContextVar("operator", default=False)
# Set if the policy of a VPC endpoint denied a request.
denied_by_endpoint = contextvars.ContextVar("denied_by_endpoint", default=False)


def read_headers(headers):
    """Reads the gateway's headers of a request."""
    given = headers.get(b"x-outboxctl-service")
    asked = json.loads(base64.b64decode(given)) if given else None
    caller.set(asked)
    place.set(asked and asked.get("place"))
    operator.set(b"app/outboxctl" in headers.get(b"user-agent", b""))
    denied_by_endpoint.set(False)


def source_context(source):
    """Returns the condition keys for the resource on whose behalf a service calls; none without a source."""
    return {"aws:sourcearn": source, "aws:sourceaccount": source.split(":")[4]} if source else {}


def install_service_sessions():
    """Applies the trust policy's principals and conditions to services; the emulator lets every service pass as
    root."""
    emulated, register = evaluator.evaluate_trust_policy, sts.register_session

    def evaluate_trust_policy(document, caller_arn, context=None):
        asked = caller.get()
        if asked is None or context is None:
            return emulated(document, caller_arn, context)
        document = json.loads(document) if isinstance(document, str) else document
        context = dataclasses.replace(
            context, principal_arn="*", principal_type="Service", principal_account="", principal_keys={},
            service_context={**context.service_context, **source_context(asked.get("source"))})
        allowed = evaluator.evaluate_resource_policy(document, context, service=asked["service"]).decision == "Allow"
        record(asked["service"], context.action, context.resource_arn, context.service_context, allowed, resource_policy=document)
        return allowed

    def register_session(access_key, session):
        register(access_key, {**session, "outboxctl_place": place.get()})

    evaluator.evaluate_trust_policy, sts.register_session = evaluate_trust_policy, register_session


def in_place(configuration, make):
    """Makes a function's session with the function's place in a VPC."""
    vpc = configuration.get("VpcConfig") or {}
    here = {"subnets": vpc["SubnetIds"], "groups": vpc.get("SecurityGroupIds") or []} if vpc.get("SubnetIds") else None
    token = place.set(here)
    try:
        return make()
    finally:
        place.reset(token)


def place_of(access_key):
    """Returns the place of a session's holder; None outside of a VPC."""
    return (sts._sessions.get(access_key) or {}).get("outboxctl_place")


# AWS managed policies that the emulator lacks, as the AWS managed policy reference shows them.
MANAGED = {
    "arn:aws:iam::aws:policy/service-role/AWSLambdaENIManagementAccess": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [
            "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses"]}],
    },
}


def install_managed_policies():
    emulated = evaluator._resolve_managed_policy_document
    evaluator._resolve_managed_policy_document = lambda arn, account: MANAGED.get(arn) or emulated(arn, account)


def service_allows(policies, service, action, resource, source=""):
    """Returns whether the policies of a resource let a service do this. Without a source, the call names none."""
    context = evaluator.EvalContext(
        principal_arn="*", principal_type="Service", principal_account="", action=action, resource_arn=resource,
        region=responses.get_region(), secure_transport=True, service_context=source_context(source))
    decisions = [evaluator.evaluate_resource_policy(policy, context, service=service).decision for policy in policies]
    allowed = "Allow" in decisions and "Deny" not in decisions
    statements = [statement for policy in map(parsed, policies) for statement in listed((policy or {}).get("Statement"))]
    record(service, action, resource, {"aws:securetransport": "true", **source_context(source)}, allowed,
           resource_policy={"Version": "2012-10-17", "Statement": statements} if statements else None)
    return allowed


def role_allows(role, session_name, action, resource):
    """Returns whether the policies of a role let a service do this with a session of it."""
    account, name = role.split(":")[4], role.rsplit("/", 1)[-1]
    arn = f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}"
    identity = documents(name, account)
    context = evaluator.EvalContext(
        principal_arn=arn, principal_type="AssumedRole", principal_account=account, action=action, resource_arn=resource,
        region=responses.get_region(), secure_transport=True)
    allowed = evaluator.evaluate(context, list(map(evaluator.parse_policy_document, identity))).decision == "Allow"
    record(arn, action, resource, {"aws:securetransport": "true", "aws:principalaccount": account, "aws:principalarn": arn}, allowed, identity)
    return allowed


def install_decisions():
    """Checks the endpoint's policy of a request that came by a VPC endpoint (VPC user guide, "Control access to VPC
    endpoints using endpoint policies"), and records every decision."""
    emulated, denied = evaluator.enforce, actions.access_denied_response

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        result = emulated(access_key_id, iam_action, service, region, resource_arn, service_context)
        if isinstance(result, evaluator.AuthError):
            return result
        if (iam_action, resource_arn) == ("kinesis:GetRecords", "*"):
            # An iterator that has expired, or is from before a restart, leads to no stream whose rights could be checked. The
            # service refuses it, as AWS does, and the reader gets another one.
            return None
        principal = evaluator.resolve_principal(access_key_id or "", responses.get_account_id())
        if isinstance(principal, evaluator.AuthError):
            return result
        endpoint = network.endpoint.get()
        policy = endpoint and endpoint.get("PolicyDocument")
        context = {name.lower(): value for name, value in (service_context or {}).items() if value is not None}
        if result is None and policy:
            asked = evaluator.EvalContext(
                principal_arn=principal.arn, principal_type=principal.type, principal_account=principal.account, action=iam_action,
                resource_arn=resource_arn, region=region, service_context=context, principal_keys=principal.keys)
            result = evaluator.evaluate_resource_policy(policy, asked)
            result.principal_arn = principal.arn
            denied_by_endpoint.set(result.decision != "Allow")
            result = None if result.decision == "Allow" else result
        if RECORDS:
            keep(principal, service, iam_action, resource_arn, context, result is None, policy)
        return result

    def access_denied_response(service, action, principal_arn, request_id, *, message="", **named):
        if denied_by_endpoint.get() and not message:
            message = (f"User: {principal_arn} is not authorized to perform: {action} on resource: {named.get('resource_arn', '*')} "
                       f"because no VPC endpoint policy allows the {action} action")
        return denied(service, action, principal_arn, request_id, message=message, **named)

    evaluator.enforce, actions.access_denied_response = enforce, access_denied_response


def keep(principal, service, action, resource, context, allowed, endpoint_policy):
    """Records a decision about a request to the API: of a role's session, or of outboxctl itself."""
    found = evaluator._resource_policy(service, resource)
    context = {"aws:securetransport": "true", "aws:principalaccount": principal.account, "aws:principalarn": principal.arn, **context}
    if principal.type == "AssumedRole":
        identity = documents(principal.arn.split("/")[1], principal.account)
        record(principal.arn, action, resource, context, allowed, identity, found and found[0], endpoint_policy)
    elif operator.get():
        record("operator", action, resource, context, allowed)


def documents(role_name, account):
    """Returns the policy documents of a role."""
    role = iam._roles.get_scoped(account, None, role_name) or {}
    attached = [evaluator._resolve_managed_policy_document(arn, account) for arn in role.get("AttachedPolicies", [])]
    return [*(role.get("InlinePolicies") or {}).values(), *filter(None, attached)]


written, writing = set(), threading.Lock()
# Parts that vary between calls of one kind: ids, times, hashes.
VARYING = re.compile(r"[0-9a-f-]{8,}|\d+")


def parsed(document):
    """Returns a policy as an object, or None."""
    return (json.loads(document) if isinstance(document, str) and document else document) or None


def named_keys(policies):
    """Returns the condition keys that policies name, in lower case."""
    statements = [statement for policy in policies for statement in listed(policy.get("Statement"))]
    blocks = [block for statement in statements for block in (statement.get("Condition") or {}).values()]
    return {key.lower() for block in blocks for key in block}


def made_by(principal, resource):
    """Returns stack and logical id of the role that calls, or that is assumed: a physical name may be truncated."""
    name = next((arn.split("role/", 1)[1].split("/")[0] for arn in (principal, resource) if "role/" in arn), None)
    for (_, _, stack_name), stack in list(cloudformation._stacks.all_items()):
        for logical_id, made in list(stack.get("_resources", {}).items()):
            if name and made.get("ResourceType") == "AWS::IAM::Role" and made.get("PhysicalResourceId") == name:
                return {"stack": stack_name, "logical_id": logical_id}
    return None


def listed(value):
    return value if isinstance(value, list) else [value] if value else []


def record(principal, action, resource, context, allowed, identity=(), resource_policy=None, endpoint_policy=None):
    """Writes a new decision as one line of JSON. The context has the keys that the policies name."""
    if not RECORDS:
        return
    identity = [parsed(document) for document in identity]
    resource_policy, endpoint_policy = parsed(resource_policy), parsed(endpoint_policy)
    keys = named_keys(filter(None, [*identity, resource_policy, endpoint_policy]))
    decision = {
        "principal": principal, "made_by": made_by(principal, resource), "action": action, "resource": resource, "allowed": allowed, "region": responses.get_region(),
        "account": responses.get_account_id(), "context": {key: value for key, value in context.items() if key in keys},
        "identity": identity, "resource_policy": resource_policy, "endpoint_policy": endpoint_policy,
    }
    text = json.dumps(decision, default=str)
    digest = hashlib.sha256(VARYING.sub("#", text).encode()).digest()
    with writing:
        if digest in written:
            return
        written.add(digest)
        with open(os.path.join(RECORDS, f"emulator-{os.getpid()}.ndjson"), "a", encoding="utf-8") as file:
            file.write(text + "\n")


def install_stream_resources():
    """Returns the stream of a call that names a stream of a table, or only a shard iterator (service authorization
    reference, "Actions, resources, and condition keys for Amazon DynamoDB" and "for Amazon Kinesis Data Streams")."""
    emulated = actions.extract_resource_arn

    def extract(service, method, path, headers, body, *rest):
        found = emulated(service, method, path, headers, body, *rest)
        if found != "*" or service not in ("dynamodb", "dynamodbstreams", "kinesis"):
            return found
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            return found
        iterator = asked.get("ShardIterator")
        if service != "kinesis":
            return asked.get("StreamArn") or (iterator and streams._decode_iterator(iterator) or {}).get("arn") or found
        return (kinesis._shard_iterators.get(iterator) or {}).get("stream_arn", found)

    actions.extract_resource_arn = extract


def install():
    install_stream_resources()
    install_managed_policies()
    install_service_sessions()
    install_decisions()
