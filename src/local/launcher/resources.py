"""The resource types of CloudFormation that the gateway provides, and corrections of those of the emulator."""

import hashlib
import json
import os
import time
import urllib.error
import urllib.request
import uuid

from emulated import need

provisioners = need("services.cloudformation.provisioners", "_RESOURCE_HANDLERS", "_physical_name",
                    "_requires_replacement")
stacks = need("services.cloudformation.stacks", "_runs_on_worker_thread")
rds = need("services.rds", "_instances", "_clusters", "_events", "_subnet_groups", "_db_cluster_param_groups")
dynamodb = need("services.dynamodb", "_enable_kinesis_streaming_destination", "_disable_kinesis_streaming_destination",
                "_kinesis_destinations", "_update_ttl")
s3 = need("services.s3", "_delete_persisted_bucket")
changesets = need("services.cloudformation.changesets", "_resolve_parameters")
cloudformation = need("services.cloudformation.handlers", "_resolve_parameters")
ec2 = need("services.ec2", "_vpcs")
eventbridge = need("services.eventbridge", "_event_buses", "_event_bus_policies")
kinesis = need("services.kinesis", "_put_resource_policy", "_delete_resource_policy")
responses = need("core.responses", "get_region")

# They patch the modules above, and need them complete.
import functions
import templates

GATEWAY = os.environ["OUTBOXCTL_GATEWAY"]


def types(variable):
    return [name for name in os.environ.get(variable, "").split(",") if name]


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

    return {"create": create, "update": update, "update_with_logical_id": True,
            "delete": delete, "delete_with_logical_id": True}


def create_both(emulated, resource_type, logical_id, props, stack_name):
    """Creates a resource in the emulator and in the gateway, or in neither. Returns its id and the attributes of both."""
    physical_id, attributes = emulated["create"](logical_id, props, stack_name)
    try:
        made = ask_gateway("create", resource_type, logical_id, stack_name, physical_id, props)
    except Exception:
        emulated["delete"](physical_id, props)
        raise
    return physical_id, attributes, made["attributes"]


def record_event(instance, message):
    """Adds an event of an instance, for DescribeEvents."""
    rds._events[str(uuid.uuid4())] = {
        "SourceIdentifier": instance["DBInstanceIdentifier"], "SourceType": "db-instance",
        "SourceArn": instance.get("DBInstanceArn", ""), "Message": message, "Date": time.time(),
        "EventCategories": ["maintenance"],
    }


def extended_database(emulated):
    """Returns the handlers of DBInstance: the emulator answers the RDS API from its record; a real database is behind
    the record's endpoint. An instance of a cluster shares the cluster's database, and has its network and its rights."""
    resource_type = "AWS::RDS::DBInstance"

    def point(physical_id, attributes, made):
        instance = rds._instances[physical_id]
        cluster = rds._clusters.get(instance.get("DBClusterIdentifier") or "")
        if cluster is not None:
            group = rds._subnet_groups.get(cluster["DBSubnetGroup"])
            instance.update(VpcSecurityGroups=list(cluster["VpcSecurityGroups"]), StorageType="aurora",
                            IAMDatabaseAuthenticationEnabled=cluster["IAMDatabaseAuthenticationEnabled"],
                            StorageEncrypted=cluster["StorageEncrypted"], **({"DBSubnetGroup": group} if group else {}))
            elect(cluster)
        # The port on AWS, which security groups name; the local server has another.
        instance.setdefault("outboxctl_port", int(instance["Endpoint"]["Port"]))
        instance["Endpoint"].update(Address=made["Endpoint.Address"], Port=int(made["Endpoint.Port"]))
        instance["EngineVersion"] = made["EngineVersion"]
        return physical_id, {**attributes, **made}

    def create(logical_id, props, stack_name):
        return point(*create_both(emulated, resource_type, logical_id, props, stack_name))

    def upgrade(physical_id, old_props, new_props, stack_name, logical_id):
        """Lets the gateway change the version first: the record must not show a version that does not run."""
        instance = rds._instances[physical_id]
        instance["DBInstanceStatus"] = "upgrading"
        try:
            ask_gateway("update", resource_type, logical_id, stack_name, physical_id, new_props, old_props)
        except ValueError as error:
            record_event(instance, str(error))
            raise
        finally:
            instance["DBInstanceStatus"] = "available"

    def update(physical_id, old_props, new_props, stack_name, logical_id=None):
        changes = old_props.get("EngineVersion") != new_props.get("EngineVersion")
        if changes and physical_id in rds._instances and not is_replaced(old_props, new_props):
            upgrade(physical_id, old_props, new_props, stack_name, logical_id)
        after, attributes = emulated["update"](physical_id, old_props, new_props, stack_name, logical_id)
        made = ask_gateway("update", resource_type, logical_id, stack_name, after, new_props, old_props)
        return point(after, attributes, made["attributes"])

    def is_replaced(old_props, new_props):
        renamed = old_props.get("DBInstanceIdentifier") != new_props.get("DBInstanceIdentifier")
        return renamed or provisioners._requires_replacement(resource_type, old_props, new_props)

    def delete(physical_id, props, logical_id=None):
        ask_gateway("delete", resource_type, logical_id, None, physical_id, props)
        emulated["delete"](physical_id, props)
        cluster = rds._clusters.get(props.get("DBClusterIdentifier") or "")
        if cluster is not None:
            elect(cluster)

    return {**emulated, "create": create, "update": update, "update_with_logical_id": True,
            "delete": delete, "delete_with_logical_id": True}


