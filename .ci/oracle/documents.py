"""Documents inside properties: policies, event patterns, and what DMS reads as JSON."""

import json

# Keys of task settings that the guide documents ("Task settings", "Error handling task settings", …), with the values of those
# that are chosen from a list.
STOP = ("STOP_TASK", "SUSPEND_TABLE", "IGNORE_RECORD", "LOG_ERROR", "INSERT_RECORD", "UPDATE_RECORD")
ESCALATION = ("STOP_TASK", "SUSPEND_TABLE", "LOG_ERROR")
FLAG, NUMBER, TEXT = (True, False), int, str
SETTINGS = {
    "TargetMetadata": {
        "TargetSchema": TEXT, "SupportLobs": FLAG, "FullLobMode": FLAG, "LobChunkSize": NUMBER, "LimitedSizeLobMode": FLAG,
        "LobMaxSize": NUMBER, "InlineLobMaxSize": NUMBER, "LoadMaxFileSize": NUMBER, "BatchApplyEnabled": FLAG,
        "ParallelLoadThreads": NUMBER, "ParallelLoadBufferSize": NUMBER, "ParallelLoadQueuesPerThread": NUMBER,
        "ParallelApplyThreads": NUMBER, "ParallelApplyBufferSize": NUMBER, "ParallelApplyQueuesPerThread": NUMBER,
        "TaskRecoveryTableEnabled": FLAG,
    },
    "ControlTablesSettings": {
        "ControlSchema": TEXT, "HistoryTimeslotInMinutes": NUMBER, "HistoryTableEnabled": FLAG,
        "SuspendedTablesTableEnabled": FLAG, "StatusTableEnabled": FLAG, "FullLoadExceptionTableEnabled": FLAG,
    },
    "ChangeProcessingTuning": {
        "BatchApplyPreserveTransaction": FLAG, "BatchApplyTimeoutMin": NUMBER, "BatchApplyTimeoutMax": NUMBER,
        "BatchApplyMemoryLimit": NUMBER, "BatchSplitSize": NUMBER, "MinTransactionSize": NUMBER, "CommitTimeout": NUMBER,
        "MemoryLimitTotal": NUMBER, "MemoryKeepTime": NUMBER, "StatementCacheSize": NUMBER,
    },
    "ChangeProcessingDdlHandlingPolicy": {
        "HandleSourceTableDropped": FLAG, "HandleSourceTableTruncated": FLAG, "HandleSourceTableAltered": FLAG,
    },
    "ErrorBehavior": {
        "DataErrorPolicy": STOP, "DataTruncationErrorPolicy": STOP, "DataErrorEscalationPolicy": ESCALATION,
        "DataErrorEscalationCount": NUMBER, "EventErrorPolicy": ("IGNORE", "STOP_TASK"), "TableErrorPolicy": ESCALATION,
        "TableErrorEscalationPolicy": ("STOP_TASK",), "TableErrorEscalationCount": NUMBER, "RecoverableErrorCount": NUMBER,
        "RecoverableErrorInterval": NUMBER, "RecoverableErrorThrottling": FLAG, "RecoverableErrorThrottlingMax": NUMBER,
        "RecoverableErrorStopRetryAfterThrottlingMax": FLAG, "ApplyErrorDeletePolicy": STOP, "ApplyErrorInsertPolicy": STOP,
        "ApplyErrorUpdatePolicy": STOP, "ApplyErrorEscalationPolicy": ESCALATION, "ApplyErrorEscalationCount": NUMBER,
        "ApplyErrorFailOnTruncationDdl": FLAG, "FailOnNoTablesCaptured": FLAG,
        "FailOnTransactionConsistencyBreached": FLAG, "FullLoadIgnoreConflicts": FLAG,
    },
    "Logging": {"EnableLogging": FLAG, "EnableLogContext": FLAG, "LogComponents": list},
}
COMPONENTS = ("TRANSFORMATION", "SOURCE_UNLOAD", "SOURCE_CAPTURE", "TARGET_LOAD", "TARGET_APPLY", "TASK_MANAGER", "COMMON",
              "ADDONS", "DATA_STRUCTURE", "COMMUNICATION", "FILE_TRANSFER", "FILE_FACTORY", "IO", "METADATA_MANAGER",
              "PERFORMANCE", "REST_SERVER", "SORTER", "TABLES_MANAGER", "VALIDATOR_EXT")
SEVERITIES = tuple(f"LOGGER_SEVERITY_{name}" for name in ("DEFAULT", "ERROR", "WARNING", "INFO", "DEBUG", "DETAILED_DEBUG"))


def task_settings(text):
    for section, settings in json.loads(text).items():
        known = SETTINGS.get(section)
        if known is None:
            yield f"no task setting is called {section}"
            continue
        for name, value in settings.items():
            wanted = known.get(name)
            if wanted is None:
                yield f"{section} has no setting {name}"
            elif isinstance(wanted, tuple) and not (value in wanted and isinstance(value, type(wanted[0]))):
                yield f"{section}.{name} is {value!r}; it can be {wanted}"
            elif isinstance(wanted, type) and (not isinstance(value, wanted) or isinstance(value, bool)):
                yield f"{section}.{name} is {value!r}, not {wanted.__name__}"
    for component in json.loads(text).get("Logging", {}).get("LogComponents", []):
        if component.get("Id") not in COMPONENTS or component.get("Severity") not in SEVERITIES:
            yield f"no such log component: {component}"


