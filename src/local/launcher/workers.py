"""The processes of functions: their environment, and the server on this machine from which they fetch events."""

import http.server
import os

import sockets
from emulated import need

lambdas = need("services.lambda_svc", "_provided_worker_env", "_runtime_env_vars")

# Variables of the emulator's environment that functions inherit, besides those that Lambda sets and their configured
# ones.
INHERITED = {"PATH", "LANG", "TMPDIR", "PGSSLROOTCERT", "OUTBOXCTL_LOCAL_STACK", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID",
             "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
             "AWS_EC2_METADATA_DISABLED"}


def install_function_environment():
    """Restricts the environment of functions. The emulator passes its whole environment on; on AWS a function sees only
    its own."""
    emulated = lambdas._provided_worker_env

    def worker_environment(config, *rest):
        configured = lambdas._runtime_env_vars(config)
        return {name: value for name, value in emulated(config, *rest).items()
                if name in INHERITED or name in configured or name not in os.environ}

    lambdas._provided_worker_env = worker_environment


def disable_nagle():
    """Disables Nagle's algorithm for the runtime API that functions poll. It writes head and body separately, so each
    response would wait 40 ms for the acknowledgement of its head."""
    http.server.BaseHTTPRequestHandler.disable_nagle_algorithm = True


def guard_functions():
    """Refuses web pages and other users of this machine on the loopback server from which each function fetches its
    events."""
    parse = http.server.BaseHTTPRequestHandler.parse_request

    def parse_request(handler):
        if not parse(handler):
            return False
        foreign = any(name.lower() == "origin" or name.lower().startswith("sec-fetch-") for name in handler.headers)
        host = handler.headers.get("host", "").rpartition(":")[0]
        if foreign or host not in ("127.0.0.1", "localhost") or sockets.other_user(handler.connection):
            handler.send_error(403)
            return False
        return True

    http.server.BaseHTTPRequestHandler.parse_request = parse_request
