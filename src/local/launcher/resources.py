"""The resource types of CloudFormation: those that the gateway provides (gateway.py, databases.py), and corrections of those of the
emulator."""

import hashlib
import json
import os

from emulated import need

provisioners = need("services.cloudformation.provisioners", "_RESOURCE_HANDLERS", "_physical_name")
stacks = need("services.cloudformation.stacks", "_runs_on_worker_thread")
dynamodb = need("services.dynamodb", "_enable_kinesis_streaming_destination", "_disable_kinesis_streaming_destination",
                "_kinesis_destinations", "_update_ttl")
s3 = need("services.s3", "_delete_persisted_bucket")
ec2 = need("services.ec2", "_vpcs")
eventbridge = need("services.eventbridge", "_event_buses", "_event_bus_policies")
kinesis = need("services.kinesis", "_put_resource_policy", "_delete_resource_policy")
responses = need("core.responses", "get_region")

# They patch the modules above, and need them complete.
import databases
import functions
import gateway
import templates

# Attributes that CloudFormation has and the emulator lacks: each is a property of the same name.
ECHOED_ATTRIBUTES = {"AWS::EC2::VPC": ("CidrBlock",)}


def with_property_attributes(emulated, names):
    """Returns handlers that also report some properties as attributes."""

    def with_properties(made, props):
        physical_id, attributes = made
        return physical_id, {**{name: props[name] for name in names if name in props}, **(attributes or {})}

    def create(logical_id, props, stack_name):
        return with_properties(emulated["create"](logical_id, props, stack_name), props)

    def update(physical_id, old_props, new_props, *rest):
        return with_properties(emulated["update"](physical_id, old_props, new_props, *rest), new_props)

    return {**emulated, "create": create, "update": update}


def extended_table(emulated):
    """Returns the handlers of Table. The emulator makes tables, but ignores the template's time to live and Kinesis
    stream."""

    def call(operation, request):
        status, _, body = operation(request)
        if status >= 400:
            raise ValueError(f"AWS::DynamoDB::Table: {body!r}")

    def destination(props):
        specification = props.get("KinesisStreamSpecification") or {}
        return specification.get("StreamArn"), specification.get("ApproximateCreationDateTimePrecision", "MILLISECOND")

    def complete(name, old_props, props):
        expiry = props.get("TimeToLiveSpecification")
        if expiry and expiry != old_props.get("TimeToLiveSpecification"):
            enabled = str(expiry.get("Enabled")).lower() == "true"
            specification = {"AttributeName": expiry.get("AttributeName"), "Enabled": enabled}
            call(dynamodb._update_ttl, {"TableName": name, "TimeToLiveSpecification": specification})
        (old_stream, _), (stream, precision) = destination(old_props), destination(props)
        if old_stream and old_stream != stream:
            call(dynamodb._disable_kinesis_streaming_destination, {"TableName": name, "StreamArn": old_stream})
        if stream and old_stream != stream:
            configuration = {"ApproximateCreationDateTimePrecision": precision}
            call(dynamodb._enable_kinesis_streaming_destination, {
                "TableName": name, "StreamArn": stream, "EnableKinesisStreamingConfiguration": configuration})

    def create(logical_id, props, stack_name):
        name, attributes = emulated["create"](logical_id, props, stack_name)
        complete(name, {}, props)
        return name, attributes

    def update(physical_id, old_props, new_props, *rest):
        name, attributes = emulated["update"](physical_id, old_props, new_props, *rest)
        complete(name, old_props if name == physical_id else {}, new_props)
        return name, attributes

    def delete(physical_id, *rest):
        dynamodb._kinesis_destinations.pop(physical_id, None)
        return emulated["delete"](physical_id, *rest)

    return {**emulated, "create": create, "update": update, "delete": delete}


# "The permission policy on the event bus cannot exceed 10 KB in size" (EventBridge API reference, PutPermission)
LARGEST_BUS_POLICY = 10 * 1024

# "VPCs per Region" (Amazon VPC quotas); the default VPC is one of them.
LARGEST_NUMBER_OF_VPCS = 5


def limited(emulated):
    """Returns the handlers of a VPC, which refuse one more than the quota, as on AWS."""

    def create(logical_id, props, stack_name):
        if len(ec2._vpcs) >= LARGEST_NUMBER_OF_VPCS:
            raise ValueError("The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400)")
        return emulated["create"](logical_id, props, stack_name)

    return {**emulated, "create": create}


def removing_files(emulated):
    """Returns the handlers of a bucket, which also delete its folder on disk: it would bring the bucket back at the
    next start."""

    def delete(physical_id, *rest):
        emulated["delete"](physical_id, *rest)
        s3._delete_persisted_bucket(physical_id)

    return {**emulated, "delete": delete}


