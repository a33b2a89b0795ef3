//! What goes wrong on the way, and the commands that mend it: each on the local stack, with the fault made for real.

mod dynamodb;
mod queues;
mod rds_eventbridge;
mod rds_kinesis;
