"""Kinesis as on AWS where the emulator differs: a shard has limits and an on-demand stream grows (shards.py), a split or
merged shard stays readable, and a shard count changes by splits and merges.

Source: the Kinesis Data Streams API reference and "Resharding a stream" in its developer guide.
"""

import contextvars
import json
import time

import shards
from push import Push
from shards import ENDING, size_of

THROTTLED = "ProvisionedThroughputExceededException"
# Time at which a shard was closed.
CLOSED_AT = "closed_at"
# Times at which a stream was switched between capacity modes.
SWITCHED_AT = "switched_at"
# Set while a request of an event source mapping is served.
mapping = contextvars.ContextVar("mapping", default=False)


class Streams:
    """Replaces functions of the emulator's module."""

    def __init__(self, kinesis, responses, limited=True):
        self.kinesis, self.responses, self.limited, self.limits, self.growth = kinesis, responses, limited, {}, {}

    def install(self, handlers):
        """Installs itself; `handlers` are those of CloudFormation's resource types."""
        self.emulated = {}
        for name in ("create_stream", "put_record", "put_records", "get_records", "list_shards", "split_shard", "merge_shards", "update_shard_count",
                     "describe_stream_summary", "subscribe_to_shard", "expire_records", "route_to_shard", "shard_out"):
            self.emulated[name] = getattr(self.kinesis, f"_{name}")
            setattr(self.kinesis, f"_{name}", getattr(self, name))
        handler = handlers["AWS::Kinesis::Stream"]
        handlers["AWS::Kinesis::Stream"] = {**handler, "update": self.updating(handler["update"])}

    # Responses

    def refuse(self, code, text):
        return self.kinesis.error_response_json(code, text, 400)

    def throttled(self, shard_id, stream):
        account = self.responses.get_account_id()
        return THROTTLED, f"Rate exceeded for shard {shard_id} in stream {stream['StreamName']} under account {account}."

    # Limits

    def limits_of(self, stream, shard_id):
        if len(self.limits) > 10_000:
            now = time.monotonic()
            self.limits = {key: limits for key, limits in self.limits.items() if now - limits.used < 60}
        return self.limits.setdefault((stream["StreamARN"], shard_id), shards.Limits())

    def admit(self, stream, record):
        """Returns the code and text of the reason why a record is refused, or None."""
        key = record.get("PartitionKey", "")
        if not self.limited or not isinstance(key, str):
            return None
        explicit = record.get("ExplicitHashKey")
        shard_id = self.route_to_shard(int(explicit) if explicit else self.kinesis._partition_key_to_hash(key), stream)
        size = size_of(record.get("Data") or "") + len(key.encode())
        if not self.limits_of(stream, shard_id).write(size, time.monotonic()):
            return self.throttled(shard_id, stream)
        self.growth_of(stream).observe(size, time.monotonic())
        return None

    def growth_of(self, stream):
        # A stream that was deleted and created again starts over.
        return self.growth.setdefault((stream["StreamARN"], stream["CreationTimestamp"]), shards.Growth())

    def grow(self, stream):
        """Doubles the shards of an on-demand stream if its writes require it."""
        on_demand = stream["StreamModeDetails"]["StreamMode"] == "ON_DEMAND"
        open_shards = len(self.open_shards(stream))
        if self.limited and on_demand and self.growth_of(stream).is_due(open_shards, time.monotonic()):
            self.rescale(stream, 2 * open_shards)

    def put_record(self, data):
        _, stream = self.kinesis._resolve_stream(data)
        if stream:
            self.grow(stream)
        refused = stream and self.admit(stream, data)
        return self.refuse(*refused) if refused else self.emulated["put_record"](data)

    def put_records(self, data):
        """Writes records. A record that its shard refuses fails alone; others of the request, later ones too, may
        succeed (PutRecords)."""
        _, stream = self.kinesis._resolve_stream(data)
        records = data.get("Records", [])
        if not stream or len(records) > 500:
            return self.emulated["put_records"](data)
        self.grow(stream)
        refusals = [self.admit(stream, record) for record in records]
        if not any(refusals):
            return self.emulated["put_records"](data)
        accepted = [record for record, refused in zip(records, refusals) if not refused]
        status, headers, body = self.emulated["put_records"]({**data, "Records": accepted})
        if status >= 400:
            return status, headers, body
        results = iter(json.loads(body)["Records"])
        merged = [{"ErrorCode": refused[0], "ErrorMessage": refused[1]} if refused else next(results) for refused in refusals]
        return self.kinesis.json_response({
            "FailedRecordCount": len(records) - len(accepted), "Records": merged,
            "EncryptionType": stream.get("EncryptionType", "NONE")})

    def put(self, stream_arn, partition_key, data, force=False):
        """Writes a record of another service. Returns False if the shard refuses it."""
        stream = self.kinesis._resolve_stream_by_arn(stream_arn)
        # Records for a deleted stream are dropped.
        if not stream or stream.get("StreamStatus") != "ACTIVE":
            return True
        self.grow(stream)
        record = {"StreamName": stream["StreamName"], "PartitionKey": partition_key, "Data": data}
        if not force and self.admit(stream, record):
            return False
        self.emulated["put_record"](record)
        return True

    def get_records(self, data):
        state = self.kinesis._shard_iterators.get(data.get("ShardIterator"))
        stream = state and self.kinesis._streams.get(state["stream"])
        shard = stream and stream["shards"].get(state["shard_id"])
        if not shard:
            return self.emulated["get_records"](data)
        limits = self.limits_of(stream, state["shard_id"])
        if self.limited and not limits.read(time.monotonic(), mapping.get()):
            return self.refuse(*self.throttled(state["shard_id"], stream))
        wanted = min(data.get("Limit") or shards.CALL_RECORDS, shards.CALL_RECORDS)
        sizes = [size_of(record["Data"]) for record in shard["records"][state["position"]:state["position"] + wanted]]
        fit = shards.fitting(sizes)
        status, headers, body = self.emulated["get_records"]({**data, "Limit": fit or wanted})
        if status >= 400:
            return status, headers, body
        limits.returned(sum(sizes[:fit]), time.monotonic())
        if ENDING in shard and state["position"] + fit >= len(shard["records"]):
            answer = json.loads(body)
            self.kinesis._shard_iterators.pop(answer.pop("NextShardIterator"), None)
            return self.kinesis.json_response({**answer, "ChildShards": self.children(stream, state["shard_id"])})
        return status, headers, body

    def create_stream(self, data):
        """Creates a stream. An on-demand stream begins with four shards ("Choosing the right mode" in the developer
        guide), each with the limits of a provisioned one, and grows."""
        on_demand = (data.get("StreamModeDetails") or {}).get("StreamMode") == "ON_DEMAND"
        return self.emulated["create_stream"]({**data, "ShardCount": 4} if on_demand else data)

    # Closed shards

    def route_to_shard(self, hash_key, stream):
        for shard_id, shard in stream["shards"].items():
            if ENDING not in shard and int(shard["starting_hash_key"]) <= hash_key <= int(shard["ending_hash_key"]):
                return shard_id
        return self.emulated["route_to_shard"](hash_key, stream)

    def open_shards(self, stream):
        """Returns ids and ranges, by hash key."""
        found = [(int(shard["starting_hash_key"]), int(shard["ending_hash_key"]), shard_id)
                 for shard_id, shard in stream["shards"].items() if ENDING not in shard]
        return sorted(found)

    def shard_out(self, shard_id, shard):
        shown = self.emulated["shard_out"](shard_id, shard)
        if ENDING in shard:
            shown["SequenceNumberRange"]["EndingSequenceNumber"] = shard[ENDING]
        return shown

    def children(self, stream, shard_id):
        found = []
        for child_id, child in sorted(stream["shards"].items()):
            parents = [id for id in (child.get("parent_shard_id"), child.get("adjacent_parent_shard_id")) if id]
            if shard_id in parents:
                found.append({"ShardId": child_id, "ParentShards": parents, "HashKeyRange": {
                    "StartingHashKey": child["starting_hash_key"], "EndingHashKey": child["ending_hash_key"]}})
        return found

    def list_shards(self, data):
        status, headers, body = self.emulated["list_shards"](data)
        if status < 400 and (data.get("ShardFilter") or {}).get("Type") == "AT_LATEST":
            answer = json.loads(body)
            answer["Shards"] = [shard for shard in answer["Shards"] if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
            return self.kinesis.json_response(answer)
        return status, headers, body

    def describe_stream_summary(self, data):
        status, headers, body = self.emulated["describe_stream_summary"](data)
        if status >= 400:
            return status, headers, body
        answer = json.loads(body)
        _, stream = self.kinesis._resolve_stream(data)
        answer["StreamDescriptionSummary"]["OpenShardCount"] = len(self.open_shards(stream))
        return self.kinesis.json_response(answer)

    def expire_records(self, stream):
        """Removes closed shards once their last record is past the retention."""
        self.emulated["expire_records"](stream)
        cutoff = time.time() - stream["RetentionPeriodHours"] * 3600
        for shard_id, shard in list(stream["shards"].items()):
            if shard.get(CLOSED_AT, cutoff) < cutoff:
                del stream["shards"][shard_id]

    # Resharding

    def closing(self, operation, stream, parents, data):
        """Runs an operation of the emulator that removes shards, and restores them as closed."""
        kept = {shard_id: stream["shards"].get(shard_id) for shard_id in parents}
        for shard_id, shard in kept.items():
            if shard and ENDING in shard:
                return self.refuse("ResourceInUseException", f"Shard {shard_id} in stream {stream['StreamName']} is closed.")
        # Before the numbers of the children, after those of the records.
        ending = self.kinesis._next_sequence_number()
        status, headers, body = self.emulated[operation](data)
        if status < 400:
            for shard_id, shard in kept.items():
                stream["shards"][shard_id] = {**shard, ENDING: ending, CLOSED_AT: time.time()}
        return status, headers, body

    def split_shard(self, data):
        _, stream = self.kinesis._resolve_stream(data)
        if not stream:
            return self.emulated["split_shard"](data)
        return self.closing("split_shard", stream, [data.get("ShardToSplit")], data)

    def merge_shards(self, data):
        _, stream = self.kinesis._resolve_stream(data)
        parents = [data.get("ShardToMerge"), data.get("AdjacentShardToMerge")]
        if not stream or not all(parent in stream["shards"] for parent in parents):
            return self.emulated["merge_shards"](data)
        ranges = sorted((int(stream["shards"][parent]["starting_hash_key"]), int(stream["shards"][parent]["ending_hash_key"]))
                        for parent in parents)
        if ranges[0][1] + 1 != ranges[1][0]:
            return self.refuse("InvalidArgumentException", f"Shards {parents[0]} and {parents[1]} are not adjacent.")
        return self.closing("merge_shards", stream, parents, data)

    def rescale(self, stream, target):
        for step, at in shards.resharded([(start, end) for start, end, _ in self.open_shards(stream)], target):
            if step == "split":
                self.split_shard({"StreamName": stream["StreamName"], "NewStartingHashKey": str(at),
                                  "ShardToSplit": self.route_to_shard(at, stream)})
            else:
                self.merge_shards({"StreamName": stream["StreamName"], "ShardToMerge": self.route_to_shard(at - 1, stream),
                                   "AdjacentShardToMerge": self.route_to_shard(at, stream)})

    def update_shard_count(self, data):
        _, stream = self.kinesis._resolve_stream(data)
        target = int(data.get("TargetShardCount") or 0)
        if not stream or target < 1:
            return self.emulated["update_shard_count"](data)
        if stream["StreamModeDetails"]["StreamMode"] == "ON_DEMAND":
            return self.refuse("ValidationException", "UpdateShardCount is not supported for on-demand streams.")
        current = len(self.open_shards(stream))
        # "You cannot scale up to more than double your current shard count", nor down below half of it (UpdateShardCount).
        if target > 2 * current or 2 * target < current:
            return self.refuse("LimitExceededException", f"UpdateShardCount cannot scale {current} open shards to {target}.")
        self.rescale(stream, target)
        return self.kinesis.json_response({
            "StreamName": stream["StreamName"], "CurrentShardCount": current, "TargetShardCount": target,
            "StreamARN": stream["StreamARN"]})

    def updating(self, update):
        """Makes CloudFormation's update of a stream change the number of shards, which the emulator's does not, and refuse
        what Kinesis refuses."""

        def run(physical_id, old_props, new_props, *rest):
            before, target = self.kinesis._streams.get(physical_id), int(new_props.get("ShardCount") or 0)
            if before:
                self.check_mode(before, new_props)
            name, attributes = update(physical_id, old_props, new_props, *rest)
            stream = self.kinesis._streams.get(name)
            if stream and target and target != int(old_props.get("ShardCount") or 0):
                self.rescale(stream, target)
            return name, attributes

        return run

    def check_mode(self, stream, props):
        """Records a switch between capacity modes, unless the stream has had its two of the day."""
        mode = (props.get("StreamModeDetails") or {}).get("StreamMode")
        if not mode or mode == stream["StreamModeDetails"]["StreamMode"]:
            return
        times = shards.switched(stream.get(SWITCHED_AT, []), time.time())
        if times is None:
            raise ValueError(f"LimitExceededException: stream {stream['StreamName']} was switched between on-demand and provisioned "
                             "mode twice within 24 hours, which is the limit.")
        stream[SWITCHED_AT] = times

    # Enhanced fan-out

    def subscribe_to_shard(self, data, is_cbor):
        """Pushes the records of a subscription. The emulator checks the request and registers the subscription; its own
        push does not end at a closed shard: the remaining records come, and then its children
        (SubscribeToShardEvent)."""
        status, headers, body = self.emulated["subscribe_to_shard"](data, is_cbor)
        if status >= 400:
            return status, headers, body
        consumer = self.kinesis._consumer_from_arn(data["ConsumerARN"])
        push = Push(self, self.kinesis._resolve_stream_by_arn(consumer["StreamARN"]), data, is_cbor)
        return status, headers, self.responses.StreamingResponse(push.run)
