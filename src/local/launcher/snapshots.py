"""Saves the emulator's state at intervals while it runs, so that a kill loses the last seconds and no more.

A forked process writes each snapshot: it has the memory of one moment, and requests do not wait for the disk.
"""

import asyncio
import functools
import gc
import logging
import os
import signal
import threading
import time

from emulated import need
import state

lambdas = need("services.lambda_svc", "_emit_lambda_logs", "_route_async_failure")
application = need("app", "_build_persistence_save_dict")
log = logging.getLogger("outboxctl")
# Shortest pause between two snapshots, in seconds.
PAUSE = 2.0
# Pause after one that failed.
FAILED = 10.0
# A snapshot is followed by a pause of so many times its processor time.
SHARE = 20
# Longest duration of a snapshot, in seconds: a fork may inherit a lock of another thread, which is never released.
PATIENCE = 120.0
# First words of operations that change nothing that is saved.
READS = ("BatchGet", "Describe", "Filter", "Get", "List", "Lookup", "Query", "Scan", "Simulate", "SubscribeToShard")


def may_change(scope):
    """Returns whether a request may change the state. The operation of a form is in its body: it counts as a change."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
    return not target.rpartition(".")[2].startswith(READS)


class Snapshots:
    """Takes snapshots after changes. The marker file exists while there are changes that are not saved; otherwise its name
    ends with `.none`: a rename needs no space. The time of the file `saved` is that of the last snapshot."""

    def __init__(self, marker):
        self.marker, self.last = marker, os.path.join(os.path.dirname(marker), "saved")
        self.lock = threading.Lock()
        # Numbers of changes: all, those that are saved, and those at the last snapshot.
        self.changes = self.saved = self.before = 0
        self.child = self.task = None

    def start(self):
        """Begins once the saved state is loaded."""
        with open(self.marker, "w", encoding="utf-8"):
            pass
        self.completed(0, time.time())
        self.task = asyncio.get_running_loop().create_task(self.run())

    def install_effects(self):
        """Notes the effects of functions, which come after the answer to an asynchronous invocation."""
        for name in ("_emit_lambda_logs", "_route_async_failure"):
            setattr(lambdas, name, self.noting(getattr(lambdas, name)))

    def noting(self, effect):
        @functools.wraps(effect)
        def run(*arguments, **named):
            try:
                return effect(*arguments, **named)
            finally:
                self.changed()

        return run

    def before_answer(self, send):
        """Returns a `send` that notes a change before its answer begins."""

        async def forward(message):
            if message["type"] == "http.response.start":
                self.changed()
            await send(message)

        return forward

    def changed(self):
        with self.lock:
            if self.changes == self.saved:
                rename(self.marker + ".none", self.marker)
            self.changes += 1

    def completed(self, changes, at):
        """Notes a snapshot at a time. Everything is saved if nothing has changed since the snapshot before it: the effects of
        a change may come after its answer."""
        with self.lock:
            with open(self.last, "a", encoding="utf-8"):
                os.utime(self.last, (at, at))
            if self.before == self.changes == changes:
                rename(self.marker, self.marker + ".none")
                self.saved = changes
            self.before = changes

    async def run(self):
        pause = PAUSE
        while True:
            await asyncio.sleep(pause)
            if self.changes == self.saved:
                continue
            try:
                for package in state.new_packages():
                    await asyncio.to_thread(state.write_package, package)
                changes, at = self.changes, time.time()
                succeeded, took = await self.take()
                if succeeded:
                    self.completed(changes, at)
                pause = max(PAUSE if succeeded else FAILED, SHARE * took)
            except OSError:
                # No process or no space: the next snapshot may succeed.
                log.exception("the state could not be saved")
                pause = FAILED

    async def take(self):
        """Saves the state in a process of its own; returns whether it succeeded, and the processor time in seconds."""
        with state.dynamodb._lock:
            self.child = os.fork()
        if self.child == 0:
            save_and_exit()
        begun = time.monotonic()
        while True:
            await asyncio.sleep(0.02)
            ended, status, used = os.wait4(self.child, os.WNOHANG)
            if ended:
                self.child = None
                return status == 0, used.ru_utime + used.ru_stime
            if time.monotonic() - begun > PATIENCE:
                os.kill(self.child, signal.SIGKILL)

    def end(self):
        """Ends the snapshots: the last one is written by this process."""
        if self.task:
            self.task.cancel()
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
            self.child = None


def save_and_exit():
    """Saves the state in a forked process, and ends it."""
    status = 1
    try:
        # A socket that is collected would close the number of a new file.
        gc.disable()
        signal.set_wakeup_fd(-1)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        # A client waits for the end of its connection until both processes have closed it.
        os.closerange(3, 65_536)
        state.save(application._build_persistence_save_dict())
        status = 0
    except Exception:
        log.exception("the state could not be saved")
    finally:
        os._exit(status)


def rename(before, after):
    """Renames a file, unless the stack's data are being removed."""
    try:
        os.replace(before, after)
    except OSError:
        log.exception("%s could not be renamed", before)
