//! The records that DMS puts into Kinesis (JSON message format): reading and writing them. Pure: no I/O, no clock.
//!
//! Reading is tolerant of key order, unknown keys, unknown operations and missing transaction details. Writing follows
//! captured records to the byte: key order, formats of values, the fields that each setting includes.
//! Source: "Using Amazon Kinesis Data Streams as a target for AWS DMS" in the DMS user guide, and captured records.

pub mod json;
mod metadata;
mod parse;
mod partial_row;
mod recognise;
mod value;
mod write;

pub use metadata::{Metadata, Operation};
pub use parse::Record;
pub use recognise::{Captured, Recognised, recognise};
pub use value::{Kind, Numbers, timestamp, write_value};
pub use write::{Details, Format, Head, Object, write_control, write_row};
