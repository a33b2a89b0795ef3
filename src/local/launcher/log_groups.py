"""CloudWatch Logs as on AWS where the emulator differs: a group refuses events outside of a range of time, and a search
has pages.

Sources: PutLogEvents and FilterLogEvents in the CloudWatch Logs API reference.
"""

import bisect
import heapq
import itertools
import json
import time

from emulated import need

logs = need("services.cloudwatch_logs", "_put_log_events", "_filter_log_events", "_log_groups", "_resolve_log_group_name",
            "_compile_filter_pattern", "json_response", "error_response_json")

DAY = 86_400_000
# Maximum age of an event, unless the group keeps events for a shorter time, and maximum time ahead; in milliseconds.
MAX_AGE, MAX_AHEAD = 14 * DAY, DAY // 12
# An answer has up to 10,000 events, which is the default of `limit` as well, and up to 1 MB.
LIMIT, MAX_BYTES = 10_000, 1_048_576


def timestamp(event):
    return event["timestamp"]


def accepted(timestamps, now, retention):
    """Returns the range of events that a group accepts, and the rest as rejectedLogEventsInfo. Times are in
    milliseconds, and in order; `retention` is in days, or None."""
    too_old = bisect.bisect_left(timestamps, now - MAX_AGE)
    expired = bisect.bisect_left(timestamps, now - retention * DAY) if retention else 0
    too_new = bisect.bisect_right(timestamps, now + MAX_AHEAD)
    rejected = {"tooOldLogEventEndIndex": too_old, "expiredLogEventEndIndex": expired}
    rejected = {name: end for name, end in rejected.items() if end}
    if too_new < len(timestamps):
        rejected["tooNewLogEventStartIndex"] = too_new
    return slice(max(too_old, expired), too_new), rejected


def install_time_limits():
    """Refuses events that are too old or too new. The others of the request are stored."""
    emulated = logs._put_log_events

    def put_log_events(data):
        group, events, now = logs._log_groups.get(data.get("logGroupName")), data.get("logEvents", []), int(time.time() * 1000)
        times = [event.get("timestamp", now) for event in events]
        if times != sorted(times):
            text = "Log events in a single PutLogEvents request must be in chronological order."
            return logs.error_response_json("InvalidParameterException", text, 400)
        taken, rejected = accepted(times, now, group and group.get("retentionInDays"))
        status, headers, body = emulated({**data, "logEvents": events[taken]})
        if status != 200 or not rejected:
            return status, headers, body
        return logs.json_response({**json.loads(body), "rejectedLogEventsInfo": rejected})

    logs._put_log_events = put_log_events


def in_range(name, stream, since, until):
    """Yields the events of a stream from one time to another, each with the stream's name."""
    history = stream["events"]
    start = 0 if since is None else bisect.bisect_left(history, since, key=timestamp)
    end = len(history) if until is None else bisect.bisect_right(history, until, key=timestamp)
    for position in range(start, end):
        yield {**history[position], "logStreamName": name}


def page(events, skipped, wanted):
    """Returns the events of an answer, after those that earlier answers had, and whether more follow."""
    taken, size = [], 0
    for event in itertools.islice(events, skipped, None):
        size += len(event["message"].encode())
        if len(taken) == wanted or (taken and size > MAX_BYTES):
            return taken, True
        taken.append(event)
    return taken, False


def install_pages():
    """Answers a search page by page: the emulator ends its answer at the limit, and has no token for the rest.

    A token names the time of the last event, and how many events of that time were returned already. With the token
    come the arguments of the first request ("nextToken" in the API reference)."""
    emulated = logs._filter_log_events

    def filter_log_events(data):
        group = logs._log_groups.get(logs._resolve_log_group_name(data))
        if group is None:
            return emulated(data)
        since, skipped = data.get("startTime"), 0
        if token := data.get("nextToken"):
            try:
                since, skipped = map(int, token.split("-"))
            except ValueError:
                return logs.error_response_json("InvalidParameterException", "The specified nextToken is invalid.", 400)
        names, prefix = data.get("logStreamNames"), data.get("logStreamNamePrefix")
        if names and prefix:
            text = "logStreamNames and logStreamNamePrefix are mutually exclusive."
            return logs.error_response_json("InvalidParameterException", text, 400)
        matches = logs._compile_filter_pattern(data.get("filterPattern", ""))
        ranges = [in_range(name, stream, since, data.get("endTime")) for name, stream in list(group["streams"].items())
                  if (not names or name in names) and name.startswith(prefix or "")]
        found = heapq.merge(*ranges, key=lambda event: (timestamp(event), event.get("ingestionTime", 0)))
        found = (event for event in found if matches(event["message"]))
        taken, more = page(found, skipped, min(data.get("limit", LIMIT), LIMIT))
        answer = {"events": taken, "searchedLogStreams": []}
        if more:
            last = timestamp(taken[-1])
            before = skipped if last == since else 0
            answer["nextToken"] = f"{last}-{before + sum(timestamp(event) == last for event in taken)}"
        return logs.json_response(answer)

    logs._filter_log_events = filter_log_events


def install():
    install_time_limits()
    install_pages()
