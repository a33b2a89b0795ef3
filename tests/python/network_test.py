"""Which databases a place in a VPC reaches, by security groups, and which services, by routes."""

import sys
import types
import unittest


class Store(dict):
    def all_items(self):
        return [(("000000000000", region, name), value) for (region, name), value in self.items()]


EC2 = types.SimpleNamespace(**{name: Store() for name in (
    "_subnets", "_vpc_endpoints", "_route_tables", "_security_groups", "_nat_gateways", "_vpc_peering")})
RDS = types.SimpleNamespace(_instances=Store())
MODULES = {"services.ec2": EC2, "services.rds": RDS}
sys.modules["emulated"] = types.SimpleNamespace(need=lambda module, *names: MODULES[module])

import network

REGION = "eu-central-1"


def rule(port, groups=(), ranges=()):
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": one} for one in ranges],
            "UserIdGroupPairs": [{"GroupId": one} for one in groups]}


class Databases(unittest.TestCase):
    def setUp(self):
        for store in [*vars(EC2).values(), RDS._instances]:
            store.clear()
        self.group("sg-function", "vpc-1", outgoing=[rule(5432, ranges=["10.0.0.0/16"])])
        self.group("sg-database", "vpc-1", incoming=[rule(5432, groups=["sg-function"])])
        self.subnet("subnet-a", "vpc-1", "10.0.0.0/24")
        self.subnet("subnet-b", "vpc-1", "10.0.1.0/24")
        self.instance = {"DBSubnetGroup": {"VpcId": "vpc-1"}, "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-database"}]}
        RDS._instances[REGION, "db"] = self.instance

    def group(self, name, vpc, incoming=(), outgoing=()):
        EC2._security_groups[REGION, name] = {"GroupId": name, "GroupName": name, "VpcId": vpc,
                                              "IpPermissions": list(incoming), "IpPermissionsEgress": list(outgoing)}

    def subnet(self, name, vpc, cidr):
        EC2._subnets[REGION, name] = {"SubnetId": name, "VpcId": vpc, "CidrBlock": cidr}

    def reason(self, groups=("sg-function",), subnets=("subnet-a",)):
        place = {"subnets": list(subnets), "groups": list(groups)}
        return network.database({"place": place, "region": REGION, "instance": "db"}).get("unreachable")

    def test_a_group_that_is_allowed_connects(self):
        self.assertIsNone(self.reason())

    def test_a_group_that_is_not_allowed_does_not(self):
        self.group("sg-other", "vpc-1", outgoing=[rule(5432, ranges=["10.0.0.0/16"])])
        self.assertIn("(sg-database) do not allow port 5432 from sg-other", self.reason(["sg-other"]))

    def test_a_range_is_as_good_as_a_group(self):
        self.group("sg-database", "vpc-1", incoming=[rule(5432, ranges=["10.0.0.0/24"])])
        self.assertIsNone(self.reason())
        # A function gets an address in any of its subnets.
        self.assertIn("do not allow", self.reason(subnets=["subnet-a", "subnet-b"]))

    def test_the_client_needs_a_rule_too(self):
        self.group("sg-function", "vpc-1", outgoing=[rule(443, ranges=["0.0.0.0/0"])])
        self.assertIn("outgoing", self.reason())

    def test_the_port_on_aws_counts(self):
        self.instance.update(Endpoint={"Port": 38211}, outboxctl_port=6543)
        self.assertIn("port 6543", self.reason())

    def test_a_rule_for_the_local_port_alone_is_one_for_the_database(self):
        self.instance["Endpoint"] = {"Port": 38211}
        self.group("sg-function", "vpc-1", outgoing=[rule(38211, ranges=["10.0.0.0/16"])])
        for ports, refused in [((38211, 38211), False), ((5432, 5432), False), ((38210, 38210), True), ((30000, 40000), True)]:
            with self.subTest(ports=ports):
                allowed = {**rule(0, groups=["sg-function"]), "FromPort": ports[0], "ToPort": ports[1]}
                self.group("sg-database", "vpc-1", incoming=[allowed])
                self.assertEqual(self.reason() is not None, refused)

    def test_a_function_outside_of_a_vpc_reaches_public_databases_only(self):
        self.assertIn("private", self.reason([], []))
        self.instance["PubliclyAccessible"] = True
        self.assertIn("every address", self.reason([], []))
        self.group("sg-database", "vpc-1", incoming=[rule(5432, ranges=["0.0.0.0/0"])])
        self.assertIsNone(self.reason([], []))

    def test_another_vpc_needs_peering(self):
        self.group("sg-far", "vpc-2", outgoing=[rule(5432, ranges=["0.0.0.0/0"])])
        self.subnet("subnet-far", "vpc-2", "10.9.0.0/24")
        self.group("sg-database", "vpc-1", incoming=[rule(5432, ranges=["10.9.0.0/24"])])
        self.assertIn("peering", self.reason(["sg-far"], ["subnet-far"]))
        connection = {"RequesterVpcInfo": {"VpcId": "vpc-1"}, "AccepterVpcInfo": {"VpcId": "vpc-2"}, "Status": {"Code": "active"}}
        EC2._vpc_peering[REGION, "pcx-1"] = connection
        self.assertIsNone(self.reason(["sg-far"], ["subnet-far"]))
        connection["Status"] = {"Code": "pending-acceptance"}
        self.assertIn("peering", self.reason(["sg-far"], ["subnet-far"]))

    def test_another_region_is_not_mixed_in(self):
        EC2._security_groups["us-east-1", "sg-function"] = {"GroupId": "sg-function", "GroupName": "x", "VpcId": "vpc-1",
                                                            "IpPermissions": [], "IpPermissionsEgress": []}
        self.assertIsNone(self.reason())


