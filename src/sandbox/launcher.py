"""Runs the emulator with what outboxctl adds to it.

Started by `outboxctl local serve` with the emulator's own environment variables, and:
  OUTBOXCTL_GATEWAY         URL of outboxctl's gateway, which knows the resource types added here
  OUTBOXCTL_RESOURCE_TYPES  CloudFormation types to hand to it, separated by commas
  OUTBOXCTL_EXTENDED_TYPES  types that the emulator keeps the record of, and the gateway then makes real
  OUTBOXCTL_PORT_FILE       where to write the port we listen on
  OUTBOXCTL_UNSAVED_FILE    a file that is there while there is state that only memory has

Its arguments are the folders of its packages. It reaches into the emulator's modules, so it is made for one version of it: whatever it needs is looked up before
anything is served, and what is missing ends it with exit code 3.
"""

import asyncio
import copy
import datetime
import functools
import http.server
import importlib
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
import urllib.request

# Not through PYTHONPATH: a folder's name may hold a colon, and functions would inherit it.
sys.path[:0] = sys.argv[1:]

GATEWAY = os.environ["OUTBOXCTL_GATEWAY"]
log = logging.getLogger("outboxctl")


def need(module, *names):
    """The module, once it is sure to have what we reach for."""
    try:
        found = importlib.import_module(f"ministack.{module}")
        for name in names:
            getattr(found, name)
    except (ImportError, AttributeError) as error:
        sys.stderr.write(f"outboxctl: this emulator is not the version outboxctl was made for: {error}\n")
        sys.exit(3)
    return found


persistence = need("core.persistence", "STATE_DIR", "_json_default", "_state_format_version")
# What is saved whole, and not in its place yet.
WHOLE = persistence.STATE_DIR + ".whole"


def move_into_place():
    """Renames need no space. Broken off, they are finished at the next start, before a service reads its file."""
    if os.path.exists(WHOLE):
        os.makedirs(persistence.STATE_DIR, exist_ok=True)
        for name in os.listdir(WHOLE):
            os.replace(os.path.join(WHOLE, name), os.path.join(persistence.STATE_DIR, name))
        os.rmdir(WHOLE)


move_into_place()
provisioners = need("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")
stacks = need("services.cloudformation.stacks", "_runs_on_worker_thread")
rds = need("services.rds", "_instances")
dynamodb = need("services.dynamodb", "_enable_kinesis_streaming_destination", "_disable_kinesis_streaming_destination",
                "_kinesis_destinations", "_fan_out_to_kinesis", "_update_ttl", "_ttl_settings", "_tables", "_lock",
                "_remove_item", "_emit_stream_event", "_build_change_record", "_stream_records",
                "_stream_trimmed", "get_state", "_restore_state")
kinesis = need("services.kinesis", "_expire_iterators", "_expire_records")
eventbridge = need("services.eventbridge", "_invoke_target", "_dispatch_to_lambda", "_pattern_event_view",
                   "_apply_input_transformer")
lambdas = need("services.lambda_svc", "_get_func_record_for_ref", "_execution_record_for_config", "invoke_async_with_retry",
               "_provided_worker_env", "_runtime_env_vars", "_prune_orphan_code_blobs")
s3 = need("services.s3", "_delete_persisted_bucket")
sqs = need("services.sqs", "_queue_by_arn", "_act_send_message")
logs = need("services.cloudwatch_logs", "_log_groups", "_resource_policies", "_create_log_stream", "_put_log_events")
responses = need("core.responses", "get_region", "set_request_account_id", "set_request_region")
application = need("app", "app", "save_all", "_collect_scripts")


def types(variable):
    return [name for name in os.environ.get(variable, "").split(",") if name]


def ask_gateway(action, resource_type, logical_id, stack_name, physical_id=None, properties=None, old_properties=None):
    """Lets the gateway create, update or delete a resource. Its reason for refusing becomes the resource's."""
    body = json.dumps({
        "resource_type": resource_type, "logical_id": logical_id or "", "stack_name": stack_name or "",
        "region": responses.get_region(), "physical_id": physical_id,
        "properties": properties or {}, "old_properties": old_properties or {},
    }).encode()
    request = urllib.request.Request(
        f"{GATEWAY}/_outboxctl/resources/{action}", data=body, headers={"content-type": "application/json"})
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


