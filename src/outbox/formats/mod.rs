//! The formats of captured changes: records of DMS, changes of DynamoDB items, and aggregated records of the Kinesis
//! Producer Library. Pure: performs no I/O.

pub mod dms;
pub mod dynamodb;
pub mod kpl;
