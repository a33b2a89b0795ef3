"""Runs the emulator with outboxctl's additions.

Started by `outboxctl local serve` with the emulator's own environment variables, and:
  OUTBOXCTL_GATEWAY         URL of outboxctl's gateway, which provides the resource types added here
  OUTBOXCTL_RESOURCE_TYPES  CloudFormation types that it handles, separated by commas
  OUTBOXCTL_EXTENDED_TYPES  types whose record the emulator keeps, and whose resources the gateway creates
  OUTBOXCTL_PORT_FILE       file to write the port to
  OUTBOXCTL_SEED            seed of order, repetition and delays of event transports; empty: everything is delivered once,
                            in order and at once
  OUTBOXCTL_UNLIMITED       not empty: shards of Kinesis have no limits
  OUTBOXCTL_UNSAVED_FILE    file that exists while there is unsaved state
  OUTBOXCTL_RIGHTS_RECORDS  folder for authorization decisions; empty: they are not recorded
  OUTBOXCTL_EMULATOR_SECRET required value of x-outboxctl-emulator in every request: the port is open to this whole machine,
                            web pages included, and only the gateway may use it

Its arguments are the folders of its packages. It patches the emulator's modules, so it is made for one version of it:
required names are looked up before the first request, and a missing one ends it with exit code 3.
"""

import asyncio
import contextvars
import copy
import datetime
import functools
import hashlib
import hmac
import http.server
import json
import logging
import os
import shutil
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

# Modules beside this file.
import sockets
import streams
import transports

# Not through PYTHONPATH: a folder's name may hold a colon, and functions would inherit it.
sys.path[:0] = sys.argv[1:]

from emulated import need

GATEWAY = os.environ["OUTBOXCTL_GATEWAY"]
# Removed: functions inherit the environment.
SECRET = os.environ.pop("OUTBOXCTL_EMULATOR_SECRET").encode()
log = logging.getLogger("outboxctl")


persistence = need("core.persistence", "STATE_DIR", "_json_default", "_state_format_version")
# Files that are saved completely, but not moved into place yet.
COMPLETE = persistence.STATE_DIR + ".whole"


def move_into_place():
    """Moves saved files into place. Renames need no space. If interrupted, they are finished at the next start, before
    a service reads its file."""
    if os.path.exists(COMPLETE):
        os.makedirs(persistence.STATE_DIR, exist_ok=True)
        for name in os.listdir(COMPLETE):
            os.replace(os.path.join(COMPLETE, name), os.path.join(persistence.STATE_DIR, name))
        os.rmdir(COMPLETE)


move_into_place()
provisioners = need("services.cloudformation.provisioners", "_RESOURCE_HANDLERS", "_physical_name")
stacks = need("services.cloudformation.stacks", "_runs_on_worker_thread")
rds = need("services.rds", "_instances")
dynamodb = need("services.dynamodb", "_enable_kinesis_streaming_destination", "_disable_kinesis_streaming_destination",
                "_kinesis_destinations", "_fan_out_to_kinesis", "_update_ttl", "_ttl_settings", "_tables", "_lock",
                "_remove_item", "_emit_stream_event", "_build_change_record", "_stream_records",
                "_stream_trimmed", "get_state", "_restore_state")
kinesis = need("services.kinesis", "_expire_iterators", "_expire_records", "_next_sequence_number", "_streams",
               "_shard_iterators", "_consumers", "_subscriptions", "SUBSCRIPTION_SECONDS", "_create_stream", "_put_record", "_put_records",
               "_get_records", "_list_shards", "_split_shard", "_merge_shards", "_update_shard_count",
               "_describe_stream_summary", "_subscribe_to_shard", "_route_to_shard", "_shard_out", "_resolve_stream",
               "_resolve_stream_by_arn", "_consumer_from_arn", "_partition_key_to_hash", "_start_position",
               "_eventstream_message", "error_response_json", "json_response")
eventbridge = need("services.eventbridge", "_dispatch_event", "_invoke_target", "_dispatch_to_lambda", "_pattern_event_view",
                   "_apply_input_transformer", "_matches_pattern_view", "_rules", "_targets", *transports.CHANGES)
lambdas = need("services.lambda_svc", "_get_func_record_for_ref", "_execution_record_for_config", "function_policy_for_arn",
               "invoke_async_with_retry", "_provided_worker_env", "_runtime_env_vars", "_prune_orphan_code_blobs",
               "execution_credentials")
