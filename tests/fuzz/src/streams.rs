#[path = "../../../src/streams/decode/mod.rs"]
pub mod decode;
#[path = "../../../src/streams/item.rs"]
mod item;
#[path = "../../../src/streams/template.rs"]
mod template;

pub use item::{Body, Content, EventView, Image, Item, Json, Origin};
pub use template::Template;

pub const SENTINEL_SOURCE: &str = "outboxctl.sentinel";