# Attributes that CloudFormation has and the emulator does not: each is a property under its own name.
ECHOED_ATTRIBUTES = {"AWS::EC2::VPC": ("CidrBlock",)}


def echoing(emulated, names):
    """Handlers that also report some properties as attributes."""

    def with_properties(made, props):
        physical_id, attributes = made
        return physical_id, {**{name: props[name] for name in names if name in props}, **(attributes or {})}

    def create(logical_id, props, stack_name):
        return with_properties(emulated["create"](logical_id, props, stack_name), props)

    def update(physical_id, old_props, new_props, *rest):
        return with_properties(emulated["update"](physical_id, old_props, new_props, *rest), new_props)

    return {**emulated, "create": create, "update": update}


def handlers_of(resource_type):
    """Handlers of a type that is the gateway's alone."""

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
    """DBInstance: the emulator answers the RDS API from its record; behind the record's endpoint is a real database."""
    resource_type = "AWS::RDS::DBInstance"

    def point(physical_id, attributes, made):
        instance = rds._instances[physical_id]
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
    """Table: the emulator makes it, and leaves out of a template when items expire and which stream takes the changes."""

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


def in_kinesis(identity):
    """Names of members begin with a small letter there."""
    return identity and {name[0].lower() + name[1:]: value for name, value in identity.items()}


def install_streaming_destinations():
    """Records of a table in a Kinesis stream have the form that Kinesis Data Streams for DynamoDB gives them."""
    emulated = dynamodb._fan_out_to_kinesis

    def fan_out(table_name, record):
        precisions = [to["ApproximateCreationDateTimePrecision"] for to in dynamodb._kinesis_destinations.get(table_name, [])]
        precision = "MICROSECOND" if "MICROSECOND" in precisions else "MILLISECOND"
        body = {name: value for name, value in record["dynamodb"].items() if name not in ("SequenceNumber", "StreamViewType")}
        body["ApproximateCreationDateTime"] = time.time_ns() // (1_000 if precision == "MICROSECOND" else 1_000_000)
        body["ApproximateCreationDateTimePrecision"] = precision
        emulated(table_name, {
            "awsRegion": record["awsRegion"], "eventID": record["eventID"], "eventName": record["eventName"],
            "userIdentity": in_kinesis(record.get("userIdentity")), "recordFormat": "application/json", "tableName": table_name,
            "dynamodb": body, "eventSource": "aws:dynamodb",
        })

    dynamodb._fan_out_to_kinesis = fan_out


def seldom(sweep, seconds):
    """The same sweep, run at most once in so many seconds for each of its arguments."""
    last = {}

    def run(*arguments):
        key, now = tuple(map(id, arguments)), time.monotonic()
        if now - last.get(key, float("-inf")) >= seconds:
            last[key] = now
            sweep(*arguments)

    return run


def install_seldom_sweeps():
    """Every Kinesis request walks over each iterator of the last five minutes and each record of the stream to find
    expired ones: readers that poll every 200 ms slow one another down for ever. GetRecords looks at the age of the
    iterator it is given itself, so nothing is kept valid by sweeping less often."""
    kinesis._expire_iterators = seldom(kinesis._expire_iterators, 10)
    kinesis._expire_records = seldom(kinesis._expire_records, 60)


# How often to look for items whose time is over. AWS takes up to some days; who develops does not want to wait.
EXPIRY_SECONDS = 2
# Set in the thread that removes them.
expiring = threading.local()


def install_expiry():
    """Items whose time to live is over are removed by DynamoDB itself, as the change record says. The emulator's own
    expiry makes no record."""
    remove, build = dynamodb._remove_item, dynamodb._build_change_record

    def remove_item(table, partition, sort):
        # The emulator's own thread leaves the items to ours.
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
            # Large tables are looked through more seldom: nobody else can use them meanwhile.
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
                        except Exception:  # One table's items must not keep the others' for ever.
                            log.exception("items of %s could not be expired", name)
            took = time.monotonic() - begun

    dynamodb._remove_item, dynamodb._build_change_record = remove_item, build_change_record
    threading.Thread(target=expire_all, daemon=True, name="outboxctl-expiry").start()