s3 = need("services.s3", "_delete_persisted_bucket")
changesets = need("services.cloudformation.changesets", "_resolve_parameters")
cloudformation = need("services.cloudformation.handlers", "_resolve_parameters")
ec2 = need("services.ec2", "_vpcs")
runtime = need("core.lambda_runtime", "execution_credentials", "_account_region_from_function_config")
evaluator = need("core.iam_evaluator", "EvalContext", "authenticate", "evaluate", "resolve_credential", "resolve_principal", "CredentialResolutionError")
custom_resources = need("services.cloudformation.custom_resource", "_response_url")
wait_conditions = need("services.cloudformation.wait_conditions", "handle_url")
sqs = need("services.sqs", "queue_policy_for_arn", "_queue_by_arn", "_act_send_message")
logs = need("services.cloudwatch_logs", "_log_groups", "_resource_policies", "_log_group_policies",
            "_create_log_stream", "_put_log_events")
responses = need("core.responses", "get_account_id", "get_region", "set_request_account_id", "set_request_region",
                 "StreamingResponse")
application = need("app", "app", "save_all", "_collect_scripts", "_parse_execute_api_url", "_parse_lambda_url", "_enforce_execute_api",
                   "_execute_api_authorization_type", "_handle_pre_body_request", "_handle_post_body_shortcuts",
                   "_handle_s3_control_request", "_handle_rds_data_request", "_handle_ses_v2_request",
                   "_handle_ecr_registry_request", "_dispatch_service_request")

# They patch the modules above, and need them complete.
import cloud_control
import functions
import network
import rights
import templates


def types(variable):
    return [name for name in os.environ.get(variable, "").split(",") if name]


def ask_gateway(action, resource_type, logical_id, stack_name, physical_id=None, properties=None, old_properties=None):
    """Lets the gateway create, update or delete a resource. The gateway's error becomes the resource's status
    reason."""
    body = json.dumps({
        "resource_type": resource_type, "logical_id": logical_id or "", "stack_name": stack_name or "",
        "region": responses.get_region(), "physical_id": physical_id,
        "properties": properties or {}, "old_properties": old_properties or {},
    }).encode()
    request = urllib.request.Request(
        f"{GATEWAY}/_outboxctl/resources/{action}", data=body,
        headers={"content-type": "application/json", "x-outboxctl-key": os.environ["AWS_SECRET_ACCESS_KEY"]})
    # No proxy from the environment: the gateway is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=300) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        text = error.read()
        try:
            reason = json.loads(text)["error"]
        except (ValueError, KeyError, TypeError):
            reason = text.decode(errors="replace")
        raise ValueError(reason) from None


# Attributes that CloudFormation has and the emulator lacks: each is a property of the same name.
ECHOED_ATTRIBUTES = {"AWS::EC2::VPC": ("CidrBlock",)}


def with_property_attributes(emulated, names):
    """Returns handlers that also report some properties as attributes."""

    def with_properties(made, props):
        physical_id, attributes = made
        return physical_id, {**{name: props[name] for name in names if name in props}, **(attributes or {})}

    def create(logical_id, props, stack_name):
        return with_properties(emulated["create"](logical_id, props, stack_name), props)

    def update(physical_id, old_props, new_props, *rest):
        return with_properties(emulated["update"](physical_id, old_props, new_props, *rest), new_props)

    return {**emulated, "create": create, "update": update}


def handlers_of(resource_type):
    """Returns the handlers of a type that only the gateway provides."""

    def create(logical_id, props, stack_name):
        made = ask_gateway("create", resource_type, logical_id, stack_name, properties=props)
        return made["physical_id"], made["attributes"]

    def update(physical_id, old_props, new_props, stack_name, logical_id=None):
        made = ask_gateway("update", resource_type, logical_id, stack_name, physical_id, new_props, old_props)
        return made["physical_id"], made["attributes"]

    def delete(physical_id, props, logical_id=None):
        ask_gateway("delete", resource_type, logical_id, None, physical_id, props)

    return {"create": create, "update": update, "update_with_logical_id": True,
            "delete": delete, "delete_with_logical_id": True}