def bus_policy():
    """Returns the handlers of a statement in the policy of a bus (CloudFormation user guide, AWS::Events::EventBusPolicy). The
    emulator has the policy in DescribeEventBus, and evaluates it for no call: it has one account."""

    def replace(bus, statement_id, statement):
        if bus not in eventbridge._event_buses:
            raise ValueError(f"Event bus {bus} does not exist.")
        before = (eventbridge._event_bus_policies.get(bus) or {}).get("Statement", [])
        after = [other for other in before if other.get("Sid") != statement_id] + statement
        if len(json.dumps(after)) > LARGEST_BUS_POLICY:
            raise ValueError("The permission policy of an event bus can't exceed 10 KB in size.")
        if after:
            eventbridge._event_bus_policies[bus] = {"Version": "2012-10-17", "Statement": after}
        else:
            eventbridge._event_bus_policies.pop(bus, None)

    def create(logical_id, props, stack_name):
        bus, statement_id, statement = props.get("EventBusName", "default"), props["StatementId"], props.get("Statement")
        if not isinstance(statement, dict):
            raise ValueError("This stack supports an EventBusPolicy only with a Statement.")
        replace(bus, statement_id, [{"Sid": statement_id, **statement}])
        return f"{bus}|{statement_id}", {}

    def update(physical_id, old_props, new_props, stack_name):
        made = create(None, new_props, stack_name)
        if made[0] != physical_id:
            delete(physical_id, old_props)
        return made

    def delete(physical_id, props, *rest):
        bus, _, statement_id = physical_id.partition("|")
        if bus in eventbridge._event_buses:
            replace(bus, statement_id, [])

    return {"create": create, "update": update, "delete": delete}


def stream_policy():
    """Returns the handlers of the policy of a stream (CloudFormation user guide, AWS::Kinesis::ResourcePolicy). The emulator
    returns it from GetResourcePolicy, and has one account."""

    def call(operation, **members):
        status, _, body = operation(members)
        if status != 200:
            raise ValueError(json.loads(body)["message"])

    def create(logical_id, props, stack_name):
        call(kinesis._put_resource_policy, ResourceARN=props["ResourceArn"], Policy=json.dumps(props["ResourcePolicy"]))
        return props["ResourceArn"], {}

    def update(physical_id, old_props, new_props, stack_name):
        return create(None, new_props, stack_name)

    def delete(physical_id, props, *rest):
        # A stream is deleted with its policy.
        kinesis._delete_resource_policy({"ResourceARN": physical_id})

    return {"create": create, "update": update, "delete": delete}


def install_names_by_region():
    """Gives a stack of the same name in another region different physical names: roles are global, so equal names would
    be one role. The emulator derives the suffix of a name from the stack and the logical id only."""
    emulated = provisioners._physical_name

    def physical_name(*arguments, **named):
        name = emulated(*arguments, **named)
        region = responses.get_region()
        if region == os.environ["MINISTACK_REGION"]:
            return name
        stem, _, suffix = name.rpartition("-")
        digest = hashlib.sha256(f"{region} {name}".encode()).hexdigest()[:len(suffix)]
        return f"{stem}-{digest if suffix == suffix.lower() else digest.upper()}" if stem else name

    provisioners._physical_name = physical_name


def types(variable):
    return [name for name in os.environ.get(variable, "").split(",") if name]


def install_resource_types():
    ours, extended = types("OUTBOXCTL_RESOURCE_TYPES"), types("OUTBOXCTL_EXTENDED_TYPES")
    handlers = provisioners._RESOURCE_HANDLERS
    for resource_type in ours:
        handlers[resource_type] = gateway.handlers_of(resource_type)
    extensions = {"AWS::RDS::DBCluster": databases.extended_cluster, "AWS::RDS::DBInstance": databases.extended_database}
    for resource_type in extended:
        handlers[resource_type] = extensions[resource_type](handlers[resource_type])
    handlers["AWS::DynamoDB::Table"] = extended_table(handlers["AWS::DynamoDB::Table"])
    handlers["AWS::S3::Bucket"] = removing_files(handlers["AWS::S3::Bucket"])
    handlers["AWS::EC2::VPC"] = limited(handlers["AWS::EC2::VPC"])
    handlers["AWS::Events::EventBusPolicy"] = bus_policy()
    handlers["AWS::Kinesis::ResourcePolicy"] = stream_policy()
    handlers["AWS::Lambda::Function"] = functions.usable(handlers["AWS::Lambda::Function"])
    for resource_type, names in ECHOED_ATTRIBUTES.items():
        handlers[resource_type] = with_property_attributes(handlers[resource_type], names)
    templates.install(handlers)
    # The gateway sends requests while it makes a resource: the event loop must be free to answer them.
    emulated = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name in ours or name in extended or emulated(name)
