"""Pages of FilterLogEvents. The emulator ends its answer at the limit, and has no token for the rest."""

import functools
import json

from emulated import need

logs = need("services.cloudwatch_logs", "_filter_log_events", "error_response_json")

# "The maximum number of events to return. The default is 10,000" (FilterLogEvents, CloudWatch Logs API reference).
LIMIT = 10_000


def install():
    """A token names the time of the last event, and how many events of that time were returned already. With the token
    come the arguments of the first request ("nextToken" in the API reference)."""
    emulated = logs._filter_log_events

    @functools.wraps(emulated)
    def filter_log_events(data):
        since, returned, wanted = data.get("startTime"), 0, min(data.get("limit", LIMIT), LIMIT)
        if token := data.get("nextToken"):
            try:
                since, returned = map(int, token.split("-"))
            except ValueError:
                return logs.error_response_json("InvalidParameterException", "The specified nextToken is invalid.", 400)
        # The emulator never returns more than LIMIT at once.
        asked = min(returned + wanted, LIMIT)
        status, headers, body = emulated({**data, "startTime": since, "limit": asked})
        if status != 200:
            return status, headers, body
        answer = json.loads(body)
        found = answer["events"]
        answer["events"] = found[returned:]
        if len(found) == asked and answer["events"]:
            last = found[-1]["timestamp"]
            answer["nextToken"] = f"{last}-{sum(event['timestamp'] == last for event in found)}"
        return status, headers, json.dumps(answer, ensure_ascii=False).encode()

    logs._filter_log_events = filter_log_events
