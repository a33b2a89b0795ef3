"""DBInstance and DBCluster: the emulator answers the RDS API from its records; the databases are the gateway's."""

import time
import uuid

from emulated import need
from gateway import ask_gateway, create_both, with_logical_id

provisioners = need("services.cloudformation.provisioners", "_requires_replacement")
rds = need("services.rds", "_instances", "_clusters", "_events", "_subnet_groups", "_db_cluster_param_groups")


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

    return with_logical_id({**emulated, "create": create, "update": update, "delete": delete})


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

    return with_logical_id({**emulated, "create": create, "update": update, "delete": delete})