class Routes(unittest.TestCase):
    def setUp(self):
        for store in [*vars(EC2).values(), RDS._instances]:
            store.clear()
        for name, table in (("subnet-private", "rtb-main"), ("subnet-public", "rtb-public")):
            EC2._subnets[REGION, name] = {"SubnetId": name, "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"}
        self.table("rtb-main", {"Main": True}, {"NatGatewayId": "nat-1"})
        self.table("rtb-public", {"SubnetId": "subnet-public"}, {"GatewayId": "igw-1"})
        everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        EC2._security_groups[REGION, "sg-1"] = {"GroupId": "sg-1", "GroupName": "default", "VpcId": "vpc-1",
                                                "IpPermissions": [], "IpPermissionsEgress": [everywhere]}
        self.gateway = {"NatGatewayId": "nat-1", "SubnetId": "subnet-public", "VpcId": "vpc-1", "State": "available",
                        "ConnectivityType": "public"}
        EC2._nat_gateways[REGION, "nat-1"] = self.gateway

    def table(self, name, association, target):
        route = {"DestinationCidrBlock": "0.0.0.0/0", **target}
        EC2._route_tables[REGION, name] = {"RouteTableId": name, "VpcId": "vpc-1", "Associations": [association], "Routes": [route]}

    def reason(self):
        return network.reach({"subnets": ["subnet-private"], "groups": []}, REGION, "kinesis-streams")

    def test_a_public_gateway_leads_to_services(self):
        self.assertIsNone(self.reason())

    def test_another_gateway_does_not(self):
        for change in ({"ConnectivityType": "private"}, {"State": "failed"}, {"State": "deleted"}):
            with self.subTest(change=change):
                EC2._nat_gateways[REGION, "nat-1"] = {**self.gateway, **change}
                self.assertIn("nor a NAT gateway", self.reason())

    def test_the_subnet_of_the_gateway_needs_an_internet_gateway(self):
        self.table("rtb-public", {"SubnetId": "subnet-public"}, {"NatGatewayId": "nat-1"})
        self.assertIn("nor a NAT gateway", self.reason())


if __name__ == "__main__":
    unittest.main()
