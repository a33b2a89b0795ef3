#[path = "../../../src/deadletters/document.rs"]
pub mod document;
#[path = "../../../src/deadletters/letter.rs"]
pub mod letter;
#[path = "../../../src/deadletters/message.rs"]
pub mod message;
#[path = "../../../src/deadletters/view.rs"]
pub mod view;
