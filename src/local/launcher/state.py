"""The emulator's state on disk: saved completely or not at all, with the streams of tables."""

import copy
import json
import logging
import os
import shutil
import sys

from emulated import need

persistence = need("core.persistence", "STATE_DIR", "_json_default", "_state_format_version")
log = logging.getLogger("outboxctl")
# Files that are saved completely, but not moved into place yet.
COMPLETE = persistence.STATE_DIR + ".whole"
# Files that are being written.
NEW = persistence.STATE_DIR + ".new"


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
lambdas = need("services.lambda_svc", "CODE_BLOB_DIR", "_functions", "_prune_orphan_code_blobs", "_write_code_blob")
application = need("app", "save_all", "load_state", "_collect_scripts", "_get_module", "_load_persisted_state", "_state_map")
prune, write_blob = lambdas._prune_orphan_code_blobs, lambdas._write_code_blob
# Packages of functions that are on disk, with their digests, by the identity of their bytes.
packages = {}
# Packages that the state being saved refers to: all others may be deleted.
orphans = []
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


def install_strict_loads():
    """Ends the emulator if saved state can't be read. It would start without it, and replace it at the next save."""

    def load():
        for service, module in application._state_map.items():
            path = os.path.join(persistence.STATE_DIR, f"{service}.json")
            try:
                # It logs the reason, and returns nothing.
                data = application.load_state(service)
                if data is None and os.path.exists(path):
                    raise ValueError("it is damaged, or of a newer version")
                if data:
                    application._get_module(module).load_persisted_state(data)
            except Exception as error:
                sys.stderr.write(f"{path} can't be read ({error}); to start without this service's resources, delete the file\n")
                sys.stderr.flush()
                os._exit(4)

    application._load_persisted_state = load


def install_atomic_saves():
    """Makes the emulator save as `save` does, and keep the reason if it can't. It deletes packages of functions when it
    collects its state: here, once no saved file refers to them."""
    lambdas._prune_orphan_code_blobs = orphans.append
    lambdas._write_code_blob = write_package

    def save_all(services):
        try:
            save(services)
        except Exception as error:
            log.exception("the state could not be saved")
            unsaved.append(str(error))

    application.save_all = save_all


def save(services):
    """Saves all of the state or nothing: on a full disk the emulator would silently mix old and new files. The files that
    differ from the saved ones are written beside them first, and moved into place once they are complete."""
    move_into_place()
    shutil.rmtree(NEW, ignore_errors=True)
    os.makedirs(NEW)
    orphans.clear()
    try:
        for service, get_state in services.items():
            state = get_state()
            # Nothing to save does not mean that nothing exists: the saved state stays.
            if state is None:
                continue
            content = {"__ministack_format__": persistence._state_format_version(service), "payload": state}
            # Much faster than writing to the file piece by piece.
            text = json.dumps(content, default=persistence._json_default).encode()
            if text != saved_text(service):
                with open(os.path.join(NEW, f"{service}.json"), "wb") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
        os.rename(NEW, COMPLETE)
    except BaseException:
        shutil.rmtree(NEW, ignore_errors=True)
        raise
    move_into_place()
    for referenced in orphans:
        prune(referenced)


def write_package(code):
    """Writes a package, unless it is on disk, and returns its digest. Packages are large, and rarely change."""
    known = packages.get(id(code))
    if known is None or not os.path.exists(os.path.join(lambdas.CODE_BLOB_DIR, f"{known[1]}.zip")):
        packages[id(code)] = known = code, write_blob(code)
    return known[1]


def new_packages():
    """Returns the packages that are not on disk, and forgets those that no function has any more."""
    versions = [version for function in list(lambdas._functions._data.values())
                for version in (function, *function.get("versions", {}).values())]
    current = {id(version["code_zip"]): version["code_zip"] for version in versions if isinstance(version.get("code_zip"), bytes)}
    for gone in packages.keys() - current.keys():
        del packages[gone]
    return [code for key, code in current.items() if key not in packages]


def saved_text(service):
    try:
        with open(os.path.join(persistence.STATE_DIR, f"{service}.json"), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def disable_init_scripts():
    """Disables init scripts. The emulator runs scripts that users of other emulators keep in certain folders of a
    container; they are not meant for this stack."""
    application._collect_scripts = lambda *folders: []
