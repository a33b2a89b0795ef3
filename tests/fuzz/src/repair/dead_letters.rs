#[path = "../../../../src/repair/dead_letters/document.rs"]
pub mod document;
#[path = "../../../../src/repair/dead_letters/letter.rs"]
pub mod letter;
#[path = "../../../../src/repair/dead_letters/message.rs"]
pub mod message;
#[path = "../../../../src/repair/dead_letters/view.rs"]
pub mod view;
