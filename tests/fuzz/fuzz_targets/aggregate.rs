//! Any bytes as a KPL aggregate, also with a valid magic number and checksum; packed records can be unpacked again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use md5::{Digest, Md5};
use outboxctl_fuzz::outbox::formats::kpl::{UserRecord, join, split};

/// Above what libFuzzer makes.
const MOST: usize = 64 << 20;

fuzz_target!(|bytes: &[u8]| {
    let _ = split(bytes, MOST);
    let packed = [&[0xf3, 0x89, 0x9a, 0xc2], bytes, Md5::digest(bytes).as_slice()].concat();
    if let Some(Ok(records)) = split(&packed, MOST) {
        assert_eq!(split(&join(&records), MOST), Some(Ok(records)));
    }
    let records: Vec<UserRecord> = bytes
        .split(|byte| *byte == 0)
        .map(|data| UserRecord { partition_key: (data.len() % 3).to_string().into(), data: data.to_vec() })
        .collect();
    assert_eq!(split(&join(&records), MOST), Some(Ok(records)));
});
