"""CloudFormation property -> shape of the AWS API. Every resource type of the templates has a row.

A property is looked up under its own name, in any case, in the input of the type's operation; what the API calls otherwise has a
row in `renamed`. A row is a path in that input (lists are passed over), `Operation:path` for another operation of the service,
one of the checks below, or a document. A property that is found nowhere fails the check.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class OneOf:
    """The values that a guide names where the model has only text."""

    values: tuple


@dataclass(frozen=True)
class Range:
    least: int
    most: int


@dataclass(frozen=True)
class Document:
    """A document with rules of its own (documents.py)."""

    kind: str


@dataclass(frozen=True)
class Free:
    """Anything: no input of the API, for the reason given."""

    reason: str


@dataclass(frozen=True)
class Type:
    service: str
    operation: str
    renamed: dict = field(default_factory=dict)
    # Required members that the resource's handler makes up or looks up.
    handled: tuple = ()


POLICY, TRUST, RESOURCE = Document("policy"), Document("trust"), Document("resource-policy")
STATEMENT = Document("statement")
TAGS = {"Tags": Free("tags of CloudFormation")}

TYPES = {
    "AWS::ApiGatewayV2::Api": Type("apigatewayv2", "CreateApi"),
    "AWS::ApiGatewayV2::Integration": Type("apigatewayv2", "CreateIntegration"),
    "AWS::ApiGatewayV2::Route": Type("apigatewayv2", "CreateRoute"),
    "AWS::ApiGatewayV2::Stage": Type("apigatewayv2", "CreateStage"),
    "AWS::CloudWatch::Alarm": Type("cloudwatch", "PutMetricAlarm", handled=("AlarmName",)),
    "AWS::DMS::Certificate": Type("dms", "ImportCertificate"),
    "AWS::DMS::Endpoint": Type("dms", "CreateEndpoint"),
    "AWS::DMS::EventSubscription": Type("dms", "CreateEventSubscription", {
        # "Valid values: replication-instance | replication-task"
        "SourceType": OneOf(("replication-instance", "replication-task")),
        # "Using Amazon SNS events and notifications": categories of a task
        "EventCategories": OneOf(("failure", "state change", "creation", "deletion")),
    }, handled=("SubscriptionName",)),
    "AWS::DMS::ReplicationInstance": Type("dms", "CreateReplicationInstance", {
        "AllowMajorVersionUpgrade": "ModifyReplicationInstance:AllowMajorVersionUpgrade",
        # "The amount of storage … 5 to 6144" (quotas of the guide)
        "AllocatedStorage": Range(5, 6144),
    }),
    "AWS::DMS::ReplicationSubnetGroup": Type("dms", "CreateReplicationSubnetGroup",
                                             handled=("ReplicationSubnetGroupIdentifier",)),
    "AWS::DMS::ReplicationTask": Type("dms", "CreateReplicationTask", {
        "TableMappings": Document("table-mappings"), "ReplicationTaskSettings": Document("task-settings")}),
    "AWS::DynamoDB::Table": Type("dynamodb", "CreateTable", {
        "KinesisStreamSpecification.StreamArn": "EnableKinesisStreamingDestination:StreamArn",
        "KinesisStreamSpecification.ApproximateCreationDateTimePrecision":
            "EnableKinesisStreamingDestination:EnableKinesisStreamingConfiguration.ApproximateCreationDateTimePrecision",
        "PointInTimeRecoverySpecification": "UpdateContinuousBackups:PointInTimeRecoverySpecification",
        "SSESpecification.SSEEnabled": "SSESpecification.Enabled",
        # CloudFormation turns it on by its presence.
        "StreamSpecification": "StreamSpecification",
        "TimeToLiveSpecification": "UpdateTimeToLive:TimeToLiveSpecification",
    }, handled=("TableName", "StreamEnabled")),
    "AWS::EC2::InternetGateway": Type("ec2", "CreateInternetGateway", TAGS),
    "AWS::EC2::Route": Type("ec2", "CreateRoute"),
    "AWS::EC2::RouteTable": Type("ec2", "CreateRouteTable", TAGS),
    "AWS::EC2::SecurityGroup": Type("ec2", "CreateSecurityGroup", {
        "GroupDescription": "Description",
        **{f"SecurityGroup{way}.{name}": f"AuthorizeSecurityGroup{way}:IpPermissions.{path}" for way in ("Ingress", "Egress")
           for name, path in (("IpProtocol", "IpProtocol"), ("FromPort", "FromPort"), ("ToPort", "ToPort"),
                              ("CidrIp", "IpRanges.CidrIp"), ("Description", "IpRanges.Description"),
                              ("SourceSecurityGroupId", "UserIdGroupPairs.GroupId"))},
    }, handled=("GroupName",)),
    "AWS::EC2::Subnet": Type("ec2", "CreateSubnet", TAGS),
    "AWS::EC2::SubnetRouteTableAssociation": Type("ec2", "AssociateRouteTable"),
    "AWS::EC2::VPC": Type("ec2", "CreateVpc", {
        "EnableDnsHostnames": "ModifyVpcAttribute:EnableDnsHostnames.Value",
        "EnableDnsSupport": "ModifyVpcAttribute:EnableDnsSupport.Value", **TAGS}),
    "AWS::EC2::VPCEndpoint": Type("ec2", "CreateVpcEndpoint", {"PolicyDocument": RESOURCE}),
    "AWS::EC2::VPCGatewayAttachment": Type("ec2", "AttachInternetGateway"),
    "AWS::Events::EventBus": Type("events", "CreateEventBus"),
    "AWS::Events::EventBusPolicy": Type("events", "PutPermission", {"Statement": STATEMENT}),
    "AWS::Events::Rule": Type("events", "PutRule", {
        "EventPattern": Document("event-pattern"), "Targets": "PutTargets:Targets"}, handled=("Name",)),
    "AWS::IAM::ManagedPolicy": Type("iam", "CreatePolicy", {"PolicyDocument": POLICY}, handled=("PolicyName",)),
    "AWS::IAM::Role": Type("iam", "CreateRole", {
        "AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": "AttachRolePolicy:PolicyArn",
        "Policies.PolicyName": "PutRolePolicy:PolicyName", "Policies.PolicyDocument": POLICY}, handled=("RoleName",)),
    "AWS::Kinesis::ResourcePolicy": Type("kinesis", "PutResourcePolicy", {"ResourcePolicy": RESOURCE}, handled=("Policy",)),
    "AWS::Kinesis::Stream": Type("kinesis", "CreateStream", {
        # "24 … 8760 hours" (IncreaseStreamRetentionPeriod)
        "RetentionPeriodHours": Range(24, 8760),
        "StreamEncryption": "StartStreamEncryption:"}, handled=("StreamName",)),
    "AWS::Lambda::EventInvokeConfig": Type("lambda", "PutFunctionEventInvokeConfig"),
    "AWS::Lambda::EventSourceMapping": Type("lambda", "CreateEventSourceMapping"),
    "AWS::Lambda::Function": Type("lambda", "CreateFunction", {
        # "Lambda quotas": function time-out, memory
        "Timeout": Range(1, 900), "MemorySize": Range(128, 10240),
        "ReservedConcurrentExecutions": "PutFunctionConcurrency:ReservedConcurrentExecutions"}, handled=("FunctionName",)),
    "AWS::Lambda::Permission": Type("lambda", "AddPermission", handled=("StatementId",)),
    "AWS::Logs::LogGroup": Type("logs", "CreateLogGroup", {
        "RetentionInDays": OneOf((1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
                                  3288, 3653)),
        "ResourcePolicyDocument": RESOURCE}),
    "AWS::RDS::DBCluster": Type("rds", "CreateDBCluster", {
        "DeleteAutomatedBackups": "DeleteDBCluster:DeleteAutomatedBackups",
        "Engine": OneOf(("aurora-postgresql",)),
        "EngineLifecycleSupport": OneOf(("open-source-rds-extended-support", "open-source-rds-extended-support-disabled")),
        "EnableCloudwatchLogsExports": OneOf(("postgresql", "instance", "iam-db-auth-error")),
        # "1 to 35" (Aurora keeps backups of at least one day)
        "BackupRetentionPeriod": Range(1, 35),
        # "Aurora Serverless v2 capacity": 0 to 256 ACUs, a maximum of at least 1
        "ServerlessV2ScalingConfiguration.MinCapacity": Range(0, 256),
        "ServerlessV2ScalingConfiguration.MaxCapacity": Range(1, 256),
    }),
    "AWS::RDS::DBClusterParameterGroup": Type("rds", "CreateDBClusterParameterGroup", {
        "Family": "DBParameterGroupFamily", "Parameters": Document("postgres-parameters")},
                                             handled=("DBClusterParameterGroupName",)),
    "AWS::RDS::DBInstance": Type("rds", "CreateDBInstance", {
        "VPCSecurityGroups": "VpcSecurityGroupIds",
        "DeleteAutomatedBackups": "DeleteDBInstance:DeleteAutomatedBackups",
        "AllowMajorVersionUpgrade": "ModifyDBInstance:AllowMajorVersionUpgrade",
        "Engine": OneOf(("postgres", "aurora-postgresql")),
        "EngineLifecycleSupport": OneOf(("open-source-rds-extended-support", "open-source-rds-extended-support-disabled")),
        "StorageType": OneOf(("gp2", "gp3", "io1", "io2", "standard")),
        # "Using SSL/TLS to encrypt a connection to a DB instance"
        "CACertificateIdentifier": OneOf(("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")),
        "EnableCloudwatchLogsExports": OneOf(("postgresql", "upgrade", "iam-db-auth-error")),
        "BackupRetentionPeriod": Range(0, 35),
        "AllocatedStorage": Range(20, 65536),
        "MaxAllocatedStorage": Range(22, 65536),
        # "Fault tolerance for an Aurora DB cluster": priorities
        "PromotionTier": Range(0, 15),
    }),
    "AWS::RDS::DBParameterGroup": Type("rds", "CreateDBParameterGroup", {
        "Family": "DBParameterGroupFamily", "Parameters": Document("postgres-parameters")}, handled=("DBParameterGroupName",)),
    "AWS::RDS::DBSubnetGroup": Type("rds", "CreateDBSubnetGroup", handled=("DBSubnetGroupName",)),
    "AWS::S3::Bucket": Type("s3", "CreateBucket", {
        "BucketEncryption.ServerSideEncryptionConfiguration":
            "PutBucketEncryption:ServerSideEncryptionConfiguration.Rules",
        "BucketEncryption.ServerSideEncryptionConfiguration.ServerSideEncryptionByDefault":
            "PutBucketEncryption:ServerSideEncryptionConfiguration.Rules.ApplyServerSideEncryptionByDefault",
        "LifecycleConfiguration": "PutBucketLifecycleConfiguration:LifecycleConfiguration",
        "LifecycleConfiguration.Rules.ExpirationInDays":
            "PutBucketLifecycleConfiguration:LifecycleConfiguration.Rules.Expiration.Days",
        "MetricsConfigurations": "PutBucketMetricsConfiguration:MetricsConfiguration",
        "OwnershipControls": "PutBucketOwnershipControls:OwnershipControls",
        "PublicAccessBlockConfiguration": "PutPublicAccessBlock:PublicAccessBlockConfiguration",
    }, handled=("Bucket",)),
    "AWS::S3::BucketPolicy": Type("s3", "PutBucketPolicy", {"PolicyDocument": RESOURCE}, handled=("Policy",)),
    "AWS::SQS::Queue": Type("sqs", "CreateQueue", {
        # "Valid values: 60 … 1,209,600" (SetQueueAttributes)
        "MessageRetentionPeriod": Range(60, 1209600), "SqsManagedSseEnabled": OneOf((True, False))}, handled=("QueueName",)),
    "AWS::SQS::QueuePolicy": Type("sqs", "SetQueueAttributes", {"PolicyDocument": RESOURCE, "Queues": "QueueUrl"},
                                  handled=("Attributes", "QueueUrl")),
    "AWS::SecretsManager::Secret": Type("secretsmanager", "CreateSecret", {
        "GenerateSecretString": "GetRandomPassword:",
        "GenerateSecretString.SecretStringTemplate": Document("json"),
        "GenerateSecretString.GenerateStringKey": Free("a key of the template"),
    }, handled=("Name",)),
    "AWS::SecretsManager::SecretTargetAttachment": Type("secretsmanager", "PutSecretValue", {
        "TargetType": OneOf(("AWS::RDS::DBInstance", "AWS::RDS::DBCluster")), "TargetId": Free("the target's name")}),
}
