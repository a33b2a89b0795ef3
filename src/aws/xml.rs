//! XML as EC2 writes it, as a tree: elements with either text or elements, and no attributes of interest.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, escape};

/// An element of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    name: String,
    text: String,
    children: Vec<Self>,
}

impl Element {
    /// Parses a document; `None` if it is not well-formed.
    pub fn parse(document: &str) -> Option<Self> {
        let mut reader = Reader::from_str(document);
        // The first one contains the document.
        let mut open = vec![Self::default()];
        loop {
            let inner = open.last_mut()?;
            match reader.read_event().ok()? {
                Event::Start(tag) => open.push(Self::named(&tag)?),
                Event::Empty(tag) => inner.children.push(Self::named(&tag)?),
                Event::Text(text) => inner.text += &text.decode().ok()?,
                Event::GeneralRef(entity) => match entity.resolve_char_ref().ok()? {
                    Some(character) => inner.text.push(character),
                    None => inner.text += escape::resolve_predefined_entity(&entity.decode().ok()?)?,
                },
                Event::End(_) => {
                    let mut closed = open.pop()?;
                    closed.text = closed.text.trim().to_owned();
                    open.last_mut()?.children.push(closed);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let outer = open.pop().filter(|_| open.is_empty())?;
        outer.children.into_iter().next()
    }

    fn named(tag: &BytesStart<'_>) -> Option<Self> {
        let name = std::str::from_utf8(tag.local_name().into_inner()).ok()?.to_owned();
        Some(Self { name, ..Self::default() })
    }

    /// Returns the first child of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the text of the first child of this name, unless it is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// Returns the elements of the list of this name.
    pub fn list(&self, name: &str) -> &[Self] {
        self.child(name).map_or(&[], |list| &list.children)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_are_kept_apart() {
        let document = r#"<?xml version="1.0" encoding="UTF-8"?>
            <Answer xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
              <tableSet>
                <item><id>a</id><routeSet><item><id>r1</id></item><item><id>r2</id></item></routeSet></item>
                <item><id>b</id><routeSet/><note>&lt;1 &amp;amp; 2&gt;</note></item>
              </tableSet>
              <nextToken/>
            </Answer>"#;
        let answer = Element::parse(document).expect("well-formed");
        let [a, b] = answer.list("tableSet") else { panic!("{answer:?}") };
        assert_eq!((a.text("id"), b.text("id")), (Some("a"), Some("b")));
        let ids: Vec<_> = a.list("routeSet").iter().filter_map(|route| route.text("id")).collect();
        assert_eq!((ids, b.list("routeSet").len()), (vec!["r1", "r2"], 0));
        assert_eq!((b.text("note"), answer.text("nextToken")), (Some("<1 &amp; 2>"), None));
    }

    #[test]
    fn other_documents_are_refused() {
        for document in ["", "{}", "<a>", "<a></b>", "<a><b></a></b>", "</a>", "<a", "<>"] {
            assert_eq!(Element::parse(document), None, "{document}");
        }
    }
}
