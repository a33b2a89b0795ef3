"""Resources of CloudFormation that outboxctl's gateway provides."""

import json
import os
import urllib.error
import urllib.request

from emulated import need

responses = need("core.responses", "get_region")

GATEWAY = os.environ["OUTBOXCTL_GATEWAY"]




def ask_gateway(action, resource_type, logical_id, stack_name, physical_id=None, properties=None, old_properties=None):
    """Lets the gateway create, update or delete a resource. The gateway's error becomes the resource's status
    reason."""
    body = json.dumps({
        "resource_type": resource_type, "logical_id": logical_id or "", "stack_name": stack_name or "",
        "region": responses.get_region(), "physical_id": physical_id,
        "properties": properties or {}, "old_properties": old_properties or {},
    }).encode()
    request = urllib.request.Request(
        f"{GATEWAY}/_outboxctl/resources/{action}", data=body,
        headers={"content-type": "application/json", "x-outboxctl-key": os.environ["AWS_SECRET_ACCESS_KEY"]})
    # No proxy from the environment: the gateway is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=300) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        text = error.read()
        try:
            reason = json.loads(text)["error"]
        except (ValueError, KeyError, TypeError):
            reason = text.decode(errors="replace")
        raise ValueError(reason) from None


def with_logical_id(handlers):
    """Returns handlers whose update and delete take the logical id, too."""
    return {**handlers, "update_with_logical_id": True, "delete_with_logical_id": True}


def handlers_of(resource_type):
    """Returns the handlers of a type that only the gateway provides."""

    def create(logical_id, props, stack_name):
        made = ask_gateway("create", resource_type, logical_id, stack_name, properties=props)
        return made["physical_id"], made["attributes"]

    def update(physical_id, old_props, new_props, stack_name, logical_id=None):
        made = ask_gateway("update", resource_type, logical_id, stack_name, physical_id, new_props, old_props)
        return made["physical_id"], made["attributes"]

    def delete(physical_id, props, logical_id=None):
        ask_gateway("delete", resource_type, logical_id, None, physical_id, props)

    return with_logical_id({"create": create, "update": update, "delete": delete})


def create_both(emulated, resource_type, logical_id, props, stack_name):
    """Creates a resource in the emulator and in the gateway, or in neither. Returns its id and the attributes of both."""
    physical_id, attributes = emulated["create"](logical_id, props, stack_name)
    try:
        made = ask_gateway("create", resource_type, logical_id, stack_name, physical_id, props)
    except Exception:
        emulated["delete"](physical_id, props)
        raise
    return physical_id, attributes, made["attributes"]
