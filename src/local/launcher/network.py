"""Reachability from a function or a replication instance in a VPC: of a service by a VPC endpoint in its VPC or a NAT
gateway, of a database by security groups.

Sources: Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC" and "Enable internet access for
VPC-connected Lambda functions"; Amazon VPC user guide, "NAT gateways"; DMS user guide, "Configuring VPC endpoints for AWS DMS";
AWS PrivateLink guide, "Access an AWS service using an interface VPC endpoint" (private DNS, security groups) and "Gateway
endpoints"; RDS user guide, "Controlling access with security groups" and "Working with a DB instance in a VPC". Unreachable
services and databases do not answer: the gateway holds such a request open.
"""

import contextvars
import ipaddress
import re

from emulated import need

ec2 = need("services.ec2", "_subnets", "_vpc_endpoints", "_route_tables", "_security_groups", "_nat_gateways", "_vpc_peering")
rds = need("services.rds", "_instances", "_clusters")

HTTPS, POSTGRESQL = 443, 5432
# The VPC endpoint that the request passed, if any.
endpoint = contextvars.ContextVar("endpoint", default=None)
# Endpoint services whose name differs from the signing name.
NAMES = {"kinesis": "kinesis-streams"}
# Access key, region and service of a signed request, in the header or in the query of a presigned URL.
CREDENTIAL = re.compile(r"Credential=([^/%]+)(?:/|%2F)\d+(?:/|%2F)([^/%]+)(?:/|%2F)([^/%]+)")


def endpoint_service(service, target):
    """Returns the last part of the endpoint service's name."""
    return "dynamodb-streams" if target.startswith("DynamoDBStreams") else NAMES.get(service, service)


def unreachable(scope, place_of):
    """Returns the reason why a request does not reach its service, or None."""
    headers = dict(scope["headers"])
    endpoint.set(None)
    signed = CREDENTIAL.search(headers.get(b"authorization", b"").decode("latin-1") or scope["query_string"].decode("latin-1"))
    place = signed and place_of(signed[1])
    if not place:
        return None
    service = endpoint_service(signed[3], headers.get(b"x-amz-target", b"").decode("latin-1"))
    return reach(place, signed[2], service)


def reach(place, region, service):
    """Returns None and sets the endpoint if the service is reachable from the place; otherwise returns the reason."""
    name = f"com.amazonaws.{region}.{service}"
    subnets = [subnet for subnet in of_region(ec2._subnets, region) if subnet["SubnetId"] in place["subnets"]]
    # Subnets that EC2 does not have are not checked.
    if not subnets:
        return None
    vpc = subnets[0]["VpcId"]
    groups = security_groups(place["groups"], vpc, region)
    ranges = [subnet["CidrBlock"] for subnet in subnets]
    for candidate in of_region(ec2._vpc_endpoints, region):
        if candidate["VpcId"] != vpc or candidate["ServiceName"] != name:
            continue
        refused = blocked(candidate, groups, ranges, subnets, region)
        # Private DNS resolves to the endpoint in the whole VPC: it is the only way then.
        if refused is None or is_on(candidate.get("PrivateDnsEnabled")):
            endpoint.set(None if refused else candidate)
            return refused
    if not all(has_nat_route(subnet, region) for subnet in subnets):
        return f"the connection to {name} timed out: {vpc} has neither a VPC endpoint for it nor a NAT gateway"
    if not any(permits(group["IpPermissionsEgress"], ["0.0.0.0/0"], []) for group in groups):
        return f"the connection to {name} timed out: no security group allows outgoing HTTPS"
    return None


def blocked(candidate, groups, ranges, subnets, region):
    """Returns the reason why an endpoint does not accept the connection, or None."""
    name = candidate["ServiceName"]
    if candidate["VpcEndpointType"] == "Gateway":
        tables = {table["RouteTableId"] for subnet in subnets for table in [route_table(subnet, region)] if table}
        if not tables <= set(candidate["RouteTableIds"]):
            return f"the connection to {name} timed out: the route table of a subnet does not lead to {candidate['VpcEndpointId']}"
        # The service keeps its public addresses.
        if not any(permits(group["IpPermissionsEgress"], ["0.0.0.0/0"], []) for group in groups):
            return f"the connection to {name} timed out: no security group allows outgoing HTTPS"
        return None
    inside = [subnet["CidrBlock"] for subnet in of_region(ec2._subnets, region) if subnet["SubnetId"] in candidate["SubnetIds"]]
    theirs = security_groups(candidate.get("SecurityGroupIds") or [], candidate["VpcId"], region)
    ids = [group["GroupId"] for group in groups]
    if not any(permits(group["IpPermissionsEgress"], inside, [group["GroupId"] for group in theirs]) for group in groups):
        return f"the connection to {name} timed out: no security group allows outgoing HTTPS to {candidate['VpcEndpointId']}"
    if not any(permits(group["IpPermissions"], ranges, ids) for group in theirs):
        return f"the connection to {name} timed out: the security groups of {candidate['VpcEndpointId']} do not allow HTTPS from {', '.join(ids)}"
    return None


def database(question):
    """Answers whether a database instance is reachable from a place in a VPC."""
    region, identifier = question["region"], question["instance"]
    if question.get("is_cluster"):
        cluster = dict(named(rds._clusters, region)).get(identifier)
        writers = [member for member in (cluster or {}).get("DBClusterMembers", []) if member.get("IsClusterWriter")]
        if cluster is not None and not writers:
            return {"unreachable": f"the connection to cluster {identifier} failed: it has no instance that writes"}
        identifier = writers[0]["DBInstanceIdentifier"] if writers else None
    reason = unreachable_database(question["place"], region, identifier)
    return {"unreachable": reason} if reason else {}


