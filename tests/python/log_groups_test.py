"""Which log events a group accepts, and the pages of a search."""

import random
import sys
import types
import unittest

LOGS = types.SimpleNamespace(
    _put_log_events=None, _filter_log_events=None, _log_groups={}, _resolve_log_group_name=lambda data: data["logGroupName"],
    _compile_filter_pattern=lambda pattern: lambda message: pattern in message, json_response=lambda answer: answer,
    error_response_json=lambda code, text, status: code)
sys.modules["emulated"] = types.SimpleNamespace(need=lambda module, *names: LOGS)

import log_groups

DAY = log_groups.DAY


class Times(unittest.TestCase):
    def test_a_group_refuses_old_and_future_events(self):
        now = 100 * DAY
        times = [now - 15 * DAY, now - 14 * DAY, now - 2 * DAY, now, now + DAY // 12, now + DAY // 12 + 1]
        taken, rejected = log_groups.accepted(times, now, None)
        self.assertEqual((times[taken], rejected), (times[1:5], {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 5}))
        taken, rejected = log_groups.accepted(times, now, 2)
        self.assertEqual((times[taken], rejected["expiredLogEventEndIndex"]), (times[2:5], 2))
        self.assertEqual(log_groups.accepted(times[1:5], now, 30), (slice(0, 4), {}))
        self.assertEqual(log_groups.accepted([], now, None), (slice(0, 0), {}))


class Pages(unittest.TestCase):
    def setUp(self):
        log_groups.install_pages()

    def pages(self, request):
        token = {}
        while True:
            answer = LOGS._filter_log_events({"logGroupName": "group", **request, **token})
            yield answer["events"]
            if "nextToken" not in answer:
                return
            token = {"nextToken": answer["nextToken"]}

    def fill(self, events):
        streams = {}
        for number, (name, timestamp, message) in enumerate(events):
            streams.setdefault(name, {"events": []})["events"].append(
                {"timestamp": timestamp, "ingestionTime": number, "message": message})
        LOGS._log_groups["group"] = {"streams": streams}

    def test_pages_have_each_event_once_in_order(self):
        for seed in range(100):
            chance, timestamp, events = random.Random(seed), 0, []
            for number in range(200):
                timestamp += chance.choice([0, 0, 0, 0, 0, 1, 7])
                events.append((chance.choice("ab"), timestamp, f"{chance.choice('xy')}{number}"))
            self.fill(events)
            since, until, limit = chance.randrange(50), 50 + chance.randrange(100), chance.choice([1, 3, 50, 1_000])
            wanted = [message for _, at, message in events if since <= at <= until and "x" in message]
            request = {"startTime": since, "endTime": until, "limit": limit, "filterPattern": "x"}
            pages = list(self.pages(request))
            self.assertEqual([event["message"] for page in pages for event in page], wanted)
            self.assertTrue(all(len(page) == limit for page in pages[:-1]))

    def test_a_page_has_a_megabyte(self):
        self.fill([("a", 0, "x" * 400_000) for _ in range(5)] + [("a", 0, "x" * 2_000_000)])
        self.assertEqual([len(page) for page in self.pages({})], [2, 2, 1, 1])

    def test_invalid_tokens_are_refused(self):
        self.fill([])
        for token in ("x", "1", "1-2-3"):
            answer = LOGS._filter_log_events({"logGroupName": "group", "nextToken": token})
            self.assertEqual(answer, "InvalidParameterException")


if __name__ == "__main__":
    unittest.main()
