//! A message in a snapshot: text in which every byte is the character of the same number.

use super::Message;
use crate::sip::text;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text::from_latin1(&self.bytes))
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Message, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
        let bytes = bytes.map_err(|_| de::Error::custom("a message holds only characters up to U+00FF"))?;
        // It has passed the limits when it came; it need not pass them again.
        Ok(Message::index(Bytes::from(bytes), usize::MAX))
    }
}
