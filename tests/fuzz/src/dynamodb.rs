#[path = "../../../src/dynamodb/change.rs"]
mod change;
#[path = "../../../src/dynamodb/image.rs"]
mod image;

pub use change::{Change, ChangeError, Operation};
