"""Cloud Control's reads of the types of EC2, from the emulator's EC2: the emulator's own Cloud Control has only what was
created through it.

Sources: Cloud Control API reference, "GetResource" and "ListResources"; the schemas of the types in the CloudFormation
registry (primaryIdentifier and property names).
"""

import json

from emulated import need

control = need("services.cloudcontrol", "_get_resource", "_list_resources")
ec2 = need("services.ec2", "_vpcs", "_subnets", "_security_groups", "_vpc_endpoints")
responses = need("core.responses", "json_response", "error_response_json")


def picked(*names):
    """Returns a reader of members that have the same name in EC2 and in CloudFormation."""
    return lambda found: {name: found[name] for name in names if found.get(name) is not None}


def security_group(found):
    properties = picked("GroupName", "VpcId")(found)
    properties["Id"] = properties["GroupId"] = found["GroupId"]
    properties["SecurityGroupIngress"] = rules(found.get("IpPermissions", []), "SourceSecurityGroupId")
    properties["SecurityGroupEgress"] = rules(found.get("IpPermissionsEgress", []), "DestinationSecurityGroupId")
    return properties


def rules(permissions, peer):
    """Returns one rule for each range and each group of EC2's permissions."""
    found = []
    for permission in permissions:
        base = {"IpProtocol": permission["IpProtocol"]}
        base.update({name: permission[name] for name in ("FromPort", "ToPort") if permission.get(name) is not None})
        found += [{**base, "CidrIp": one["CidrIp"]} for one in permission.get("IpRanges", [])]
        found += [{**base, peer: one["GroupId"]} for one in permission.get("UserIdGroupPairs", []) if one.get("GroupId")]
    return found


# Type → reader of the store, and reader of the properties.
TYPES = {
    "AWS::EC2::VPC": (lambda: ec2._vpcs, picked("VpcId", "CidrBlock")),
    "AWS::EC2::Subnet": (lambda: ec2._subnets, picked("SubnetId", "VpcId", "CidrBlock", "AvailabilityZone")),
    "AWS::EC2::SecurityGroup": (lambda: ec2._security_groups, security_group),
    "AWS::EC2::VPCEndpoint": (
        lambda: ec2._vpc_endpoints,
        picked("VpcId", "ServiceName", "VpcEndpointType", "SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled", "PolicyDocument"),
    ),
}


def install():
    """Replaces the two reads for these types."""
    emulated_get, emulated_list = control._get_resource, control._list_resources

    def get(data):
        kind, identifier = data.get("TypeName"), data.get("Identifier")
        if kind not in TYPES:
            return emulated_get(data)
        store, properties = TYPES[kind]
        found = store().get(identifier)
        if found is None:
            text = f"Resource of type '{kind}' with identifier '{identifier}' was not found."
            return responses.error_response_json("ResourceNotFoundException", text, 400)
        description = {"Identifier": identifier, "Properties": json.dumps(properties(found))}
        return responses.json_response({"TypeName": kind, "ResourceDescription": description})

    def listed(data):
        if data.get("TypeName") not in TYPES:
            return emulated_list(data)
        store, properties = TYPES[data["TypeName"]]
        # Lists have the identifiers and few other properties; a reader must get each resource for the rest.
        found = [{"Identifier": identifier, "Properties": "{}"} for identifier in store()]
        return responses.json_response({"TypeName": data["TypeName"], "ResourceDescriptions": found})

    control._get_resource, control._list_resources = get, listed
