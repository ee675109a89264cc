//! All tables and stories of tapes in the order of time, so that what was only wired can be heard afterwards.

use std::collections::BTreeMap;
use tandem::call::recording::TapeStory;
use tandem::id::{ConversationId, TapeId};
use tandem::time::Time;
use tandem::wiring::Wiring;

/// What a media plane and a tape thread would have been told.
#[derive(Clone, Debug, Default)]
pub struct Reel {
    /// Who heard whom, from when on.
    pub tables: Vec<(Time, ConversationId, Wiring)>,
    /// The last story of each tape.
    pub tapes: BTreeMap<TapeId, TapeStory>,
}