def unreachable_database(place, region, identifier):
    """Returns the reason why a database instance is not reachable from a place, or None. Without subnets, the place is
    outside of every VPC."""
    instance = dict(named(rds._instances, region)).get(identifier)
    if instance is None:
        return None
    start = f"the connection to database {identifier} timed out"
    vpc = (instance.get("DBSubnetGroup") or {}).get("VpcId")
    port = int(instance.get("outboxctl_port") or POSTGRESQL)
    # The port of the local server, which the API of RDS reports; a rule for it alone is one for the database.
    local = (instance.get("Endpoint") or {}).get("Port")
    ids = [group["VpcSecurityGroupId"] for group in instance.get("VpcSecurityGroups") or []]
    theirs = security_groups(ids, vpc, region)
    # Subnets and groups that EC2 does not have are not checked.
    if not theirs:
        return None
    names = ", ".join(group["GroupId"] for group in theirs)
    if not place["subnets"]:
        if not is_on(instance.get("PubliclyAccessible")):
            return f"{start}: it is private, and the function is not in a VPC"
        if not any(permits(group["IpPermissions"], ["0.0.0.0/0"], [], port, local) for group in theirs):
            return f"{start}: its security groups ({names}) do not allow port {port} from every address"
        return None
    subnets = [subnet for subnet in of_region(ec2._subnets, region) if subnet["SubnetId"] in place["subnets"]]
    if not subnets:
        return None
    here = subnets[0]["VpcId"]
    if here != vpc and not peered(here, vpc, region):
        return f"{start}: it is in {vpc}, and {here} has no active peering connection with it"
    groups = security_groups(place["groups"], here, region)
    inside = [subnet["CidrBlock"] for subnet in of_region(ec2._subnets, region) if subnet["VpcId"] == vpc]
    if not any(permits(group["IpPermissionsEgress"], inside, [group["GroupId"] for group in theirs], port, local) for group in groups):
        return f"{start}: no security group of its client allows outgoing connections to port {port}"
    own = [group["GroupId"] for group in groups]
    if not any(permits(group["IpPermissions"], [subnet["CidrBlock"] for subnet in subnets], own, port, local) for group in theirs):
        return f"{start}: its security groups ({names}) do not allow port {port} from {', '.join(own)}"
    return None


def peered(one, other, region):
    """Returns whether two VPCs have an active peering connection."""
    for connection in of_region(ec2._vpc_peering, region):
        ends = {(connection.get(name) or {}).get("VpcId") for name in ("RequesterVpcInfo", "AccepterVpcInfo")}
        if ends == {one, other} and (connection.get("Status") or {}).get("Code") == "active":
            return True
    return False


def permits(rules, ranges, groups, port=HTTPS, local=None):
    """Returns whether rules of a security group allow TCP on the port, with all of these ranges or one of these
    groups. `local` stands for the port on this machine, but not as a part of a range of ports."""
    for rule in rules:
        if rule["IpProtocol"] not in ("tcp", "6", "-1"):
            continue
        first, last = rule.get("FromPort", 0), rule.get("ToPort", 65535)
        if rule["IpProtocol"] != "-1" and not first <= port <= last and not first == last == local:
            continue
        allowed = [ipaddress.ip_network(item["CidrIp"], strict=False) for item in rule.get("IpRanges", [])]
        if any(pair.get("GroupId") in groups for pair in rule.get("UserIdGroupPairs", [])):
            return True
        if ranges and all(any(ipaddress.ip_network(one).subnet_of(net) for net in allowed) for one in ranges):
            return True
    return False


def security_groups(ids, vpc, region):
    """Returns the groups with these ids, or the default group of the VPC."""
    found = [group for group in of_region(ec2._security_groups, region) if group["VpcId"] == vpc]
    return [group for group in found if (group["GroupId"] in ids if ids else group["GroupName"] == "default")]


def route_table(subnet, region):
    """Returns the route table of a subnet: its own, or the main one of the VPC."""
    tables = [table for table in of_region(ec2._route_tables, region) if table["VpcId"] == subnet["VpcId"]]
    own = [table for table in tables for to in table["Associations"] if to.get("SubnetId") == subnet["SubnetId"]]
    main = [table for table in tables for to in table["Associations"] if to.get("Main")]
    return next(iter(own + main), None)


def has_nat_route(subnet, region):
    """Returns whether a subnet's default route leads to the internet by a NAT gateway: a public one that is available, in a
    subnet with a route to an internet gateway. An internet gateway alone needs a public address."""
    target = default_route(subnet, region).get("NatGatewayId")
    gateway = next((one for one in of_region(ec2._nat_gateways, region) if one["NatGatewayId"] == target), None)
    if gateway is None or gateway["State"] != "available" or gateway["ConnectivityType"] != "public":
        return False
    there = next((one for one in of_region(ec2._subnets, region) if one["SubnetId"] == gateway["SubnetId"]), None)
    return there is not None and (default_route(there, region).get("GatewayId") or "").startswith("igw-")


def default_route(subnet, region):
    routes = (route_table(subnet, region) or {}).get("Routes", [])
    return next((route for route in routes if route.get("DestinationCidrBlock") == "0.0.0.0/0"), {})


def of_region(store, region):
    return [value for _, value in named(store, region)]


def named(store, region):
    """Returns the names and values of a region."""
    return [(name, value) for (_, of, name), value in list(store.all_items()) if of == region]


def is_on(value):
    return str(value).lower() == "true"
