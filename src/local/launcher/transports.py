"""EventBridge and Kinesis Data Streams for DynamoDB deliver as on AWS: unordered, with occasional duplicates, and to a
new rule only after a pause. One seed decides (disorder.py)."""

import asyncio
import base64
import contextvars
import copy
import functools
import itertools
import json
import time

import disorder


class Scheduled:
    """Work that the event loop does later. Pending work is done before the emulator saves its state at its end."""

    def __init__(self):
        self.work, self.numbers, self.loop, self.ending = {}, itertools.count(), None, False
        # Called after each piece of work.
        self.after = lambda: None

    def start(self):
        self.loop = asyncio.get_running_loop()

    def hold(self, delay, work, *arguments):
        # Account and region of the request are in its context.
        work = functools.partial(contextvars.copy_context().run, work, *arguments)
        if self.loop is None or self.ending:
            return work()
        number = next(self.numbers)
        self.work[number] = work
        # Requests are served on the loop, resources made and items expired on other threads.
        self.loop.call_soon_threadsafe(self.loop.call_later, delay, self.release, number)

    def release(self, number):
        work = self.work.pop(number, None)
        if work:
            work()
            self.after()

    def release_all(self):
        self.ending = True
        for number in list(self.work):
            self.release(number)


held = Scheduled()
# Functions that change a rule or its targets; they take the request.
CHANGES = ("_put_rule", "_delete_rule", "_enable_rule", "_disable_rule", "_put_targets", "_remove_targets")


def install_bus(eventbridge, handlers, responses, seed):
    """Delivers at least once and unordered, as EventBridge does ("What is Amazon EventBridge?" and "Event delivery
    level" in its user guide). PutEvents answers at once. A change of a rule goes live after a pause (disorder.py)."""
    draws = disorder.Draws(seed)
    rules = disorder.Propagation(draws.pause)
    invoke = eventbridge._invoke_target

    def scoped(key):
        return responses.get_account_id(), responses.get_region(), key

    def versions():
        """Returns the rules of this account and region, with their targets."""
        return {scoped(key): (dict(rule), copy.deepcopy(eventbridge._targets.get(key, [])))
                for key, rule in list(eventbridge._rules.items())}

    def matters(version):
        return version and ([version[0].get(name) for name in ("State", "EventPattern", "EventBusName")], version[1])

    def propagating(change):
        @functools.wraps(change)
        def run(*arguments, **named):
            before = versions()
            try:
                return change(*arguments, **named)
            finally:
                after, now = versions(), time.monotonic()
                for key in {**before, **after}:
                    if matters(before.get(key)) != matters(after.get(key)):
                        rules.change(key, before.get(key), after.get(key), now)

        return run

    for name in CHANGES:
        setattr(eventbridge, name, propagating(getattr(eventbridge, name)))
    # CloudFormation makes a rule without these functions.
    handler = handlers["AWS::Events::Rule"]
    handlers["AWS::Events::Rule"] = {
        **handler, **{name: propagating(handler[name]) for name in ("create", "update", "delete")}}

    def in_force():
        current, now = versions(), time.monotonic()
        here = scoped(None)[:2]
        for key in {**current, **{key: None for key in rules.pending() if key[:2] == here}}:
            version = rules.in_force(key, current.get(key), now)
            if version:
                yield key[2], *version

    def dispatch(event, view=None):
        bus, path = event.get("EventBusName", "default"), event.get("_DispatchPath") or []
        view = view or eventbridge._pattern_event_view(event)
        for key, rule, targets in in_force():
            live = rule.get("EventBusName", "default") == bus and rule.get("State") == "ENABLED" and key not in path
            if live and rule.get("EventPattern") and eventbridge._matches_pattern_view(rule["EventPattern"], view, f"rule {key}"):
                for target in targets:
                    eventbridge._invoke_target(target, event, rule, view)

    def invoke_target(target, event, rule, view=None):
        for delay in draws.deliveries("bus"):
            held.hold(delay, invoke, target, event, rule, view)

    eventbridge._dispatch_event = dispatch
    eventbridge._invoke_target = invoke_target


def in_kinesis(identity):
    """Returns the identity with member names in lower camel case."""
    return identity and {name[0].lower() + name[1:]: value for name, value in identity.items()}


def change_of(table_name, record, precision, nanoseconds):
    """Returns a change record in the form of Kinesis Data Streams for DynamoDB. Its time has the precision that the
    destination is configured with ("EnableKinesisStreamingConfiguration" in the DynamoDB API reference)."""
    body = {name: value for name, value in record["dynamodb"].items() if name not in ("SequenceNumber", "StreamViewType")}
    body["ApproximateCreationDateTime"] = nanoseconds // (1_000 if precision == "MICROSECOND" else 1_000_000)
    body["ApproximateCreationDateTimePrecision"] = precision
    return {
        "awsRegion": record["awsRegion"], "eventID": record["eventID"], "eventName": record["eventName"],
        "userIdentity": in_kinesis(record.get("userIdentity")), "recordFormat": "application/json", "tableName": table_name,
        "dynamodb": body, "eventSource": "aws:dynamodb",
    }


def install_destinations(dynamodb, put, seed):
    """Delivers as Kinesis Data Streams for DynamoDB: "DynamoDB stream records might appear in a different order from
    when the item changes occurred", and "might appear more than once in the stream"; ApproximateCreationDateTime shows
    order and duplicates ("Using Kinesis Data Streams to capture changes to DynamoDB" in the DynamoDB developer guide).
    `put` puts a record into a stream. Without a seed each record comes once and in order."""
    draws = seed is not None and disorder.Draws(seed)

    def fan_out(table_name, record):
        for destination in dynamodb._kinesis_destinations.get(table_name, []):
            if destination.get("DestinationStatus") == "ACTIVE":
                precision = destination.get("ApproximateCreationDateTimePrecision", "MILLISECOND")
                change = change_of(table_name, record, precision, time.time_ns())
                data = base64.b64encode(json.dumps(change, default=str).encode()).decode()
                for delay in draws.deliveries("dynamodb") if draws else [0]:
                    deliver(delay, destination["StreamArn"], record["eventID"], data)

    def deliver(delay, *record):
        if delay:
            held.hold(delay, attempt, *record)
        else:
            attempt(*record)

    def attempt(*record):
        # DynamoDB retries for as long as the stream throttles it (metric ThrottledPutRecordCount).
        if not put(*record, force=held.ending):
            held.hold(0.2, attempt, *record)

    dynamodb._fan_out_to_kinesis = fan_out
