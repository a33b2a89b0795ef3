"""Compares what the consumer processes and `tail` prints with the rows of an outbox, on moto.

moto creates the stacks `stream` and `leases` from the templates by CreateStack: its change sets lack the outputs. This program then is the
change data capture: it puts a record for each row of the outbox, in the form that DMS documents ("Using Amazon Kinesis Data Streams as a
target"). moto delivers every request of the consumer: leases in DynamoDB, and shards and records of Kinesis. It does not end the shards
that were split, and has no Kinesis destination for tables, so neither is tested here.
"""

import contextlib
import glob
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings

import boto3
import yaml
from moto.server import ThreadedMotoServer

PIPELINE = "rds-kinesis"
TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "templates")
REGION = "us-east-1"
# Values of parameters that come from stacks that moto cannot create.
ELSEWHERE = {"NamePrefix": f"outboxctl-dev-{PIPELINE}", "DatabaseResourceId": "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
# Longest wait for an expected state, in seconds.
PATIENCE = 120


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def await_that(what, check):
    """Waits until a check returns something true, and returns it."""
    end = time.monotonic() + PATIENCE
    while not (found := check()):
        if time.monotonic() > end:
            sys.exit(f"moto: {what}: not within {PATIENCE} s")
        time.sleep(0.1)
    return found


@contextlib.contextmanager
def postgres(folder):
    """Starts a PostgreSQL, which refuses to run as root, and yields the URL of its database."""
    programs = next(iter(sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)), None)
    programs = programs or (os.path.dirname(shutil.which("initdb")) if shutil.which("initdb") else None)
    if not programs:
        print("moto: no PostgreSQL on this machine")
        sys.exit(77)
    user = "postgres" if os.geteuid() == 0 else None
    data, port = os.path.join(folder, "data"), free_port()
    if user:
        shutil.chown(folder, user)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c wal_level=logical"
    control = [f"{programs}/pg_ctl", "-D", data, "-w", "-s"]
    started = {"check": True, "user": user, "cwd": folder, "stdout": subprocess.DEVNULL}
    subprocess.run([f"{programs}/initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"], **started)
    subprocess.run([*control, "-l", os.path.join(folder, "log"), "-o", options, "start"], **started)
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **started)