OPERATORS = ("lte", "ste", "gte", "eq", "noteq", "between", "notbetween", "null", "notnull")
ACTIONS = {"selection": ("include", "exclude", "explicit"), "object-mapping": ("map-record-to-record", "map-record-to-document")}
PARTITION_KEYS = ("schema-table", "transaction-id", "primary-key", "constant", "attribute-name")


def table_mappings(text):
    seen = set()
    for rule in json.loads(text)["rules"]:
        kind, action, at = rule.get("rule-type"), rule.get("rule-action"), rule.get("rule-id")
        if action not in ACTIONS.get(kind, ()):
            yield f"rule {at}: {kind} with action {action}"
        if at in seen or not str(at).isdigit():
            yield f"rule-id {at} is taken or no number"
        seen.add(at)
        locator = rule.get("object-locator", {})
        if not locator.get("schema-name") or not locator.get("table-name"):
            yield f"rule {at} has no object-locator"
        for wanted in rule.get("filters", []):
            operators = [condition.get("filter-operator") for condition in wanted.get("filter-conditions", [])]
            if wanted.get("filter-type") != "source" or not wanted.get("column-name") or not operators:
                yield f"rule {at}: filter {wanted}"
            yield from (f"rule {at}: no filter operator {operator!r}" for operator in operators if operator not in OPERATORS)
            if "%" in locator.get("table-name", ""):
                yield f"rule {at}: filters want exact names"
        key = rule.get("mapping-parameters", {}).get("partition-key-type")
        if key is not None and key not in PARTITION_KEYS:
            yield f"rule {at}: partition-key-type {key}"


def event_pattern(pattern):
    fields = ("account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version")
    yield from (f"events have no field {name}" for name in pattern if name not in fields)
    operators = {"prefix", "suffix", "anything-but", "numeric", "exists", "cidr", "equals-ignore-case", "wildcard"}

    def walk(value, at):
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from walk(inner, f"{at}.{name}")
        elif not isinstance(value, list) or not value:
            yield f"{at} must be a list of what it may be"
        else:
            for item in value:
                if isinstance(item, dict) and not set(item) <= operators:
                    yield f"{at}: {item} is no matcher"
    yield from walk(pattern, "pattern")


# Parameters of PostgreSQL 16 and 17 on RDS and Aurora that the templates set, and what they can be.
PARAMETERS = {
    "rds.logical_replication": ("0", "1"), "rds.force_ssl": ("0", "1"), "log_error_verbosity": ("terse", "default", "verbose"),
    "log_min_error_statement": ("debug5", "debug4", "debug3", "debug2", "debug1", "info", "notice", "warning", "error", "log",
                                "fatal", "panic"),
    "log_parameter_max_length_on_error": range(-1, 1073741824), "wal_sender_timeout": range(0, 3600001),
}


def postgres_parameters(given):
    for name, value in given.items():
        wanted = PARAMETERS.get(name)
        if wanted is None:
            yield f"{name} has no row in PARAMETERS"
        elif (int(value) if isinstance(wanted, range) else value) not in wanted:
            yield f"{name} is {value!r}"


def policy(document, actions, kind):
    """`actions` knows the actions of each service: name in small letters -> names in small letters."""
    if document.get("Version") != "2012-10-17":
        yield f"version {document.get('Version')!r}"
    for statement in several(document.get("Statement", [])):
        at = statement.get("Sid") or several(statement.get("Action", ["?"]))[0]
        if statement.get("Effect") not in ("Allow", "Deny"):
            yield f"{at}: effect {statement.get('Effect')!r}"
        unknown = set(statement) - {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
                                    "NotResource", "Condition"}
        if unknown:
            yield f"{at}: {unknown}"
        if ("Principal" in statement) != (kind != "policy"):
            yield f"{at}: a principal belongs into policies of resources and roles, and only there"
        if kind != "trust" and "Resource" not in statement:
            yield f"{at} has no resource"
        for action in several(statement.get("Action", [])):
            service, _, name = action.partition(":")
            known = actions(service)
            if known is None:
                yield f"no service is called {service} ({action})"
            elif name != "*" and name.lower() not in known:
                yield f"{service} has no action {name}"
        for operator, keys in statement.get("Condition", {}).items():
            if operator not in ("ArnEquals", "ArnLike", "Bool", "StringEquals", "StringLike", "StringEqualsIfExists", "ForAllValues:StringEquals",
                                "ForAnyValue:StringEquals"):
                yield f"{at}: no condition operator {operator}"
            yield from (f"{at}: {key} is no condition key" for key in keys if ":" not in key)


def several(value):
    return value if isinstance(value, list) else [value]
