#[path = "../../../src/dynamodb/appended.rs"]
mod appended;
#[path = "../../../src/dynamodb/change.rs"]
mod change;
#[path = "../../../src/dynamodb/image.rs"]
mod image;
#[path = "../../../src/dynamodb/users.rs"]
pub mod users;

pub use appended::appended;
pub use change::{Change, ChangeError, Operation};