class Loader(yaml.SafeLoader):
    """Reads templates; the values of intrinsic functions are not needed."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def create(cloudformation, stack, known):
    """Creates a stack of the pipeline, and returns its outputs."""
    with open(os.path.join(TEMPLATES, f"{stack}.yaml"), encoding="utf-8") as file:
        template = file.read()
    parameters = yaml.load(template, Loader).get("Parameters", {})
    chosen = {name: known[name] for name in parameters if name in known}
    missing = [name for name, about in parameters.items() if "Default" not in about and name not in chosen]
    assert not missing, f"{stack}: no values of {missing}"
    name = f"outboxctl-dev-{PIPELINE}-{stack}"
    cloudformation.create_stack(
        StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in chosen.items()],
        Tags=[{"Key": f"outboxctl:{key}", "Value": value} for key, value in {"stage": "dev", "pipeline": PIPELINE}.items()])
    described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    assert described["StackStatus"] == "CREATE_COMPLETE", described
    return {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}


class Pipeline:
    """A stream, its consumers, and an outbox whose rows this program puts into the stream."""

    def __init__(self, binary, endpoint, database, folder):
        self.binary, self.database = binary, database
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OUTBOXCTL_", "PG"))},
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION,
            "OUTBOXCTL_HOME": folder, "OUTBOXCTL_PIPELINE": PIPELINE, "OUTBOXCTL_DATABASE_URL": f"{database}?sslmode=disable"}
        client = {"endpoint_url": endpoint, "region_name": REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.kinesis = boto3.client("kinesis", **client)
        cloudformation = boto3.client("cloudformation", **client)
        outputs = create(cloudformation, "stream", ELSEWHERE)
        create(cloudformation, "leases", {**ELSEWHERE, **outputs})
        self.stream, self.captured = outputs["StreamName"], set()

    def run(self, *arguments):
        """Runs a command, and returns its lines and the data of its result."""
        done = subprocess.run([self.binary, "-o", "ndjson", *arguments], env=self.environment, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        assert done.returncode == 0, f"{arguments}: exit code {done.returncode}: {done.stdout}{done.stderr}"
        lines = done.stdout.splitlines()
        return lines, json.loads(lines[-1])["data"]

    def rows(self, query):
        found = subprocess.run(["psql", "-X", "-At", "-c", query, self.database], capture_output=True, text=True, check=True)
        return found.stdout.splitlines()

    def capture(self):
        """Puts the new rows of the outbox into the stream, in the order in which they were written."""
        for text in self.rows("SELECT row_to_json(o) FROM outbox o ORDER BY sequence, created_at"):
            row = json.loads(text)
            if row["id"] in self.captured:
                continue
            self.captured.add(row["id"])
            # JSON columns are strings in DMS's records.
            row["payload"] = json.dumps(row["payload"])
            now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
            about = {"timestamp": now, "record-type": "data", "operation": "insert", "partition-key-type": "schema-table",
                     "schema-name": "public", "table-name": "outbox", "transaction-id": 1, "commit-timestamp": now}
            record = json.dumps({"data": row, "metadata": about}).encode()
            self.kinesis.put_record(StreamName=self.stream, Data=record, PartitionKey=row["aggregate_id"])

    def insert(self, count):
        self.run("sample", "insert", "--count", str(count))
        self.capture()

    def processed(self):
        return {*self.rows("SELECT id FROM outbox WHERE processed_at IS NOT NULL")}

    @contextlib.contextmanager
    def consumer(self):
        """Starts a consumer, and yields its process and the list to which its lines are added."""
        arguments = [self.binary, "-o", "ndjson", "consume", "--lease-duration", "5s"]
        process = subprocess.Popen(arguments, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines = []

        def read(stream):
            for line in stream:
                lines.append(line)

        readers = [threading.Thread(target=read, args=(stream,), daemon=True) for stream in (process.stdout, process.stderr)]
        for reader in readers:
            reader.start()
        try:
            yield process, lines
        finally:
            process.kill()
            process.wait()


def check(pipeline):
    pipeline.run("db", "init")
    pipeline.insert(50)
    lines, _ = pipeline.run("tail", "stream", "--from", "start", "--count", "50")
    lacking = [event for event in pipeline.captured if not any(event in line for line in lines)]
    assert not lacking, f"tail lacks {lacking}: {lines}"
    print("moto: tail printed every event of the stream")

    with pipeline.consumer() as (first, lines):
        await_that("the first consumer processes the outbox", lambda: pipeline.processed() == pipeline.captured)
        with pipeline.consumer() as (_, others):
            await_that("the second consumer starts", lambda: others)
            pipeline.insert(50)
            await_that("one of two consumers processes new events", lambda: pipeline.processed() == pipeline.captured)
            first.send_signal(signal.SIGKILL)
            pipeline.insert(50)
            await_that("the second consumer takes over", lambda: pipeline.processed() == pipeline.captured)
            assert any("taken over" in line for line in others), others
    print(f"moto: {len(pipeline.captured)} events processed, also after a consumer was killed")

    with pipeline.consumer() as (last, lines):
        await_that("a third consumer starts", lambda: lines)
        last.send_signal(signal.SIGTERM)
        assert last.wait(PATIENCE) == 143, lines
    _, again = pipeline.run("consume", "--once")
    assert again["records"] == 0, f"the checkpoint is not the last one: {again}"
    print("moto: a consumer that starts later reads nothing again")


def main():
    # Its log of requests, and its remarks on resources that it does not create: alarms.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # The database's owner must reach its folder.
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        os.chmod(folder, 0o755)
        with postgres(folder) as database:
            check(Pipeline(os.environ["OUTBOXCTL"], f"http://{host}:{port}", database, home))
    server.stop()


if __name__ == "__main__":
    main()
