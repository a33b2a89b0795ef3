"""Faults planted into the real templates have to be found, each by its name."""

import os
import unittest

from oracle import check

TEMPLATES = os.path.join(os.path.dirname(__file__), "..", "..", "templates")


def read(name):
    with open(os.path.join(TEMPLATES, f"{name}.yaml"), encoding="utf-8") as file:
        return file.read()


class Oracle(unittest.TestCase):
    def planted(self, name, old, new):
        """Findings of a template with one thing changed."""
        text = read(name)
        self.assertIn(old, text)
        return "\n".join(check(text.replace(old, new, 1), name))

    def test_the_templates_pass(self):
        for name in sorted(os.listdir(TEMPLATES)):
            self.assertEqual(list(check(read(name[:-5]), name)), [])

    def test_a_value_outside_an_enum(self):
        found = self.planted("dms", "PluginName: test-decoding", "PluginName: test_decoding")
        self.assertIn("PluginName is 'test_decoding'", found)
        self.assertIn("test-decoding", found)
        self.assertIn("SslMode", self.planted("dms", "SslMode: verify-full", "SslMode: verify_full"))
        self.assertIn("Architectures", self.planted("functions", "[x86_64, arm64]", "[x86_64, arm]"))
        self.assertIn("Runtime", self.planted("functions", "Runtime: provided.al2023", "Runtime: provided.al2099"))
        self.assertIn("ComparisonOperator", self.planted("bus", "GreaterThanThreshold", "AboveThreshold"))

    def test_a_default_of_a_parameter(self):
        found = self.planted("functions", "Default: 1000\n    MinValue: -1", "Default: 1000\n    MinValue: -2")
        self.assertIn("MaximumRetryAttempts is -2", found)
        self.assertIn("RetentionPeriodHours", self.planted("stream", "Default: 48", "Default: 12"))
        self.assertIn("RetentionInDays", self.planted("bus", "[1, 3, 5, 7, 14,", "[1, 3, 5, 7, 15,"))

    def test_a_condition_rules_values_out(self):
        # 0 shards stand for on-demand; without the condition the API would refuse them.
        found = self.planted("stream", "!If [Provisioned, !Ref Shards, !Ref AWS::NoValue]", "!Ref Shards")
        self.assertIn("ShardCount is 0", found)
        # So does the condition of a resource.
        found = self.planted("dms", "    Condition: ExistingInstance\n", "")
        self.assertIn("SlotLagAlarm.Dimensions.Value is ''", found)

    def test_a_range_and_a_length(self):
        self.assertIn("Timeout", self.planted("functions", "Timeout: 300", "Timeout: 901"))
        self.assertIn("ParallelizationFactor", self.planted("functions", "ParallelizationFactor: 1", "ParallelizationFactor: 11"))
        self.assertIn("Description", self.planted("functions", "Description: POST /cars", f"Description: {'x' * 257}"))

    def test_a_required_member(self):
        self.assertIn("requires EngineName", self.planted("dms", "      EngineName: !Ref DatabaseEngine\n", ""))
        self.assertIn("requires Arn", self.planted("bus", "          Arn: !Sub arn:${AWS::Partition}:logs", "          Input: !Sub arn:"))

    def test_what_the_table_does_not_know(self):
        self.assertIn("no row", self.planted("dms", "MultiAZ:", "MultiZone:"))
        self.assertIn("no row", self.planted("bus", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"))

    def test_documents(self):
        self.assertIn("DataErrorPolicy", self.planted("dms", '"DataErrorPolicy": "STOP_TASK"', '"DataErrorPolicy": "STOP"'))
        self.assertIn("LobMaximum", self.planted("dms", '"LobMaxSize"', '"LobMaximum"'))
        self.assertIn("isnull", self.planted("dms", '"${OutboxFilterOperator}"', '"isnull"'))
        self.assertIn("no action PutRecord5", self.planted("dms", "kinesis:PutRecord,", "kinesis:PutRecord5,"))
        self.assertIn("no service", self.planted("bus", "Action: sqs:SendMessage", "Action: sqss:SendMessage"))
        self.assertIn("no action PutRule5", self.planted("bus", "- events:PutRule\n", "- events:PutRule5\n"))
        self.assertIn("no matcher", self.planted("bus", "- prefix: outbox.", "- begins: outbox."))
        self.assertIn("log_error_verbosity", self.planted("database", "verbosity: terse", "verbosity: short"))
        self.assertIn("principal", self.planted("bus", "Principal: {Service: events.amazonaws.com}\n", "\n"))


if __name__ == "__main__":
    unittest.main()
