//! Failures of delivery, and the commands that repair them, each with a real fault on the local stack.

mod dynamodb;
mod queues;
mod rds_eventbridge;
mod rds_kinesis;
