"""Time to live of DynamoDB items."""

import logging
import threading
import time

from emulated import need

dynamodb = need("services.dynamodb", "_ttl_settings", "_tables", "_lock", "_remove_item", "_emit_stream_event",
                "_build_change_record")
responses = need("core.responses", "set_request_account_id", "set_request_region")
log = logging.getLogger("outboxctl")
# Interval at which expired items are looked for. AWS takes up to some days; a developer does not want to wait.
EXPIRY_SECONDS = 2
# Set in the thread that removes them.
expiring = threading.local()


def install_expiry():
    """Removes expired items as DynamoDB does, which the change record names as the origin. The emulator's own expiry
    makes no record."""
    remove, build = dynamodb._remove_item, dynamodb._build_change_record

    def remove_item(table, partition, sort):
        # The emulator's own thread leaves the items to this one.
        return None if threading.current_thread().name == "dynamodb-ttl-reaper" else remove(table, partition, sort)

    def build_change_record(*args):
        record = build(*args)
        if getattr(expiring, "now", False):
            record["userIdentity"] = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
        return record

    def is_over(item, attribute, now):
        value = item.get(attribute, {}).get("N")
        # "Items with an expiration time older than five years are not deleted" (Time to Live, developer guide).
        return value is not None and now - 5 * 365 * 86_400 < float(value) <= now

    def expire(table_name, table, attribute, now):
        for partition, items in list(table["items"].items()):
            for sort, item in list(items.items()):
                if is_over(item, attribute, now):
                    dynamodb._emit_stream_event(table_name, "REMOVE", remove(table, partition, sort), None)

    def expire_all():
        expiring.now = True
        took = 0
        while True:
            # Large tables are checked less often: other requests have to wait meanwhile.
            time.sleep(max(EXPIRY_SECONDS, 20 * took))
            begun = time.monotonic()
            with dynamodb._lock:
                for (account, region, name), setting in list(dynamodb._ttl_settings.all_items()):
                    table = dynamodb._tables.get_scoped(account, region, name)
                    if table and setting.get("TimeToLiveStatus") == "ENABLED":
                        responses.set_request_account_id(account)
                        responses.set_request_region(region)
                        try:
                            expire(name, table, setting["AttributeName"], time.time())
                        except Exception:  # An error of one table must not stop the others.
                            log.exception("items of %s could not be expired", name)
            took = time.monotonic() - begun

    dynamodb._remove_item, dynamodb._build_change_record = remove_item, build_change_record
    threading.Thread(target=expire_all, daemon=True, name="outboxctl-expiry").start()
