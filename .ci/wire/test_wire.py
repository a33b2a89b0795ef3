"""Faults planted into requests and responses have to be found, each by its name."""

import json
import unittest

import allowed
import wire

TEXT = "application/x-www-form-urlencoded"


def record(service, body, answer, status=200, method="POST", path="/", answer_headers=None, agent="outboxctl", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"service": service, "region": "eu-west-1", "own": agent != "a test", "side": "request",
            "request": {"method": method, "path": path, "headers": headers, "body": {"text": body}},
            "response": {"status": status, "headers": answer_headers or {}, "body": {"text": answer}}}


def dms(asked, answer, operation="DescribeEndpoints", **more):
    answer = answer if isinstance(answer, str) else json.dumps(answer)
    return record("dms", json.dumps(asked), answer, x_amz_target=f"AmazonDMSv20160101.{operation}", **more)


def query(service, body, answer, **more):
    return record(service, body, answer, content_type=TEXT, **more)


def rest(method, path, body, answer, **more):
    return record("lambda", body, json.dumps(answer), method=method, path=path, **more)


ENDPOINT = {"EndpointIdentifier": "source", "EndpointType": "source", "Status": "active"}
INSTANCES = "Action=DescribeDBInstances&Version=2014-10-31"


def instances(inner, result="DescribeDBInstancesResult"):
    return (f"<DescribeDBInstancesResponse><{result}><DBInstances>{inner}</DBInstances></{result}>"
            "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeDBInstancesResponse>")


