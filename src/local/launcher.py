"""Runs the emulator with outboxctl's additions.

Started by `outboxctl local serve` with the emulator's own environment variables, and:
  OUTBOXCTL_GATEWAY         URL of outboxctl's gateway, which provides the resource types added here
  OUTBOXCTL_RESOURCE_TYPES  CloudFormation types that it handles, separated by commas
  OUTBOXCTL_EXTENDED_TYPES  types whose record the emulator keeps, and whose resources the gateway creates
  OUTBOXCTL_PORT_FILE       file to write the port to
  OUTBOXCTL_SEED            seed of order, repetition and delays of event transports; empty: everything is delivered once,
                            in order and at once
  OUTBOXCTL_UNLIMITED       not empty: shards of Kinesis have no limits
  OUTBOXCTL_UNSAVED_FILE    file that exists while there are changes that are not saved
  OUTBOXCTL_RIGHTS_RECORDS  folder for authorization decisions; empty: they are not recorded
  OUTBOXCTL_EMULATOR_SECRET required value of x-outboxctl-emulator in every request: the port is open to this whole machine,
                            web pages included, and only the gateway may use it

Its arguments are the folders of its packages. It patches the emulator's modules, so it is made for one version of it:
required names are looked up before the first request, and a missing one ends it with exit code 3.
"""

import asyncio
import json
import logging
import os
import signal
import socket
import sys

# Modules beside this file.
import streams
import transports

# Not through PYTHONPATH: a folder's name may hold a colon, and functions would inherit it.
sys.path[:0] = sys.argv[1:]

from emulated import need

# First: it completes an interrupted save before a service reads its state.
import state

provisioners = need("services.cloudformation.provisioners", "_RESOURCE_HANDLERS")
dynamodb = need("services.dynamodb", "_kinesis_destinations", "_fan_out_to_kinesis")
kinesis = need("services.kinesis", "_streams", "_shard_iterators", "_consumers", "_subscriptions", "SUBSCRIPTION_SECONDS",
               "_create_stream", "_put_record", "_put_records", "_get_records", "_list_shards", "_split_shard", "_merge_shards",
               "_update_shard_count", "_describe_stream_summary", "_subscribe_to_shard", "_route_to_shard", "_shard_out",
               "_resolve_stream", "_resolve_stream_by_arn", "_consumer_from_arn", "_partition_key_to_hash", "_start_position",
               "_eventstream_message", "error_response_json", "json_response")
eventbridge = need("services.eventbridge", "_dispatch_event", "_matches_pattern_view", "_rules", "_targets", *transports.CHANGES)
responses = need("core.responses", "get_account_id", "get_region", "StreamingResponse")
application = need("app", "app")

# They patch the modules above, and need them complete.
import access
import answers
import cloud_control
import expiry
import functions
import log_groups
import network
import queues
import records
import resources
import rights
import rules
import snapshots
import templates
import workers

log = logging.getLogger("outboxctl")


async def answer_gateway(scope, receive, send):
    """Handles our own addresses, for the gateway only: it passes no request on to them."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    handlers = {"/_outboxctl/session": access.session_of, "/_outboxctl/visitor": functions.visitor,
                "/_outboxctl/database": network.database, "/_outboxctl/visible": queues.make_visible}
    found = handlers.get(scope["path"], lambda _: {})(json.loads(body))
    await answer(send, 200, {"content-type": "application/json"}, json.dumps(found).encode())


async def refuse(scope, receive, send):
    """Refuses web sockets: the gateway passes none on."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await answer(send, *access.DENIED)


async def answer(send, status, headers, body):
    headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def write(path, text):
    """Writes a file atomically."""
    with open(path + ".partial", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".partial", path)


def write_if_possible(path, text):
    """Creates the file. On a full disk it exists already, and stays empty."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        log.exception("%s could not be written", path)


async def serve(kept):
    from hypercorn.asyncio import serve as run
    from hypercorn.config import Config

    # Bound here rather than by number: no other process can take the port in between.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.backlog = 1024
    config.loglevel = "WARNING"

    transports.held.start()
    transports.held.after = kept.changed
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)

    async def with_reports(scope, receive, send):
        """Reports that the emulator has started, and that it has saved its state; notes requests that change it."""

        async def forward(message):
            if message["type"] == "lifespan.startup.complete":
                kept.start()
                write(os.environ["OUTBOXCTL_PORT_FILE"], str(port))
            elif message["type"] == "lifespan.shutdown.complete":
                kept.changed()
                if state.unsaved:
                    write_if_possible(kept.marker, state.unsaved[0])
                else:
                    os.remove(kept.marker)
            await send(message)

        async def receive_event():
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                kept.end()
                transports.held.release_all()
            return message

        if scope["type"] == "lifespan":
            await application.app(scope, receive_event, forward)
        elif scope["type"] == "http" and access.may_pass(scope):
            asked = rights.caller.get() or {}
            if "reach" in asked:
                lost = network.reach(asked["place"], asked["region"], asked["reach"])
                await answer(send, 200, {"x-outboxctl-unreachable": lost} if lost else {}, b"")
                return
            if snapshots.may_change(scope):
                send = kept.before_answer(send)
            lost = access.session.get() and network.unreachable(scope, rights.place_of)
            if lost:
                # The gateway sends no response then.
                log.warning("%s", lost)
                await answer(send, 504, {"x-outboxctl-unreachable": lost}, b"")
            else:
                ours = scope["path"].startswith("/_outboxctl/")
                await (answer_gateway if ours else application.app)(scope, receive, send)
        else:
            await refuse(scope, receive, send)

    await run(with_reports, config, shutdown_trigger=ended.wait)


if __name__ == "__main__":
    rules.install_input_checks()
    resources.install_names_by_region()
    resources.install_resource_types()
    records.install_less_frequent_sweeps()
    records.install_growing_sequence_numbers()
    shards = streams.Streams(kinesis, responses, limited=not os.environ.get("OUTBOXCTL_UNLIMITED"))
    shards.install(provisioners._RESOURCE_HANDLERS)
    seed = os.environ.get("OUTBOXCTL_SEED") or None
    transports.install_destinations(dynamodb, shards.put, seed)
    expiry.install_expiry()
    state.install_persistent_streams()
    state.install_strict_loads()
    state.install_atomic_saves()
    state.disable_init_scripts()
    rules.install_times()
    rules.install_targets()
    templates.install_parameter_checks()
    templates.install_reviews()
    rules.install_function_targets()
    workers.install_function_environment()
    if seed:
        transports.install_bus(eventbridge, provisioners._RESOURCE_HANDLERS, responses, seed)
    access.install_public_routes()
    access.install_changed_requests()
    access.install_session_keys()
    rights.install()
    functions.install()
    log_groups.install()
    cloud_control.install()
    answers.install_signed_answers()
    workers.disable_nagle()
    workers.guard_functions()
    kept = snapshots.Snapshots(os.environ["OUTBOXCTL_UNSAVED_FILE"])
    kept.install_effects()
    asyncio.run(serve(kept))
