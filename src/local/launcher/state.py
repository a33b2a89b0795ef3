"""The emulator's state on disk: saved completely or not at all, with the streams of tables."""

import copy
import json
import logging
import os
import shutil

from emulated import need

persistence = need("core.persistence", "STATE_DIR", "_json_default", "_state_format_version")
log = logging.getLogger("outboxctl")
# Files that are saved completely, but not moved into place yet.
COMPLETE = persistence.STATE_DIR + ".whole"


def move_into_place():
    """Moves saved files into place. Renames need no space. If interrupted, they are finished at the next start, before
    a service reads its file."""
    if os.path.exists(COMPLETE):
        os.makedirs(persistence.STATE_DIR, exist_ok=True)
        for name in os.listdir(COMPLETE):
            os.replace(os.path.join(COMPLETE, name), os.path.join(persistence.STATE_DIR, name))
        os.rmdir(COMPLETE)


# Before the services are imported below.
move_into_place()
dynamodb = need("services.dynamodb", "_lock", "_stream_records", "_stream_trimmed", "get_state", "load_persisted_state")
lambdas = need("services.lambda_svc", "_prune_orphan_code_blobs")
application = need("app", "save_all", "_collect_scripts")
# Reason why the state could not be saved.
unsaved = []


def install_persistent_streams():
    """Saves a table's stream with the table, so that unread records survive a restart of the stack."""
    state, restore = dynamodb.get_state, dynamodb.load_persisted_state
    kept = {"outboxctl_stream_records": dynamodb._stream_records, "outboxctl_stream_trimmed": dynamodb._stream_trimmed}

    def get_state():
        with dynamodb._lock:
            return {**state(), **{name: copy.deepcopy(store) for name, store in kept.items()}}

    def load_persisted_state(data):
        restore(data)
        for name, store in kept.items():
            store.update(data.get(name, {}) if data else {})

    dynamodb.get_state, dynamodb.load_persisted_state = get_state, load_persisted_state


def install_atomic_saves():
    """Saves all of the state or nothing: on a full disk the emulator would silently mix old and new files. All files
    are written beside the state first, and moved into place once they are complete."""
    fresh = persistence.STATE_DIR + ".new"
    prune, referenced = lambdas._prune_orphan_code_blobs, []
    # Deferred until no saved file refers to the blobs.
    lambdas._prune_orphan_code_blobs = referenced.append

    def save(services):
        shutil.rmtree(fresh, ignore_errors=True)
        os.makedirs(fresh)
        for service, get_state in services.items():
            state = get_state()
            # Nothing to save does not mean that nothing exists: the saved state stays.
            if state is None:
                continue
            content = {"__ministack_format__": persistence._state_format_version(service), "payload": state}
            with open(os.path.join(fresh, f"{service}.json"), "w", encoding="utf-8") as file:
                json.dump(content, file, default=persistence._json_default)
                file.flush()
                os.fsync(file.fileno())
        os.rename(fresh, COMPLETE)
        move_into_place()
        for blobs in referenced:
            prune(blobs)

    def save_all(services):
        try:
            save(services)
        except Exception as error:
            log.exception("the state could not be saved")
            unsaved.append(str(error))
            shutil.rmtree(fresh, ignore_errors=True)

    application.save_all = save_all


def disable_init_scripts():
    """Disables init scripts. The emulator runs scripts that users of other emulators keep in certain folders of a
    container; they are not meant for this stack."""
    application._collect_scripts = lambda *folders: []
