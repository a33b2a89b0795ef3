"""Pushes the records of a shard to a consumer with enhanced fan-out.

Source: SubscribeToShard in the Kinesis Data Streams API reference.
"""

import asyncio
import base64
import json
import time

import shards
from shards import ENDING, size_of

# Interval of reads, and the longest time without an event, in seconds.
LOOK, QUIET = 0.2, 5


class Push:
    """Serves one subscription, for as long as it is the consumer's only one to the shard, and five minutes at most."""

    def __init__(self, streams, stream, data, is_cbor):
        self.streams, self.kinesis, self.stream, self.is_cbor = streams, streams.kinesis, stream, is_cbor
        self.shard_id, self.key = data["ShardId"], (data["ConsumerARN"], data["ShardId"])
        self.id, start = self.kinesis._subscriptions[self.key]["id"], data["StartingPosition"]
        self.scope = streams.responses.get_account_id(), streams.responses.get_region()
        shard = stream["shards"][self.shard_id]
        position = self.kinesis._start_position(
            shard["records"], start["Type"], start.get("SequenceNumber", ""), start.get("Timestamp"))
        # Positions shift when records expire; sequence numbers stay.
        self.after = shard["records"][position - 1]["SequenceNumber"] if position else ""
        self.continuation = self.after or shard["starting_sequence_number"]

    def encoded(self, kind, payload):
        if self.is_cbor:
            import cbor2
            body = cbor2.dumps(payload)
        else:
            body = json.dumps(payload).encode()
        return self.kinesis._eventstream_message({
            ":message-type": "event", ":event-type": kind,
            ":content-type": "application/x-amz-cbor-1.1" if self.is_cbor else "application/json"}, body)

    def shown(self, record):
        data = base64.b64decode(record["Data"]) if self.is_cbor else record["Data"]
        return {**record, "Data": data, "EncryptionType": self.stream.get("EncryptionType", "NONE")}

    def event(self, records, children=None):
        payload = {"Records": [self.shown(record) for record in records], "ContinuationSequenceNumber": self.continuation,
                   "MillisBehindLatest": 0, **({"ChildShards": children} if children is not None else {})}
        return self.encoded("SubscribeToShardEvent", payload)

    def is_live(self):
        account, region = self.scope
        there = self.kinesis._streams.get_scoped(account, region, self.stream["StreamName"]) is self.stream
        registered = self.kinesis._consumers.get_scoped(account, region, self.key[0]) is not None
        return there and registered and (self.kinesis._subscriptions.get(self.key) or {}).get("id") == self.id

    async def run(self, send, receive):
        async def chunk(body, more=True):
            await send({"type": "http.response.body", "body": body, "more_body": more})

        async def left():
            while (await receive()).get("type") != "http.disconnect":
                pass

        leaving = asyncio.ensure_future(left())
        deadline, sent_at = time.monotonic() + self.kinesis.SUBSCRIPTION_SECONDS, float("-inf")
        try:
            await chunk(self.encoded("initial-response", {}))
            while not leaving.done() and time.monotonic() < deadline and self.is_live():
                shard = self.stream["shards"].get(self.shard_id, {"records": [], ENDING: self.continuation})
                closed = ENDING in shard
                batch = [record for record in shard["records"] if record["SequenceNumber"] > self.after]
                # An event of AWS contains about 1 MB at most.
                batch = batch[:shards.fitting([size_of(record["Data"]) for record in batch], shards.MIB)]
                if batch:
                    self.after = self.continuation = batch[-1]["SequenceNumber"]
                elif closed:
                    await chunk(self.event([], self.streams.children(self.stream, self.shard_id)))
                    break
                if batch or time.monotonic() - sent_at >= QUIET:
                    await chunk(self.event(batch))
                    sent_at = time.monotonic()
                if not batch:
                    await asyncio.wait({leaving}, timeout=LOOK)
        finally:
            if (self.kinesis._subscriptions.get(self.key) or {}).get("id") == self.id:
                self.kinesis._subscriptions.pop(self.key, None)
            leaving.cancel()
            await chunk(b"", more=False)