def extended_database(emulated):
    """Returns the handlers of DBInstance: the emulator answers the RDS API from its record; a real database is behind
    the record's endpoint."""
    resource_type = "AWS::RDS::DBInstance"

    def point(physical_id, attributes, made):
        instance = rds._instances[physical_id]
        # The port on AWS, which security groups name; the local server has another.
        instance.setdefault("outboxctl_port", int(instance["Endpoint"]["Port"]))
        instance["Endpoint"].update(Address=made["Endpoint.Address"], Port=int(made["Endpoint.Port"]))
        instance["EngineVersion"] = made["EngineVersion"]
        return physical_id, {**attributes, **made}

    def create(logical_id, props, stack_name):
        physical_id, attributes = emulated["create"](logical_id, props, stack_name)
        try:
            made = ask_gateway("create", resource_type, logical_id, stack_name, physical_id, props)
        except Exception:
            emulated["delete"](physical_id, props)
            raise
        return point(physical_id, attributes, made["attributes"])

    def update(physical_id, old_props, new_props, stack_name, logical_id=None):
        after, attributes = emulated["update"](physical_id, old_props, new_props, stack_name, logical_id)
        made = ask_gateway("update", resource_type, logical_id, stack_name, after, new_props, old_props)
        return point(after, attributes, made["attributes"])

    def delete(physical_id, props, logical_id=None):
        ask_gateway("delete", resource_type, logical_id, None, physical_id, props)
        emulated["delete"](physical_id, props)

    return {**emulated, "create": create, "update": update, "update_with_logical_id": True,
            "delete": delete, "delete_with_logical_id": True}


def extended_table(emulated):
    """Returns the handlers of Table. The emulator makes tables, but ignores the template's time to live and Kinesis
    stream."""

    def call(operation, request):
        status, _, body = operation(request)
        if status >= 400:
            raise ValueError(f"AWS::DynamoDB::Table: {body!r}")

    def destination(props):
        specification = props.get("KinesisStreamSpecification") or {}
        return specification.get("StreamArn"), specification.get("ApproximateCreationDateTimePrecision", "MILLISECOND")

    def complete(name, old_props, props):
        expiry = props.get("TimeToLiveSpecification")
        if expiry and expiry != old_props.get("TimeToLiveSpecification"):
            enabled = str(expiry.get("Enabled")).lower() == "true"
            specification = {"AttributeName": expiry.get("AttributeName"), "Enabled": enabled}
            call(dynamodb._update_ttl, {"TableName": name, "TimeToLiveSpecification": specification})
        (old_stream, _), (stream, precision) = destination(old_props), destination(props)
        if old_stream and old_stream != stream:
            call(dynamodb._disable_kinesis_streaming_destination, {"TableName": name, "StreamArn": old_stream})
        if stream and old_stream != stream:
            configuration = {"ApproximateCreationDateTimePrecision": precision}
            call(dynamodb._enable_kinesis_streaming_destination, {
                "TableName": name, "StreamArn": stream, "EnableKinesisStreamingConfiguration": configuration})

    def create(logical_id, props, stack_name):
        name, attributes = emulated["create"](logical_id, props, stack_name)
        complete(name, {}, props)
        return name, attributes

    def update(physical_id, old_props, new_props, *rest):
        name, attributes = emulated["update"](physical_id, old_props, new_props, *rest)
        complete(name, old_props if name == physical_id else {}, new_props)
        return name, attributes

    def delete(physical_id, *rest):
        dynamodb._kinesis_destinations.pop(physical_id, None)
        return emulated["delete"](physical_id, *rest)

    return {**emulated, "create": create, "update": update, "delete": delete}


def less_often(sweep, seconds):
    """Returns the sweep, limited to one run in so many seconds for each of its arguments."""
    last = {}

    def run(*arguments):
        key, now = tuple(map(id, arguments)), time.monotonic()
        if now - last.get(key, float("-inf")) >= seconds:
            last[key] = now
            sweep(*arguments)

    return run


def install_less_frequent_sweeps():
    """Sweeps expired iterators and records less often. Every Kinesis request walks over each iterator of the last five
    minutes and each record of the stream: readers that poll every 200 ms slow one another down. GetRecords checks the
    age of its own iterator, so the change keeps nothing valid for longer."""
    kinesis._expire_iterators = less_often(kinesis._expire_iterators, 10)
    kinesis._expire_records = less_often(kinesis._expire_records, 60)


def install_growing_sequence_numbers():
    """Makes sequence numbers of a shard grow when the clock does not ("Record" in the Kinesis API reference: "The
    unique identifier of the record within its shard"; GetShardIterator reads on after one). The emulator derives them
    from the time: once the clock has been set back, new records would be before the position of every reader."""
    emulated = kinesis._next_sequence_number
    lock = threading.Lock()
    last = None

    def highest():
        shards = [shard for stream in list(kinesis._streams.values()) for shard in stream["shards"].values()]
        numbers = [int(shard["starting_sequence_number"]) for shard in shards]
        return max(numbers + [int(shard["records"][-1]["SequenceNumber"]) for shard in shards if shard["records"]], default=0)

    def grows():
        nonlocal last
        with lock:
            # Records of an earlier process are loaded before the first record comes.
            before = highest() if last is None else last
            last = max(int(emulated()), before + 1)
            return f"{last:030d}"

    kinesis._next_sequence_number = grows


