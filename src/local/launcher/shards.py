"""Limits of one shard of a Kinesis stream, and the growth of an on-demand stream. Pure: the caller passes the time, in
seconds.

Source: "Quotas and limits" and "Choose the right mode to stream in" in the Kinesis Data Streams developer guide, PutRecords and
GetRecords in its API reference.
"""

import collections

MIB = 1_048_576
# A shard accepts 1 MiB, partition keys included, and 1,000 records a second.
WRITE_BYTES, WRITE_RECORDS = MIB, 1_000
# A shard returns 2 MiB a second, in five calls of GetRecords a second, to all its readers together.
READ_BYTES, READ_CALLS = 2 * MIB, 5
# One call of GetRecords returns up to 10 MiB, and 10,000 records.
CALL_BYTES, CALL_RECORDS = 10 * MIB, 10_000
# A stream may be switched between capacity modes twice a day.
SWITCHES, DAY = 2, 86_400
# Member of a closed shard: its last sequence number.
ENDING = "ending_sequence_number"


class Window:
    """Admits amounts up to a limit in every period of one second."""

    def __init__(self, limit):
        self.limit, self.total, self.admitted = limit, 0, collections.deque()

    def has_room(self, amount, now):
        """Returns whether an amount fits now. One that is larger than the limit fits if it is the first of its
        period."""
        while self.admitted and self.admitted[0][0] <= now - 1:
            self.total -= self.admitted.popleft()[1]
        return not self.admitted or self.total + amount <= self.limit

    def admit(self, amount, now):
        self.total += amount
        self.admitted.append((now, amount))


class Limits:
    """The limits of one shard."""

    def __init__(self):
        self.written, self.records = Window(WRITE_BYTES), Window(WRITE_RECORDS)
        self.returns, self.calls = Window(READ_BYTES), Window(READ_CALLS)
        self.readable_at = self.mapped_at = self.used = float("-inf")

    def write(self, size, now):
        """Returns whether a record of so many bytes is accepted, and counts it."""
        self.used = now
        if not (self.written.has_room(size, now) and self.records.has_room(1, now)):
            return False
        self.written.admit(size, now)
        self.records.admit(1, now)
        return True

    def read(self, now, mapped=False):
        """Returns whether a call of GetRecords is answered, and counts it.

        Lambda polls a shard once a second (Lambda developer guide, "Polling and batching streams"). The local stack polls
        for it more often, to be quick: only as many calls count as Lambda would make.
        """
        self.used = now
        if now < self.readable_at or not self.returns.has_room(1, now):
            return False
        if mapped:
            if now - self.mapped_at >= 1 and self.calls.has_room(1, now):
                self.mapped_at = now
                self.calls.admit(1, now)
            return True
        if not self.calls.has_room(1, now):
            return False
        self.calls.admit(1, now)
        return True

    def returned(self, size, now):
        """Counts the bytes that a call returned. Bytes above the limit delay later calls until they fit into it: after
        10 MiB, calls are refused for 5 seconds (GetRecords)."""
        self.returns.has_room(0, now)
        self.returns.admit(size, now)
        if self.returns.total > READ_BYTES:
            self.readable_at = now + self.returns.total / READ_BYTES


# An on-demand stream accommodates double its peak write throughput, and throttles writes that more than double within 15
# minutes. Its default quota is 200 MB a second.
DOUBLING_TIME, LARGEST_ON_DEMAND = 900, 200
# Time until it has grown. On AWS it takes minutes.
GROWTH_PAUSE = 5


class Growth:
    """The growth of an on-demand stream: it doubles its shards once a peak is above half of their capacity."""

    def __init__(self):
        self.second, self.bytes, self.records, self.peak = 0, 0, 0, 0.0
        self.due_at = self.grown_at = None

    def observe(self, size, now):
        """Counts an accepted record. The peak is in shards' worth of a second."""
        if int(now) != self.second:
            self.second, self.bytes, self.records = int(now), 0, 0
        self.bytes += size
        self.records += 1
        self.peak = max(self.peak, self.bytes / WRITE_BYTES, self.records / WRITE_RECORDS)

    def is_due(self, open_shards, now):
        """Returns whether the stream doubles its shards now, and counts it as done."""
        if 2 * self.peak <= open_shards or 2 * open_shards > LARGEST_ON_DEMAND:
            self.due_at = None
            return False
        if self.due_at is None:
            earliest = now if self.grown_at is None else self.grown_at + DOUBLING_TIME
            self.due_at = max(now + GROWTH_PAUSE, earliest)
        if now < self.due_at:
            return False
        self.due_at, self.grown_at = None, now
        return True


def switched(times, now):
    """Returns the times of a stream's switches between capacity modes with one more, or None: Kinesis allows two within 24
    hours ("Switch between capacity modes" in the Kinesis developer guide)."""
    recent = [time for time in times if now - time < DAY]
    return None if len(recent) >= SWITCHES else [*recent, now]


def size_of(data):
    """Returns the number of bytes that base64 text encodes."""
    return len(data) * 3 // 4 - data[-2:].count("=")


def fitting(sizes, largest=CALL_BYTES):
    """Returns the number of records with these sizes that one response holds: at least one, if any."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if count == CALL_RECORDS or (count and total > largest):
            return count
    return len(sizes)


def resharded(ranges, target):
    """Returns the steps by which shards with these ranges of hash keys become `target` shards of equal size, as
    UpdateShardCount makes them: ("split", a hash key inside a shard) and ("merge", the hash key at which a shard begins whose
    preceding neighbor absorbs it)."""
    whole = ranges[-1][1] + 1
    starts = [whole * number // target for number in range(target)]
    before = {start for start, _ in ranges}
    splits = [("split", start) for start in starts if start not in before]
    return splits + [("merge", start) for start in sorted(before - set(starts))]