def elect(cluster):
    """Makes one instance the writer of its cluster: the present one, or else the one with the lowest promotion tier (Aurora
    user guide, "Fault tolerance for an Aurora DB cluster"). The emulator calls every instance a writer."""
    members = cluster["DBClusterMembers"]
    chosen = next((member for member in members if member.get("outboxctl_writer")), None)
    chosen = chosen or min(members, key=lambda member: int(member.get("PromotionTier", 1)), default=None)
    for member in members:
        member["IsClusterWriter"] = member["outboxctl_writer"] = member is chosen


def extended_cluster(emulated):
    """Returns the handlers of DBCluster: as those of DBInstance."""
    resource_type = "AWS::RDS::DBCluster"

    def check_parameters(props):
        name = props.get("DBClusterParameterGroupName")
        if not name:
            return
        group = rds._db_cluster_param_groups.get(name)
        if group is None:
            raise ValueError(f"DBClusterParameterGroup not found: {name}")
        wanted = f"{props.get('Engine')}{str(props.get('EngineVersion', '')).split('.')[0]}"
        family = group.get("DBParameterGroupFamily")
        if family != wanted:
            raise ValueError(f"The parameter group {name} with DBParameterGroupFamily {family} can't be used for this "
                             f"cluster. Please use a parameter group with DBParameterGroupFamily {wanted}.")

    def point(physical_id, attributes, made, props):
        cluster = rds._clusters[physical_id]
        # Without an instance to read from, the reader endpoint leads to the writer; here it always does.
        cluster.update(Endpoint=made["Endpoint.Address"], ReaderEndpoint=made["Endpoint.Address"],
                       Port=int(made["Endpoint.Port"]), EngineVersion=made["EngineVersion"],
                       StorageEncrypted=str(props.get("StorageEncrypted", False)).lower() == "true")
        if props.get("DBClusterParameterGroupName"):
            cluster["DBClusterParameterGroup"] = props["DBClusterParameterGroupName"]
        return physical_id, {**attributes, **made, "ReadEndpoint.Address": made["Endpoint.Address"]}

    def create(logical_id, props, stack_name):
        check_parameters(props)
        return point(*create_both(emulated, resource_type, logical_id, props, stack_name), props)

    def update(physical_id, old_props, new_props, stack_name, logical_id=None):
        check_parameters(new_props)
        after, attributes = emulated["update"](physical_id, old_props, new_props, stack_name, logical_id)
        made = ask_gateway("update", resource_type, logical_id, stack_name, after, new_props, old_props)
        return point(after, attributes, made["attributes"], new_props)

    def delete(physical_id, props, logical_id=None):
        if (rds._clusters.get(physical_id) or {}).get("DBClusterMembers"):
            raise ValueError("Cluster cannot be deleted, it still contains DB instances in non-deleting state.")
        ask_gateway("delete", resource_type, logical_id, None, physical_id, props)
        emulated["delete"](physical_id, props)

    return {**emulated, "create": create, "update": update, "update_with_logical_id": True,
            "delete": delete, "delete_with_logical_id": True}


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


def install_resource_types():
    ours, extended = types("OUTBOXCTL_RESOURCE_TYPES"), types("OUTBOXCTL_EXTENDED_TYPES")
    handlers = provisioners._RESOURCE_HANDLERS
    for resource_type in ours:
        handlers[resource_type] = handlers_of(resource_type)
    extensions = {"AWS::RDS::DBCluster": extended_cluster, "AWS::RDS::DBInstance": extended_database}
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


def install_parameter_checks():
    """Refuses parameters that a template does not have, and a template whose parameters lack a value, in
    CloudFormation's words. The emulator accepts the former."""

    def checking(emulated):
        def resolve(template, provided, *rest):
            known = template.get("Parameters") or {}
            given = {parameter.get("Key") or parameter.get("ParameterKey") for parameter in provided}
            unknown = sorted(given - set(known))
            if unknown:
                raise ValueError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
            missing = sorted(name for name, definition in known.items() if name not in given and "Default" not in definition)
            if missing:
                raise ValueError(f"Parameters: [{', '.join(missing)}] must have values")
            return emulated(template, provided, *rest)

        return resolve

    for module in (changesets, cloudformation):
        module._resolve_parameters = checking(module._resolve_parameters)
