//! The formats in which captured changes travel: records of DMS, changes of DynamoDB items, and aggregated records of the
//! Kinesis Producer Library. Pure: nothing here reads or writes anything.

pub mod dms;
pub mod dynamodb;
pub mod kpl;