def install_lasting_streams():
    """A table's stream outlives the stack's being down, as the table does: what nobody has read yet is still there."""
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


# Why the state could not be saved.
unsaved = []


def install_whole_saves():
    """State is saved whole or not at all: on a full disk the emulator would keep some files of the last time beside new
    ones, and say nothing. So all is written beside the state first, and what is there whole is moved into place."""
    fresh = persistence.STATE_DIR + ".new"
    prune, referenced = lambdas._prune_orphan_code_blobs, []
    # Only once what refers to the others is gone.
    lambdas._prune_orphan_code_blobs = referenced.append

    def save(services):
        shutil.rmtree(fresh, ignore_errors=True)
        os.makedirs(fresh)
        for service, get_state in services.items():
            state = get_state()
            # Nothing to save is not nothing there: what was saved before stays.
            if state is None:
                continue
            content = {"__ministack_format__": persistence._state_format_version(service), "payload": state}
            with open(os.path.join(fresh, f"{service}.json"), "w", encoding="utf-8") as file:
                json.dump(content, file, default=persistence._json_default)
                file.flush()
                os.fsync(file.fileno())
        os.rename(fresh, WHOLE)
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


def install_no_scripts():
    """The emulator runs scripts that other emulators' users keep in certain folders of a container; here they are not
    meant for this stack."""
    application._collect_scripts = lambda *folders: []


def install_resource_types():
    ours, extended = types("OUTBOXCTL_RESOURCE_TYPES"), types("OUTBOXCTL_EXTENDED_TYPES")
    handlers = provisioners._RESOURCE_HANDLERS
    for resource_type in ours:
        handlers[resource_type] = handlers_of(resource_type)
    for resource_type in extended:
        handlers[resource_type] = extended_database(handlers[resource_type])
    handlers["AWS::DynamoDB::Table"] = extended_table(handlers["AWS::DynamoDB::Table"])
    handlers["AWS::S3::Bucket"] = removing_files(handlers["AWS::S3::Bucket"])
    for resource_type, names in ECHOED_ATTRIBUTES.items():
        handlers[resource_type] = echoing(handlers[resource_type], names)
    # The gateway calls back in while it makes a resource: the event loop must be free to answer it.
    emulated = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name in ours or name in extended or emulated(name)


def may_write_logs():
    """Whether a Logs resource policy lets EventBridge write at all; without one AWS drops the event."""
    for policy in list(logs._resource_policies.values()):
        text = policy if isinstance(policy, str) else json.dumps(policy)
        if "events.amazonaws.com" in text and "logs:PutLogEvents" in text:
            return True
    return False


def write_to_log_group(group, payload):
    """None, or why it is not written: code and text."""
    if group not in logs._log_groups:
        return "NO_RESOURCE", f"there is no log group {group}"
    if not may_write_logs():
        return "NO_PERMISSIONS", f"no Logs resource policy lets events.amazonaws.com write to {group}"
    now = datetime.datetime.now(datetime.timezone.utc)
    stream = now.strftime("%Y-%m-%d")
    if stream not in logs._log_groups[group]["streams"]:
        logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    entry = {"timestamp": int(now.timestamp() * 1000), "message": payload}
    logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": [entry]})
    return None


def keep_undelivered(target, rule, event, code, text):
    """The target's dead-letter queue gets the event, with the reason as attributes; without one it is dropped."""
    log.warning("event not delivered to %s: %s", target.get("Arn"), text)
    queue = sqs._queue_by_arn((target.get("DeadLetterConfig") or {}).get("Arn", ""))
    if queue is None:
        return
    reason = {"RULE_ARN": rule.get("Arn"), "TARGET_ARN": target.get("Arn"), "ERROR_CODE": code, "ERROR_MESSAGE": text}
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in reason.items() if value}
    message = {"QueueUrl": queue["url"], "MessageBody": event, "MessageAttributes": attributes}
    sqs._act_send_message(message, queue["url"])


