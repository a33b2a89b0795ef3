"""The time of EventBridge's events, and the targets of its rules: queues and functions as their policies allow, and log
groups with the input that they accept."""

import contextvars
import datetime
import functools
import json
import logging
import re
import time

from emulated import need

eventbridge = need("services.eventbridge", "_put_events", "_now_ts", "_coerce_timestamp", "_invoke_target", "_dispatch_to_lambda",
                   "_pattern_event_view", "_apply_input_transformer", "_put_targets", "error_response_json")
provisioners = need("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")
lambdas = need("services.lambda_svc", "_get_func_record_for_ref", "_execution_record_for_config", "function_policy_for_arn",
               "invoke_async_with_retry")
sqs = need("services.sqs", "queue_policy_for_arn", "_queue_by_arn", "_act_send_message")
logs = need("services.cloudwatch_logs", "_log_groups", "_resource_policies", "_log_group_policies",
            "_create_log_stream", "_put_log_events")
responses = need("core.responses", "json_response")

# It patches the modules above, and needs them complete.
import rights

log = logging.getLogger("outboxctl")
# Time of the entry that PutEvents handles at present, in seconds since 1970; None for an entry without one.
time_of_entry = contextvars.ContextVar("time_of_entry", default=None)


def install_times():
    """Gives each event the `Time` of its entry, or the present one without it (PutEventsRequestEntry in the EventBridge
    API reference). The emulator gives all of them the present one."""
    emulated, present = eventbridge._put_events, eventbridge._now_ts

    def put_events(data, **named):
        entries, results = data.get("Entries", []), []
        if not 1 <= len(entries) <= 10:
            text = f"1 validation error detected: Value '{len(entries)}' at 'entries' failed to satisfy constraint: 1 to 10 members"
            return eventbridge.error_response_json("ValidationException", text, 400)
        for entry in entries:
            token = time_of_entry.set(entry.get("Time"))
            try:
                _, _, body = emulated({**data, "Entries": [entry]}, **named)
            finally:
                time_of_entry.reset(token)
            results += json.loads(body)["Entries"]
        failed = sum("ErrorCode" in result for result in results)
        return responses.json_response({"FailedEntryCount": failed, "Entries": results})

    def now():
        stated = time_of_entry.get()
        return present() if stated is None else eventbridge._coerce_timestamp(stated)

    eventbridge._put_events, eventbridge._now_ts = put_events, now


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


# A text of a template, or a placeholder outside of texts.
TEXT_OR_PLACEHOLDER = re.compile(r'"(?:\\.|[^"\\])*"|<[^<>]*>')


def log_group_of(target):
    """Returns the name of the log group that is the target, or None for another target."""
    fields = target.get("Arn", "").split(":", 6)
    is_log_group = len(fields) == 7 and fields[2] == "logs" and fields[5] == "log-group"
    return fields[6].removesuffix(":*") if is_log_group else None


def log_entry(text):
    """Returns `timestamp` and `message` of an input for a log group, or None if it is not an object with these two texts."""
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    if not isinstance(fields, dict) or sorted(fields) != ["message", "timestamp"]:
        return None
    entry = fields["timestamp"], fields["message"]
    return entry if all(isinstance(value, str) for value in entry) else None


def refused_input(target):
    """Returns the reason why a log group can't be a target with this input, or None.

    A log group has no `Input` and no `InputPath`, and its template is an object with the texts `timestamp` and `message`
    (LogGroupTargetInput in the CDK reference, and pull request 20748 of aws-cdk, which quotes PutTargets)."""
    if log_group_of(target) is None:
        return None
    wrong = [name for name in ("Input", "InputPath") if target.get(name)]
    if wrong:
        return f"{wrong[0]} is not supported for target {target.get('Id')}: a log group."
    if transformer := target.get("InputTransformer"):
        filled = TEXT_OR_PLACEHOLDER.sub(lambda part: part[0] if part[0][0] == '"' else '""', transformer.get("InputTemplate", ""))
        if log_entry(filled) is None:
            return (f"InputTemplate for target {target.get('Id')} is not supported: a log group needs the form "
                    '{"timestamp": <timestamp>, "message": <message>}.')
    return None


def install_input_checks():
    """Refuses targets with an input that they do not accept, in PutTargets and in a stack's new rule; a rule's update uses
    PutTargets."""
    emulated, handlers = eventbridge._put_targets, provisioners._RESOURCE_HANDLERS
    rule = handlers["AWS::Events::Rule"]

    def first_refusal(targets):
        return next(filter(None, map(refused_input, targets)), None)

    def put_targets(data):
        if refused := first_refusal(data.get("Targets", [])):
            return eventbridge.error_response_json("ValidationException", refused, 400)
        return emulated(data)

    def create(logical_id, props, stack_name):
        if refused := first_refusal(props.get("Targets") or []):
            raise ValueError(f"{refused} (Service: EventBridge, Status Code: 400)")
        return rule["create"](logical_id, props, stack_name)

    eventbridge._put_targets = put_targets
    handlers["AWS::Events::Rule"] = {**rule, "create": create}


def write_to_log_group(group, at, message, rule_arn):
    """Returns the code and text of the reason why a message is not written, or None. `at` is its time, in any form that
    EventBridge accepts; a message that is too old or too new is dropped."""
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
    seconds = eventbridge._coerce_timestamp(at)
    entry = {"timestamp": int(seconds if isinstance(seconds, (int, float)) else now.timestamp()) * 1000, "message": message}
    _, _, body = logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": [entry]})
    if "rejectedLogEventsInfo" in json.loads(body):
        log.warning("event of %s not written to %s: the log group refuses its time", at, group)
    return None


def send_to_dead_letter_queue(target, rule, event, code, text):
    """Sends the event to the target's dead-letter queue, with the reason as attributes; drops it without one, and if the
    queue's policy does not allow it ("Using dead-letter queues to process undelivered events in EventBridge")."""
    log.warning("event not delivered to %s: %s", target.get("Arn"), text)
    arn = (target.get("DeadLetterConfig") or {}).get("Arn", "")
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        return
    if refused := refused_target(arn, rule.get("Arn", "")):
        log.warning("event not sent to the dead-letter queue, and lost: %s", refused[1])
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


def install_targets():
    """Makes rules deliver only where the target's policy allows it, and write to log groups, which the emulator does
    not."""
    emulated = eventbridge._invoke_target

    @functools.wraps(emulated)
    def invoke_target(target, event, rule, view=None):
        view, group = view or eventbridge._pattern_event_view(event), log_group_of(target)
        if group is None:
            refused = refused_target(target.get("Arn", ""), rule.get("Arn", ""))
            if refused:
                return send_to_dead_letter_queue(target, rule, json.dumps(view.event_with_detail()), *refused)
            return emulated(target, event, rule, view)
        if target.get("InputTransformer"):
            # A value with quotes can break the template's JSON.
            entry = log_entry(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))
        else:
            # The time in the log is that of the event (LogGroupTargetInputOptions in the CDK reference).
            entry = event.get("Time"), json.dumps(view.event_with_detail())
        if entry is None:
            refused = "SDK_CLIENT_ERROR", "the input for the log group has no timestamp and message"
        else:
            refused = write_to_log_group(group, *entry, rule.get("Arn", ""))
        if refused:
            send_to_dead_letter_queue(target, rule, json.dumps(view.event_with_detail()), *refused)

    eventbridge._invoke_target = invoke_target