# Interval at which expired items are looked for. AWS takes up to some days; a developer does not want to wait.
EXPIRY_SECONDS = 2
# Set in the thread that removes them.
expiring = threading.local()


def install_expiry():
    """Removes expired items as DynamoDB does, which the change record names as the origin. The emulator's own expiry
    makes no record."""
    remove, build = dynamodb._remove_item, dynamodb._build_change_record

    def remove_item(table, partition, sort):
        # The emulator's own thread leaves the items to this one.
        return None if threading.current_thread().name == "dynamodb-ttl-reaper" else remove(table, partition, sort)

    def build_change_record(*args):
        record = build(*args)
        if getattr(expiring, "now", False):
            record["userIdentity"] = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
        return record

    def is_over(item, attribute, now):
        value = item.get(attribute, {}).get("N")
        # "Items with an expiration time older than five years are not deleted" (Time to Live, developer guide).
        return value is not None and now - 5 * 365 * 86_400 < float(value) <= now

    def expire(table_name, table, attribute, now):
        for partition, items in list(table["items"].items()):
            for sort, item in list(items.items()):
                if is_over(item, attribute, now):
                    dynamodb._emit_stream_event(table_name, "REMOVE", remove(table, partition, sort), None)

    def expire_all():
        expiring.now = True
        took = 0
        while True:
            # Large tables are checked less often: other requests have to wait meanwhile.
            time.sleep(max(EXPIRY_SECONDS, 20 * took))
            begun = time.monotonic()
            with dynamodb._lock:
                for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
                    table = dynamodb._tables.get_scoped(account, region, name)
                    if table and setting.get("TimeToLiveStatus") == "ENABLED":
                        responses.set_request_account_id(account)
                        responses.set_request_region(region)
                        try:
                            expire(name, table, setting["AttributeName"], time.time())
                        except Exception:  # An error of one table must not stop the others.
                            log.exception("items of %s could not be expired", name)
            took = time.monotonic() - begun

    dynamodb._remove_item, dynamodb._build_change_record = remove_item, build_change_record
    threading.Thread(target=expire_all, daemon=True, name="outboxctl-expiry").start()


def install_persistent_streams():
    """Saves a table's stream with the table, so that unread records survive a restart of the stack."""
    state, restore = dynamodb.get_state, dynamodb._restore_state
    kept = {"outboxctl_stream_records": dynamodb._stream_records, "outboxctl_stream_trimmed": dynamodb._stream_trimmed}

    def get_state():
        with dynamodb._lock:
            return {**state(), **{name: copy.deepcopy(store) for name, store in kept.items()}}

    def restore_state(data):
        restore(data)
        for name, store in kept.items():
            store.update(data.get(name, {}) if data else {})

    dynamodb.get_state, dynamodb._restore_state = get_state, restore_state


# Reason why the state could not be saved.
unsaved = []


def install_atomic_saves():
    """Saves all of the state or nothing: on a full disk the emulator would silently mix old and new files. All files
    are written beside the state first, and moved into place once they are complete."""
    fresh = persistence.STATE_DIR + ".new"
    prune, referenced = lambdas._prune_orphan_code_blobs, []
    # Deferred until no saved file refers to the blobs.
    lambdas._prune_orphan_code_blobs = referenced.append

    def save(services):
        shutil.rmtree(fresh, ignore_errors=True)
        os.makedirs(fresh)
        for service, get_state in services.items():
            state = get_state()
            # Nothing to save does not mean that nothing exists: the saved state stays.
            if state is None:
                continue
            content = {"__ministack_format__": persistence._state_format_version(service), "payload": state}
            with open(os.path.join(fresh, f"{service}.json"), "w", encoding="utf-8") as file:
                json.dump(content, file, default=persistence._json_default)
                file.flush()
                os.fsync(file.fileno())
        os.rename(fresh, COMPLETE)
        move_into_place()
        for blobs in referenced:
            prune(blobs)

    def save_all(services):
        try:
            save(services)
        except Exception as error:
            log.exception("the state could not be saved")
            unsaved.append(str(error))
            shutil.rmtree(fresh, ignore_errors=True)

    application.save_all = save_all


def disable_init_scripts():
    """Disables init scripts. The emulator runs scripts that users of other emulators keep in certain folders of a
    container; they are not meant for this stack."""
    application._collect_scripts = lambda *folders: []


