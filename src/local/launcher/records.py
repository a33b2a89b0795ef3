"""Sequence numbers and expiry of the records of Kinesis."""

import threading
import time

from emulated import need

kinesis = need("services.kinesis", "_expire_iterators", "_expire_records", "_next_sequence_number", "_streams")


# The sequence number from which the emulator's numbers count.
FIRST_NUMBER = 49 * 10**54


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
    from the time: once the clock has been set back, new records would be before the position of every reader.

    They have 56 digits and begin with 49, as in the examples of the Kinesis developer guide ("PutRecords example"). The
    emulator's begin with zeros, which the API does not allow ("StartingSequenceNumber" of GetShardIterator)."""
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
            last = max(FIRST_NUMBER + int(emulated()), before + 1)
            return str(last)

    kinesis._next_sequence_number = grows
