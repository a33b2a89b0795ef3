"""Rights of Lambda and API Gateway on a function, by the policies of its role and its own.

Sources: Lambda developer guide, "Defining Lambda function permissions with an execution role", "Giving Lambda functions access to
resources in an Amazon VPC" (the six EC2 actions), "Sending Lambda function logs to CloudWatch Logs"; API Gateway developer guide,
"AWS Lambda integrations for HTTP APIs" (the function's policy).
"""

import logging

from emulated import need
import rights
import sockets

apigateway = need("services.apigateway", "_invoke_lambda_proxy", "_extract_lambda_ref_from_integration_uri")
iam = need("services.iam", "_roles")
lambdas = need("services.lambda_svc", "_functions", "_vpc_config_with_id", "_emit_lambda_logs", "_route_async_failure",
               "function_policy_for_arn")
logs = need("services.cloudwatch_logs", "_log_groups")
runtime = need("core.lambda_runtime", "_workers", "_lock")
responses = need("core.responses", "get_account_id", "get_region")

log = logging.getLogger("outboxctl")

NETWORK_INTERFACES = [f"ec2:{name}" for name in (
    "CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface", "AssignPrivateIpAddresses",
    "UnassignPrivateIpAddresses")]


def usable(emulated):
    """Returns handlers of a function that keep its VpcConfig, which the emulator ignores in a template, and require the
    rights of its role that CreateFunction requires."""

    def check(name, props):
        role = props.get("Role", "")
        trusted = (iam._roles.get(role.rsplit("/", 1)[-1]) or {}).get("AssumeRolePolicyDocument")
        if not rights.service_allows([trusted], "lambda.amazonaws.com", "sts:AssumeRole", role):
            raise ValueError("The role defined for the function cannot be assumed by Lambda.")
        if (props.get("VpcConfig") or {}).get("SubnetIds"):
            for action in NETWORK_INTERFACES:
                if not rights.role_allows(role, name, action, "*"):
                    call = action.split(":")[1]
                    raise ValueError(f"The provided execution role does not have permissions to call {call} on EC2")

    def keep(made, props):
        lambdas._functions[made[0]]["config"]["VpcConfig"] = lambdas._vpc_config_with_id(props.get("VpcConfig"))
        return made

    def create(logical_id, props, stack_name):
        check(logical_id, props)
        return keep(emulated["create"](logical_id, props, stack_name), props)

    def update(physical_id, old_props, new_props, *rest):
        check(physical_id, new_props)
        return keep(emulated["update"](physical_id, old_props, new_props, *rest), new_props)

    return {**emulated, "create": create, "update": update}


def visitor(question):
    """Returns the place of the function that holds the client's end of a connection; nothing for other programs.

    A function without a VPC has no subnets."""
    with runtime._lock:
        workers = [worker for entries in runtime._workers.values() for worker in entries]
    processes = {process.pid: worker for worker in workers for process in [worker._proc] if process}
    found = sockets.holder(processes, question["client"], question["server"])
    if found is None:
        return {}
    vpc = processes[found].config.get("VpcConfig") or {}
    return {"place": {"subnets": vpc.get("SubnetIds") or [], "groups": vpc.get("SecurityGroupIds") or []}}


def install_logs():
    """Drops a function's log if the role may not write it, or its group is missing."""
    emulated = lambdas._emit_lambda_logs

    def emit(func, *rest, **named):
        config = func.get("config") or func
        arn, role, name = config.get("FunctionArn", ""), config.get("Role", ""), config.get("FunctionName", "")
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
        prefix = ":".join(["arn:aws:logs", *arn.split(":")[3:5], "log-group", group])
        needed = [("logs:CreateLogStream", f"{prefix}:log-stream:s"), ("logs:PutLogEvents", f"{prefix}:log-stream:s")]
        if group not in logs._log_groups:
            needed.append(("logs:CreateLogGroup", prefix))
        if all(rights.role_allows(role, name, *one) for one in needed):
            emulated(func, *rest, **named)

    lambdas._emit_lambda_logs = emit


# Right that a function's role needs for each kind of destination.
DESTINATIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction", "events": "events:PutEvents",
                "s3": "s3:PutObject"}


def install_destinations():
    """Drops the record of a failed asynchronous invocation if the function's role may not send it to the destination
    ("Capturing records of Lambda asynchronous invocations")."""
    emulated = lambdas._route_async_failure

    def route(destination, name, *rest):
        service = destination.split(":")[2] if destination.count(":") > 4 else ""
        role = (lambdas._functions.get(name) or {}).get("config", {}).get("Role", "")
        resource = f"{destination}/*" if service == "s3" else destination
        if service in DESTINATIONS and role and not rights.role_allows(role, name, DESTINATIONS[service], resource):
            log.warning("record of a failed invocation of %s not sent, and lost: its role does not allow %s on %s",
                        name, DESTINATIONS[service], resource)
            return
        emulated(destination, name, *rest)

    lambdas._route_async_failure = route


def install_permissions():
    """Makes API Gateway invoke only functions whose policy allows it for the route; otherwise the caller gets its error
    500."""
    emulated = apigateway._invoke_lambda_proxy

    async def invoke(integration, api_id, stage, path, method, headers, body, query_params, route_key="$default", *rest, **named):
        function = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        account, region = named.get("owner_account_id") or responses.get_account_id(), named.get("owner_region") or responses.get_region()
        verb, _, route = route_key.partition(" ")
        source = f"arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/{verb}{route}"
        found = lambdas.function_policy_for_arn(function) if function.startswith("arn:") else None
        if found and not rights.service_allows([found[0]], "apigateway.amazonaws.com", "lambda:InvokeFunction", function, source):
            return 500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}'
        return await emulated(integration, api_id, stage, path, method, headers, body, query_params, route_key, *rest, **named)

    apigateway._invoke_lambda_proxy = invoke


def install():
    install_logs()
    install_destinations()
    install_permissions()