def install_names_by_region():
    """Gives a stack of the same name in another region different physical names: roles are global, so equal names would
    be one role. The emulator derives the suffix of a name from the stack and the logical id only."""
    emulated = provisioners._physical_name

    def physical_name(*arguments, **named):
        name = emulated(*arguments, **named)
        region = responses.get_region()
        if region == os.environ["MINISTACK_REGION"]:
            return name
        stem, _, suffix = name.rpartition("-")
        digest = hashlib.sha256(f"{region} {name}".encode()).hexdigest()[:len(suffix)]
        return f"{stem}-{digest if suffix == suffix.lower() else digest.upper()}" if stem else name

    provisioners._physical_name = physical_name


def install_resource_types():
    ours, extended = types("OUTBOXCTL_RESOURCE_TYPES"), types("OUTBOXCTL_EXTENDED_TYPES")
    handlers = provisioners._RESOURCE_HANDLERS
    for resource_type in ours:
        handlers[resource_type] = handlers_of(resource_type)
    for resource_type in extended:
        handlers[resource_type] = extended_database(handlers[resource_type])
    handlers["AWS::DynamoDB::Table"] = extended_table(handlers["AWS::DynamoDB::Table"])
    handlers["AWS::S3::Bucket"] = removing_files(handlers["AWS::S3::Bucket"])
    handlers["AWS::EC2::VPC"] = limited(handlers["AWS::EC2::VPC"])
    handlers["AWS::Lambda::Function"] = functions.usable(handlers["AWS::Lambda::Function"])
    for resource_type, names in ECHOED_ATTRIBUTES.items():
        handlers[resource_type] = with_property_attributes(handlers[resource_type], names)
    templates.install(handlers)
    # The gateway sends requests while it makes a resource: the event loop must be free to answer them.
    emulated = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name in ours or name in extended or emulated(name)


def refused_target(arn, rule_arn):
    """Returns the code and text of the reason why EventBridge may not deliver to a queue or a function, or None."""
    service = arn.split(":")[2] if arn.count(":") > 4 else ""
    if service == "sqs":
        found, action = sqs.queue_policy_for_arn(arn), "sqs:SendMessage"
    elif service == "lambda":
        found, action = lambdas.function_policy_for_arn(arn), "lambda:InvokeFunction"
    else:
        return None
    # A missing target has no policy; the delivery itself fails.
    if found is None or rights.service_allows([found[0]], "events.amazonaws.com", action, arn, rule_arn):
        return None
    return "NO_PERMISSIONS", f"the policy of {arn} does not allow events.amazonaws.com {action}"


def write_to_log_group(group, payload, rule_arn):
    """Returns the code and text of the reason why the event is not written, or None."""
    if group not in logs._log_groups:
        return "NO_RESOURCE", f"log group {group} does not exist"
    now = datetime.datetime.now(datetime.timezone.utc)
    stream = now.strftime("%Y-%m-%d")
    own = logs._log_group_policies.get(group)
    policies = [policy["policyDocument"] for policy in [*logs._resource_policies.values(), *([own] if own else [])]]
    resource = f"{logs._log_groups[group]['arn'].removesuffix(':*')}:log-stream:{stream}"
    # The call that creates the stream carries neither source nor account (Using resource-based policies for EventBridge:
    # the example has no condition).
    for action, source in (("logs:CreateLogStream", ""), ("logs:PutLogEvents", rule_arn)):
        if not rights.service_allows(policies, "events.amazonaws.com", action, resource, source):
            return "NO_PERMISSIONS", f"no Logs resource policy allows events.amazonaws.com {action} on {group}"
    if stream not in logs._log_groups[group]["streams"]:
        logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    entry = {"timestamp": int(now.timestamp() * 1000), "message": payload}
    logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": [entry]})
    return None


def send_to_dead_letter_queue(target, rule, event, code, text):
    """Sends the event to the target's dead-letter queue, with the reason as attributes; drops it without one."""
    log.warning("event not delivered to %s: %s", target.get("Arn"), text)
    queue = sqs._queue_by_arn((target.get("DeadLetterConfig") or {}).get("Arn", ""))
    if queue is None:
        return
    reason = {"RULE_ARN": rule.get("Arn"), "TARGET_ARN": target.get("Arn"), "ERROR_CODE": code, "ERROR_MESSAGE": text}
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in reason.items() if value}
    message = {"QueueUrl": queue["url"], "MessageBody": event, "MessageAttributes": attributes}
    sqs._act_send_message(message, queue["url"])


