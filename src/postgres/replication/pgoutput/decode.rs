//! Decodes pgoutput messages.

use super::reader::Reader;
use super::{Column, DecodeError, EPOCH, Message, Relation, Tuple, Value};
use crate::postgres::replication::Lsn;

/// Decodes one message.
///
/// # Errors
/// If the bytes are not a message of protocol version 1.
pub fn decode(bytes: &[u8]) -> Result<Message<'_>, DecodeError> {
    let mut reader = Reader(bytes);
    match reader.u8()? {
        b'B' => Ok(Message::Begin {
            commit: Lsn(reader.u64()?),
            committed_at: (reader.u64()? as i64).saturating_add(EPOCH),
            xid: reader.u32()?,
        }),
        b'C' => {
            let (_flags, _commit) = (reader.u8()?, reader.u64()?);
            Ok(Message::Commit { end: Lsn(reader.u64()?) })
        }
        b'R' => relation(&mut reader).map(Message::Relation),
        b'I' => {
            let relation = reader.u32()?;
            expect(&mut reader, b'N')?;
            Ok(Message::Insert { relation, new: tuple(&mut reader)? })
        }
        b'U' => {
            let relation = reader.u32()?;
            let (old, new) = match reader.u8()? {
                b'K' | b'O' => {
                    let old = tuple(&mut reader)?;
                    expect(&mut reader, b'N')?;
                    (Some(old), tuple(&mut reader)?)
                }
                b'N' => (None, tuple(&mut reader)?),
                tag => return Err(DecodeError::Tag(tag)),
            };
            Ok(Message::Update { relation, old, new })
        }
        b'D' => {
            let relation = reader.u32()?;
            match reader.u8()? {
                b'K' | b'O' => Ok(Message::Delete { relation, old: tuple(&mut reader)? }),
                tag => Err(DecodeError::Tag(tag)),
            }
        }
        b'T' => {
            let (count, _options) = (reader.u32()?, reader.u8()?);
            let relations = (0..count).map(|_| reader.u32()).collect::<Result<_, _>>()?;
            Ok(Message::Truncate { relations })
        }
        tag @ (b'O' | b'Y' | b'M') => Ok(Message::Other(tag)),
        tag => Err(DecodeError::Tag(tag)),
    }
}

fn expect(reader: &mut Reader<'_>, tag: u8) -> Result<(), DecodeError> {
    match reader.u8()? {
        found if found == tag => Ok(()),
        found => Err(DecodeError::Tag(found)),
    }
}

fn relation(reader: &mut Reader<'_>) -> Result<Relation, DecodeError> {
    let id = reader.u32()?;
    let schema = reader.name()?;
    let name = reader.name()?.to_owned();
    let replica_identity = reader.u8()?;
    let columns = (0..reader.u16()?)
        .map(|_| {
            Ok(Column {
                key: reader.u8()? & 1 == 1,
                name: reader.name()?.to_owned(),
                type_oid: reader.u32()?,
                modifier: reader.u32()? as i32,
            })
        })
        .collect::<Result<_, _>>()?;
    // The protocol omits the name of pg_catalog.
    let schema = if schema.is_empty() { "pg_catalog" } else { schema }.to_owned();
    Ok(Relation { id, schema, name, replica_identity, columns })
}

fn tuple<'a>(reader: &mut Reader<'a>) -> Result<Tuple<'a>, DecodeError> {
    let columns = reader.u16()?;
    let before = reader.0;
    for _ in 0..columns {
        Value::read(reader)?;
    }
    Ok(Tuple { columns, bytes: &before[..before.len() - reader.0.len()] })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tuple_bytes(values: &[Option<&[u8]>]) -> Vec<u8> {
        let mut bytes = (values.len() as u16).to_be_bytes().to_vec();
        for value in values {
            match value {
                None => bytes.push(b'n'),
                Some(text) => {
                    bytes.push(b't');
                    bytes.extend((text.len() as u32).to_be_bytes());
                    bytes.extend(*text);
                }
            }
        }
        bytes
    }

    #[test]
    fn an_insert() {
        let mut bytes = vec![b'I', 0, 0, 0, 9, b'N'];
        bytes.extend(tuple_bytes(&[Some(b"a"), None]));
        let Ok(Message::Insert { relation: 9, new }) = decode(&bytes) else { panic!("{:?}", decode(&bytes)) };
        assert_eq!(new.iter().collect::<Vec<_>>(), [Value::Text(b"a"), Value::Null]);
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), Err(DecodeError::Short), "{end}");
        }
    }

    #[test]
    fn a_relation() {
        let bytes = b"R\0\0\0\x09public\0outbox\0d\0\x01\x01id\0\0\0\x0b\x86\xff\xff\xff\xff";
        let Ok(Message::Relation(relation)) = decode(bytes) else { panic!() };
        assert_eq!((relation.schema.as_str(), relation.name.as_str()), ("public", "outbox"));
        let id = Column { name: "id".into(), key: true, type_oid: 2950, modifier: -1 };
        assert_eq!(relation.columns, [id]);
    }

    #[test]
    fn an_update_with_its_old_key() {
        let mut bytes = vec![b'U', 0, 0, 0, 1, b'K'];
        bytes.extend(tuple_bytes(&[Some(b"1")]));
        bytes.push(b'N');
        bytes.extend(tuple_bytes(&[Some(b"2")]));
        let Ok(Message::Update { old: Some(old), new, .. }) = decode(&bytes) else { panic!() };
        assert_eq!((old.iter().next(), new.iter().next()), (Some(Value::Text(b"1")), Some(Value::Text(b"2"))));
    }

    proptest! {
        #[test]
        fn any_bytes_do_not_panic(bytes: Vec<u8>) {
            if let Ok(Message::Insert { new, .. } | Message::Update { new, .. }) = decode(&bytes) {
                prop_assert_eq!(new.iter().count(), usize::from(new.columns));
            }
        }

        #[test]
        fn damaged_messages_do_not_panic(tag in prop::sample::select(b"BCRIUDTOYM".to_vec()), rest: Vec<u8>) {
            let mut bytes = vec![tag];
            bytes.extend(rest);
            let _ = decode(&bytes);
        }

        #[test]
        fn rows_come_back(values in prop::collection::vec(prop::option::of(any::<Vec<u8>>()), 0..20)) {
            let values: Vec<Option<&[u8]>> = values.iter().map(Option::as_deref).collect();
            let mut bytes = vec![b'I', 0, 0, 0, 9, b'N'];
            bytes.extend(tuple_bytes(&values));
            let Ok(Message::Insert { new, .. }) = decode(&bytes) else { panic!("not decoded") };
            let back: Vec<Option<&[u8]>> = new.iter().map(|v| if let Value::Text(t) = v { Some(t) } else { None }).collect();
            prop_assert_eq!(back, values);
        }
    }
}
