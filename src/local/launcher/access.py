"""Access to the emulator: for the gateway only, by the secret; unsigned requests reach public routes only."""

import contextvars
import hashlib
import hmac
import os

from emulated import need

lambdas = need("services.lambda_svc", "execution_credentials")
runtime = need("core.lambda_runtime", "execution_credentials", "_account_region_from_function_config")
evaluator = need("core.iam_evaluator", "EvalContext", "authenticate", "evaluate", "resolve_credential", "resolve_principal",
                 "CredentialResolutionError")
responses = need("core.responses", "_account_from_sts_session")
application = need("app", "_parse_execute_api_url", "_parse_lambda_url", "_enforce_execute_api", "_execute_api_authorization_type",
                   "_handle_pre_body_request", "_handle_post_body_shortcuts", "_handle_s3_control_request",
                   "_handle_rds_data_request", "_handle_ses_v2_request", "_handle_ecr_registry_request",
                   "_dispatch_service_request")

# They patch the modules above, and need them complete.
import rights
import streams

# Removed: functions inherit the environment.
SECRET = os.environ.pop("OUTBOXCTL_EMULATOR_SECRET").encode()
# Set while an unsigned request is served.
unsigned = contextvars.ContextVar("unsigned", default=False)
# Set while a request that the gateway has changed is served.
changed = contextvars.ContextVar("changed", default=False)
# Set while a request that is signed with a session of a role is served.
session = contextvars.ContextVar("session", default=False)
DENIED = 403, {"Content-Type": "application/json"}, b'{"message":"Missing Authentication Token"}'


def install_public_routes():
    """Lets unsigned requests reach only routes of APIs and function URLs without IAM authorization. The emulator checks
    paths of its own before the host of a request, and verifies no signature there: these are skipped, for sessions of
    roles as well."""

    def skipped(name, instead, of_sessions=True):
        emulated = getattr(application, name)

        async def unless_outside(*arguments, **named):
            outside = unsigned.get() or (of_sessions and session.get())
            return instead if outside else await emulated(*arguments, **named)

        setattr(application, name, unless_outside)

    for name in ("_handle_pre_body_request", "_handle_post_body_shortcuts", "_handle_s3_control_request",
                 "_handle_rds_data_request", "_handle_ses_v2_request", "_handle_ecr_registry_request"):
        skipped(name, None)
    # It verifies the signature of a session.
    skipped("_dispatch_service_request", DENIED, of_sessions=False)
    enforce = application._enforce_execute_api

    def enforce_execute_api(api, stage, method, path, headers, query, **named):
        if unsigned.get():
            invokes = named.get("iam_action", "execute-api:Invoke") == "execute-api:Invoke"
            if not invokes or application._execute_api_authorization_type(api, stage, method, path) == "AWS_IAM":
                return DENIED
        return enforce(api, stage, method, path, headers, query, **named)

    application._enforce_execute_api = enforce_execute_api


def install_changed_requests():
    """Accepts requests from which the gateway has removed entries: the caller's signature no longer matches. The
    gateway has vouched for the request by its secret; the caller's rights are checked nevertheless."""
    authenticate = evaluator.authenticate

    def unless_changed(access_key_id, account_id):
        return None if changed.get() else authenticate(access_key_id, account_id)

    evaluator.authenticate = unless_changed


def install_session_keys():
    """Makes a function's session with the secret. The emulator derives it from the names of the function and the role,
    which every user of this machine knows."""
    emulated = runtime.execution_credentials

    def execution_credentials(config):
        account, region = runtime._account_region_from_function_config(config)
        names = f"{config.get('FunctionArn', '')}:{config.get('Role', '')}"
        digest = hmac.new(SECRET, names.encode(), hashlib.sha256).hexdigest()
        named = {**config, "FunctionArn": f"arn:aws:lambda:{region}:{account}:function:{digest}"}
        return rights.in_place(config, lambda: emulated(named))

    lambdas.execution_credentials = runtime.execution_credentials = execution_credentials


def may_pass(scope):
    """Returns whether a request comes from the gateway and, if it is unsigned, whether it is for an API or a
    function."""
    headers = dict(scope["headers"])
    if not hmac.compare_digest(headers.get(b"x-outboxctl-emulator", b""), SECRET):
        return False
    unsigned.set(b"x-outboxctl-unsigned" in headers)
    changed.set(b"x-outboxctl-changed" in headers)
    session.set(b"x-outboxctl-session" in headers)
    rights.read_headers(headers)
    streams.mapping.set(b"x-outboxctl-mapping" in headers)
    host, path = headers.get(b"host", b"").decode("latin-1"), scope["path"]
    routed = application._parse_execute_api_url(host, path) or application._parse_lambda_url(host, path)
    # Handled by its path before its host is checked.
    early = path.startswith(("/iceberg", "/_ministack/")) or path == "/WriteGetObjectResponse"
    return not unsigned.get() or bool(routed and not early)


def session_of(question):
    """Returns the secret of temporary credentials, with which the gateway verifies signatures, and whether the policies
    of their role allow an action."""
    key = question["access_key_id"]
    if not key.startswith("ASIA"):
        return {"error": "UnrecognizedClientException"}
    account = responses._account_from_sts_session(key)
    credential = evaluator.resolve_credential(key, account, question["session_token"])
    if isinstance(credential, evaluator.CredentialResolutionError):
        return {"error": credential.code}
    answer = {"secret": credential.secret_access_key, "arn": credential.principal_arn, "expires": credential.expiration}
    right = question.get("right")
    if right:
        principal = evaluator.resolve_principal(key, credential.account_id, credential)
        answer["allowed"] = principal.policies is None or evaluator.evaluate(
            evaluator.EvalContext(
                principal_arn=principal.arn, principal_type=principal.type, principal_account=principal.account,
                action=right["action"], resource_arn=right["resource"], region=right["region"], secure_transport=True,
                principal_keys=principal.keys),
            principal.policies, *principal.limits).decision == "Allow"
    return answer