def install_function_targets():
    """Makes rules invoke functions asynchronously, as EventBridge does: failed invocations are retried, and then go to
    the function's failure destination."""

    def dispatch_to_lambda(arn, payload):
        function, config, name = lambdas._get_func_record_for_ref(arn)
        if not function or not config:
            log.warning("event not delivered: function %s not found", name)
            return
        lambdas.invoke_async_with_retry(lambdas._execution_record_for_config(function, config), json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch_to_lambda


# Variables of the emulator's environment that functions inherit, besides those that Lambda sets and their configured
# ones.
INHERITED = {"PATH", "LANG", "TMPDIR", "PGSSLROOTCERT", "OUTBOXCTL_LOCAL_STACK", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID",
             "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
             "AWS_EC2_METADATA_DISABLED"}


def install_function_environment():
    """Restricts the environment of functions. The emulator passes its whole environment on; on AWS a function sees only
    its own."""
    emulated = lambdas._provided_worker_env

    def worker_environment(config, *rest):
        configured = lambdas._runtime_env_vars(config)
        return {name: value for name, value in emulated(config, *rest).items()
                if name in INHERITED or name in configured or name not in os.environ}

    lambdas._provided_worker_env = worker_environment


# "VPCs per Region" (Amazon VPC quotas); the default VPC is one of them.
LARGEST_NUMBER_OF_VPCS = 5


def limited(emulated):
    """Returns the handlers of a VPC, which refuse one more than the quota, as on AWS."""

    def create(logical_id, props, stack_name):
        if len(ec2._vpcs) >= LARGEST_NUMBER_OF_VPCS:
            raise ValueError("The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400)")
        return emulated["create"](logical_id, props, stack_name)

    return {**emulated, "create": create}


def removing_files(emulated):
    """Returns the handlers of a bucket, which also delete its folder on disk: it would bring the bucket back at the
    next start."""

    def delete(physical_id, *rest):
        emulated["delete"](physical_id, *rest)
        s3._delete_persisted_bucket(physical_id)

    return {**emulated, "delete": delete}


def install_targets():
    """Makes rules deliver only where the target's policy allows it, and write to log groups, which the emulator does
    not."""
    emulated = eventbridge._invoke_target

    @functools.wraps(emulated)
    def invoke_target(target, event, rule, view=None):
        fields = target.get("Arn", "").split(":", 6)
        view = view or eventbridge._pattern_event_view(event)
        if len(fields) < 7 or fields[2] != "logs" or fields[5] != "log-group":
            refused = refused_target(target.get("Arn", ""), rule.get("Arn", ""))
            if refused:
                return send_to_dead_letter_queue(target, rule, json.dumps(view.event_with_detail()), *refused)
            return emulated(target, event, rule, view)
        if target.get("InputTransformer"):
            payload = eventbridge._apply_input_transformer(target["InputTransformer"], rule, view)
        else:
            payload = json.dumps(view.event_with_detail())
        group = fields[6]
        refused = write_to_log_group(group[:-2] if group.endswith(":*") else group, payload, rule.get("Arn", ""))
        if refused:
            send_to_dead_letter_queue(target, rule, json.dumps(view.event_with_detail()), *refused)

    eventbridge._invoke_target = invoke_target


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

    for module in (changesets, cloudformation):
        module._resolve_parameters = checking(module._resolve_parameters)


def disable_nagle():
    """Disables Nagle's algorithm for the runtime API that functions poll. It writes head and body separately, so each
    response would wait 40 ms for the acknowledgement of its head."""
    http.server.BaseHTTPRequestHandler.disable_nagle_algorithm = True


# Set while a request that the gateway has changed is served.
changed = contextvars.ContextVar("changed", default=False)


def install_changed_requests():
    """Accepts requests from which the gateway has removed entries: the caller's signature no longer matches. The
    gateway has vouched for the request by its secret; the caller's rights are checked nevertheless."""
    authenticate = evaluator.authenticate

    def unless_changed(access_key_id, account_id):
        return None if changed.get() else authenticate(access_key_id, account_id)

    evaluator.authenticate = unless_changed


# Set while a request that is signed with a session of a role is served.
session = contextvars.ContextVar("session", default=False)


def install_session_keys():
    """Makes a function's session with the secret. The emulator derives it from the names of the function and the role,
    which every user of this machine knows."""
    emulated = runtime.execution_credentials

    def execution_credentials(config):
        account, region = runtime._account_region_from_function_config(config)
        names = f"{config.get('FunctionArn', '')}:{config.get('Role', '')}"
        digest = hmac.new(SECRET, names.encode(), hashlib.sha256).hexdigest()
        named = {**config, "FunctionArn": f"arn:aws:lambda:{region}:{account}:function:{digest}"}
        return rights.in_place(config, lambda: emulated(named))

    lambdas.execution_credentials = runtime.execution_credentials = execution_credentials


# Validity in seconds of the address for a response to CloudFormation: longer than any custom resource or wait condition
# waits.
ANSWER_SECONDS = 86_400


def presigned(url):
    """Returns the address with a signature of the stack's key in it, like the presigned S3 URLs of CloudFormation (IAM
    user guide, "Create a signed AWS API request"). The gateway verifies it, and accepts no other."""
    address = urllib.parse.urlsplit(url)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{responses.get_region()}/s3/aws4_request"
    query = urllib.parse.urlencode({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}",
        "X-Amz-Date": now, "X-Amz-Expires": ANSWER_SECONDS, "X-Amz-SignedHeaders": "host"}, quote_via=urllib.parse.quote, safe="")
    request = "\n".join(["PUT", address.path, query, f"host:{address.netloc}\n", "host", "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return f"{url}?{query}&X-Amz-Signature={hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def install_signed_answers():
    """Makes custom resources and wait conditions use presigned addresses."""
    def signing(emulated):
        return lambda token: presigned(emulated(token))

    custom_resources._response_url = signing(custom_resources._response_url)
    wait_conditions.handle_url = signing(wait_conditions.handle_url)


# Set while an unsigned request is served.
unsigned = contextvars.ContextVar("unsigned", default=False)
DENIED = 403, {"Content-Type": "application/json"}, b'{"message":"Missing Authentication Token"}'


def install_public_routes():
    """Lets unsigned requests reach only routes of APIs and function URLs without IAM authorization. The emulator checks
    paths of its own before the host of a request, and verifies no signature there: these are skipped, for sessions of
    roles as well."""

    def skipped(name, instead, of_sessions=True):
        emulated = getattr(application, name)

        async def unless_outside(*arguments, **named):
            outside = unsigned.get() or (of_sessions and session.get())
            return instead if outside else await emulated(*arguments, **named)

        setattr(application, name, unless_outside)

    for name in ("_handle_pre_body_request", "_handle_post_body_shortcuts", "_handle_s3_control_request",
                 "_handle_rds_data_request", "_handle_ses_v2_request", "_handle_ecr_registry_request"):
        skipped(name, None)
    # It verifies the signature of a session.
    skipped("_dispatch_service_request", DENIED, of_sessions=False)
    enforce = application._enforce_execute_api

    def enforce_execute_api(api, stage, method, path, headers, query, **named):
        if unsigned.get():
            invokes = named.get("iam_action", "execute-api:Invoke") == "execute-api:Invoke"
            if not invokes or application._execute_api_authorization_type(api, stage, method, path) == "AWS_IAM":
                return DENIED
        return enforce(api, stage, method, path, headers, query, **named)

    application._enforce_execute_api = enforce_execute_api


def may_pass(scope):
    """Returns whether a request comes from the gateway and, if it is unsigned, whether it is for an API or a
    function."""
    headers = dict(scope["headers"])
    if not hmac.compare_digest(headers.get(b"x-outboxctl-emulator", b""), SECRET):
        return False
    unsigned.set(b"x-outboxctl-unsigned" in headers)
    changed.set(b"x-outboxctl-changed" in headers)
    session.set(b"x-outboxctl-session" in headers)
    rights.read_headers(headers)
    streams.mapping.set(b"x-outboxctl-mapping" in headers)
    host, path = headers.get(b"host", b"").decode("latin-1"), scope["path"]
    routed = application._parse_execute_api_url(host, path) or application._parse_lambda_url(host, path)
    # Handled by its path before its host is checked.
    early = path.startswith(("/iceberg", "/_ministack/")) or path == "/WriteGetObjectResponse"
    return not unsigned.get() or bool(routed and not early)


def session_of(question):
    """Returns the secret of temporary credentials, with which the gateway verifies signatures, and whether the policies
    of their role allow an action."""
    key = question["access_key_id"]
    if not key.startswith("ASIA"):
        return {"error": "UnrecognizedClientException"}
    account = responses._account_from_sts_session(key)
    credential = evaluator.resolve_credential(key, account, question["session_token"])
    if isinstance(credential, evaluator.CredentialResolutionError):
        return {"error": credential.code}
    answer = {"secret": credential.secret_access_key, "arn": credential.principal_arn, "expires": credential.expiration}
    right = question.get("right")
    if right:
        principal = evaluator.resolve_principal(key, credential.account_id, credential)
        answer["allowed"] = principal.policies is None or evaluator.evaluate(
            evaluator.EvalContext(
                principal_arn=principal.arn, principal_type=principal.type, principal_account=principal.account,
                action=right["action"], resource_arn=right["resource"], region=right["region"], secure_transport=True,
                principal_keys=principal.keys),
            principal.policies, *principal.limits).decision == "Allow"
    return answer


async def answer_gateway(scope, receive, send):
    """Handles our own addresses, for the gateway only: it passes no request on to them."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    answers = {"/_outboxctl/session": session_of, "/_outboxctl/visitor": functions.visitor, "/_outboxctl/database": network.database}
    answer = answers.get(scope["path"], lambda _: {})(json.loads(body))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def refuse(scope, receive, send):
    """Refuses web sockets: the gateway passes none on."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await answer(send, *DENIED)


async def answer(send, status, headers, body):
    headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def guard_functions():
    """Refuses web pages and other users of this machine on the loopback server from which each function fetches its
    events."""
    parse = http.server.BaseHTTPRequestHandler.parse_request

    def parse_request(handler):
        if not parse(handler):
            return False
        foreign = any(name.lower() == "origin" or name.lower().startswith("sec-fetch-") for name in handler.headers)
        host = handler.headers.get("host", "").rpartition(":")[0]
        if foreign or host not in ("127.0.0.1", "localhost") or sockets.other_user(handler.connection):
            handler.send_error(403)
            return False
        return True

    http.server.BaseHTTPRequestHandler.parse_request = parse_request


def write(path, text):
    """Writes a file atomically."""
    with open(path + ".partial", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".partial", path)


def write_if_possible(path, text):
    """Creates the file. On a full disk it exists already, and stays empty."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        log.exception("%s could not be written", path)


async def serve():
    from hypercorn.asyncio import serve as run
    from hypercorn.config import Config

    # Bound here rather than by number: no other process can take the port in between.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.backlog = 1024
    config.loglevel = "WARNING"

    transports.held.start()
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)

    async def with_reports(scope, receive, send):
        """Reports that the emulator has started, and that it has saved its state."""

        async def forward(message):
            if message["type"] == "lifespan.startup.complete":
                write(os.environ["OUTBOXCTL_UNSAVED_FILE"], "")
                write(os.environ["OUTBOXCTL_PORT_FILE"], str(port))
            elif message["type"] == "lifespan.shutdown.complete":
                if unsaved:
                    write_if_possible(os.environ["OUTBOXCTL_UNSAVED_FILE"], unsaved[0])
                else:
                    os.remove(os.environ["OUTBOXCTL_UNSAVED_FILE"])
            await send(message)

        async def receive_event():
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                transports.held.release_all()
            return message

        if scope["type"] == "lifespan":
            await application.app(scope, receive_event, forward)
        elif scope["type"] == "http" and may_pass(scope):
            asked = rights.caller.get() or {}
            if "reach" in asked:
                lost = network.reach(asked["place"], asked["region"], asked["reach"])
                await answer(send, 200, {"x-outboxctl-unreachable": lost} if lost else {}, b"")
                return
            lost = session.get() and network.unreachable(scope, rights.place_of)
            if lost:
                # The gateway sends no response then.
                log.warning("%s", lost)
                await answer(send, 504, {"x-outboxctl-unreachable": lost}, b"")
            else:
                ours = scope["path"].startswith("/_outboxctl/")
                await (answer_gateway if ours else application.app)(scope, receive, send)
        else:
            await refuse(scope, receive, send)

    port = socket.socket(fileno=os.dup(int(config.bind[0][5:]))).getsockname()[1]
    await run(with_reports, config, shutdown_trigger=ended.wait)


if __name__ == "__main__":
    install_names_by_region()
    install_resource_types()
    install_less_frequent_sweeps()
    install_growing_sequence_numbers()
    shards = streams.Streams(kinesis, responses, limited=not os.environ.get("OUTBOXCTL_UNLIMITED"))
    shards.install(provisioners._RESOURCE_HANDLERS)
    seed = os.environ.get("OUTBOXCTL_SEED") or None
    transports.install_destinations(dynamodb, shards.put, seed)
    install_expiry()
    install_persistent_streams()
    install_atomic_saves()
    disable_init_scripts()
    install_targets()
    install_parameter_checks()
    install_function_targets()
    install_function_environment()
    if seed:
        transports.install_bus(eventbridge, provisioners._RESOURCE_HANDLERS, responses, seed)
    install_public_routes()
    install_changed_requests()
    install_session_keys()
    rights.install()
    functions.install()
    cloud_control.install()
    install_signed_answers()
    disable_nagle()
    guard_functions()
    asyncio.run(serve())