class Wire(unittest.TestCase):
    def found(self, *records):
        found, exchanges = wire.findings(records)
        return "\n".join(wire.shown(found + wire.pages.unread(exchanges)))

    def clean(self, *records):
        self.assertEqual(self.found(*records), "")

    def test_valid_exchanges_pass(self):
        self.clean(dms({"Filters": [{"Name": "endpoint-id", "Values": ["a"]}]}, {"Endpoints": [ENDPOINT]}))
        self.clean(query("rds", f"{INSTANCES}&Filters.Filter.1.Name=engine&Filters.Filter.1.Values.Value.1=postgres&MaxRecords=20",
                         instances("<DBInstance><AllocatedStorage>20</AllocatedStorage><InstanceCreateTime>2026-01-01T00:00:00Z"
                                   "</InstanceCreateTime></DBInstance>")))
        self.clean(query("ec2", "Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-1",
                         "<DescribeVpcsResponse><requestId>1</requestId><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>"))
        self.clean(rest("PUT", "/2017-10-31/functions/writer/concurrency", '{"ReservedConcurrentExecutions":1}', {"ReservedConcurrentExecutions": 1}))
        self.clean(record("s3", "", "", method="PUT", path="/bucket/a/key?x-id=PutObject"))

    def test_what_aws_refuses_in_a_request(self):
        self.assertIn("Filterz: unknown member", self.found(dms({"Filterz": []}, {})))
        self.assertIn("Filters[].Name: a required member is missing", self.found(dms({"Filters": [{"Values": ["a"]}]}, {})))
        self.assertIn(".MaxRecords: '5': str instead of integer", self.found(dms({"MaxRecords": "5"}, {})))
        self.assertIn("MaxRecords.1: unknown member", self.found(query("rds", f"{INSTANCES}&MaxRecords.1=20", instances(""))))
        self.assertIn(".Version: '2014'", self.found(query("rds", "Action=DescribeDBInstances&Version=2014", instances(""))))
        put = {"x_amz_target": "AWSEvents.PutRule"}
        self.assertIn("65 characters", self.found(record("events", json.dumps({"Name": "x" * 65}), "{}", **put)))
        self.assertIn("does not match", self.found(record("events", json.dumps({"Name": "a b"}), "{}", **put)))
        self.assertIn("it can be ENABLED", self.found(record("events", json.dumps({"Name": "a", "State": "ON"}), "{}", **put)))
        many = record("events", json.dumps({"Entries": [{}] * 11}), '{"FailedEntryCount":0}', x_amz_target="AWSEvents.PutEvents")
        self.assertIn("11 elements", self.found(many))
        self.assertIn("it can be 0 to None", self.found(rest("PUT", "/2017-10-31/functions/writer/concurrency", '{"ReservedConcurrentExecutions":-1}', {})))
        self.assertIn(".Marke: unknown parameter", self.found(rest("GET", "/2015-03-31/functions?Marke=a", "", {"Functions": []})))
        self.assertIn("MaxItems: 'x': str instead of integer", self.found(rest("GET", "/2015-03-31/functions?MaxItems=x", "", {})))

    def test_requests_of_tests_count_if_they_are_accepted(self):
        self.assertIn("accepted .Filterz", self.found(dms({"Filterz": []}, {}, agent="a test")))
        refused = {"answer_headers": {"x-amzn-errortype": "ValidationException"}, "status": 400, "agent": "a test"}
        self.clean(dms({"Filterz": []}, {"__type": "ValidationException", "message": "?"}, **refused))
        self.assertIn("request .Filterz", self.found(dms({"Filterz": []}, {"__type": "ValidationException"}, status=400)))
        self.assertIn("no operation", self.found(dms({}, {}, operation="DescribeEverything")))

    def test_what_aws_would_not_answer(self):
        self.assertIn("Endpointz: unknown member", self.found(dms({}, {"Endpointz": []})))
        self.assertIn("EndpointType: 'ORIGIN': it can be source, target", self.found(dms({}, {"Endpoints": [{**ENDPOINT, "EndpointType": "ORIGIN"}]})))
        self.assertIn("Port: '5432': str instead of integer", self.found(dms({}, {"Endpoints": [{**ENDPOINT, "Port": "5432"}]})))
        self.assertIn("a time is not a number", self.found(dms({}, {"ReplicationTasks": [{"ReplicationTaskCreationDate": "2026"}]}, "DescribeReplicationTasks")))
        self.assertIn("botocore can't read it: Invalid base64", self.found(
            record("secretsmanager", '{"SecretId":"a"}', '{"SecretBinary":"a"}', x_amz_target="secretsmanager.GetSecretValue")))
        self.assertIn("a required member is missing", self.found(
            record("kinesis", '{"ShardIterator":"a"}', "{}", x_amz_target="Kinesis_20131202.GetRecords")))

    def test_what_aws_would_not_answer_in_xml(self):
        answer = self.found(query("rds", INSTANCES, instances("<DBInstance><Storage>20</Storage></DBInstance>")))
        self.assertIn("DBInstances[].Storage: unknown member", answer)
        self.assertIn("a list has DBInstance", self.found(query("rds", INSTANCES, instances("<member></member>"))))
        self.assertIn("DescribeDBInstancesResult", self.found(query("rds", INSTANCES, instances("", "Result"))))
        self.assertIn("not in ISO 8601", self.found(query("rds", INSTANCES, instances("<DBInstance><InstanceCreateTime>1</InstanceCreateTime></DBInstance>"))))
        self.assertIn("status 200 instead of 201", self.found(rest("POST", "/2015-03-31/functions", "{}", {})))

    def test_errors(self):
        fault = {"__type": "ResourceNotFoundFault", "message": "?"}
        self.clean(dms({}, fault, status=400))
        self.assertIn("no such error", self.found(dms({}, {"__type": "NoSuchEndpoint"}, status=400)))
        self.assertIn("without an error code", self.found(dms({}, {"code": "ResourceNotFoundFault"}, status=400)))
        self.assertIn("without an error code", self.found(dms({}, {"message": "?"}, status=400)))
        error = "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>?</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        self.clean(query("rds", INSTANCES, error.format("DBInstanceNotFound"), status=404))
        self.assertIn("status 400 instead of 404", self.found(query("rds", INSTANCES, error.format("DBInstanceNotFound"), status=400)))
        self.assertIn("no such error", self.found(query("rds", INSTANCES, error.format("DBInstanceNotFoundFault"), status=404)))
        self.assertIn("no header x-amzn-ErrorType", self.found(rest("GET", "/2015-03-31/functions/a", "", {"__type": "ResourceNotFoundException"}, status=404)))
        purge = {"x_amz_target": "AmazonSQS.PurgeQueue"}
        missing = '{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}'
        self.assertIn("x-amzn-query-error", self.found(record("sqs", '{"QueueUrl":"a"}', missing, 400, **purge)))
        former = {"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"}
        self.clean(record("sqs", '{"QueueUrl":"a"}', missing, 400, answer_headers=former, **purge))
        unknown = '{"__type":"com.amazonaws.sqs#NoSuchQueue"}'
        self.assertIn("no such error", self.found(record("sqs", '{"QueueUrl":"a"}', unknown, 400, answer_headers=former, **purge)))

    def test_pages(self):
        first = dms({}, {"Endpoints": [], "Marker": "2"})
        self.assertIn(".Marker: no request for the next page", self.found(first))
        self.clean(first, dms({"Marker": "2"}, {"Endpoints": []}))

    def test_rows(self):
        rows = allowed.read("# A reason.\ndms * response .Endpoints[].* unknown*\n")
        found = [("dms", "DescribeEndpoints", "response", ".Endpoints[].Port", "unknown member")]
        self.assertEqual(allowed.apply(found, rows), [])
        self.assertTrue(rows[0].used)
        self.assertEqual(len(allowed.apply([("rds", *found[0][1:])], rows)), 1)
        with self.assertRaises(ValueError):
            allowed.read("dms * response .Endpoints unknown*\n")


if __name__ == "__main__":
    unittest.main()