def install_function_targets():
    """Rules invoke functions asynchronously, as EventBridge does: what fails is tried again, and then goes to the function's
    failure destination."""

    def dispatch_to_lambda(arn, payload):
        function, config, name = lambdas._get_func_record_for_ref(arn)
        if not function or not config:
            log.warning("event not delivered: there is no function %s", name)
            return
        lambdas.invoke_async_with_retry(lambdas._execution_record_for_config(function, config), json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch_to_lambda


# Of the emulator's own environment, what functions inherit; they also get what Lambda sets and what they are configured with.
INHERITED = {"PATH", "LANG", "TMPDIR", "PGSSLROOTCERT", "OUTBOXCTL_LOCAL_STACK", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID",
             "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
             "AWS_EC2_METADATA_DISABLED"}


def install_function_environment():
    """The emulator hands its whole environment on; on AWS a function sees its own alone."""
    emulated = lambdas._provided_worker_env

    def worker_environment(config, *rest):
        configured = lambdas._runtime_env_vars(config)
        return {name: value for name, value in emulated(config, *rest).items()
                if name in INHERITED or name in configured or name not in os.environ}

    lambdas._provided_worker_env = worker_environment


def removing_files(emulated):
    """Handlers of a bucket: deleted through CloudFormation, its folder on disk would bring it back at the next start."""

    def delete(physical_id, *rest):
        emulated["delete"](physical_id, *rest)
        s3._delete_persisted_bucket(physical_id)

    return {**emulated, "delete": delete}


def install_log_targets():
    """Rules whose target is a log group write the event there, as EventBridge does."""
    emulated = eventbridge._invoke_target

    @functools.wraps(emulated)
    def invoke_target(target, event, rule, view=None):
        fields = target.get("Arn", "").split(":", 6)
        if len(fields) < 7 or fields[2] != "logs" or fields[5] != "log-group":
            return emulated(target, event, rule, view)
        view = view or eventbridge._pattern_event_view(event)
        if target.get("InputTransformer"):
            payload = eventbridge._apply_input_transformer(target["InputTransformer"], rule, view)
        else:
            payload = json.dumps(view.event_with_detail())
        group = fields[6]
        refused = write_to_log_group(group[:-2] if group.endswith(":*") else group, payload)
        if refused:
            keep_undelivered(target, rule, json.dumps(view.event_with_detail()), *refused)

    eventbridge._invoke_target = invoke_target


def answer_functions_at_once():
    """The runtime API that functions poll writes head and body apart: with Nagle's algorithm each answer waits 40 ms for
    the acknowledgement of its head."""
    http.server.BaseHTTPRequestHandler.disable_nagle_algorithm = True


def write(path, text):
    """Whole or not at all."""
    with open(path + ".partial", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".partial", path)


def write_if_possible(path, text):
    """On a full disk the file is there already, and stays empty."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        log.exception("%s could not be written", path)


async def serve():
    from hypercorn.asyncio import serve as run
    from hypercorn.config import Config

    # Bound here rather than by number: nobody can take the port in between.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.backlog = 1024
    config.loglevel = "WARNING"

    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)

    async def announced(scope, receive, send):
        """Says when the emulator has started, and when it has saved its state."""

        async def told(message):
            if message["type"] == "lifespan.startup.complete":
                write(os.environ["OUTBOXCTL_UNSAVED_FILE"], "")
                write(os.environ["OUTBOXCTL_PORT_FILE"], str(port))
            elif message["type"] == "lifespan.shutdown.complete":
                if unsaved:
                    write_if_possible(os.environ["OUTBOXCTL_UNSAVED_FILE"], unsaved[0])
                else:
                    os.remove(os.environ["OUTBOXCTL_UNSAVED_FILE"])
            await send(message)

        await application.app(scope, receive, told if scope["type"] == "lifespan" else send)

    port = socket.socket(fileno=os.dup(int(config.bind[0][5:]))).getsockname()[1]
    await run(announced, config, shutdown_trigger=ended.wait)


if __name__ == "__main__":
    install_resource_types()
    install_streaming_destinations()
    install_seldom_sweeps()
    install_expiry()
    install_lasting_streams()
    install_whole_saves()
    install_no_scripts()
    install_log_targets()
    install_function_targets()
    install_function_environment()
    answer_functions_at_once()
    asyncio.run(serve())
