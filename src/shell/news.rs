//! What happens in the calls, for whoever listens: a short memory, so that a listener who comes back has missed
//! nothing.

use crate::call::view::CallView;
use crate::call::{Event, Weight};
use crate::id::ConversationId;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// So many pieces are remembered; a listener who is further behind misses the oldest.
const MAX_PIECES: usize = 1024;

/// One piece of news.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Its number; they rise by one.
    pub number: u64,
    /// What it is about: "story" is a sentence about a call, "call" is a call as it stands now, "alarm" is a sentence that
    /// somebody should read at once.
    pub kind: &'static str,
    /// JSON.
    pub data: Arc<str>,
}

/// A sentence of a call's story.
#[derive(Serialize)]
struct Sentence<'a> {
    call: ConversationId,
    text: &'a str,
}

/// Somebody should look now.
#[derive(Serialize)]
struct Alarm<'a> {
    call: Option<ConversationId>,
    text: &'a str,
}

/// A call that is over.
#[derive(Serialize)]
struct Gone {
    id: ConversationId,
    story: &'static str,
}

/// The news. All clones are the same.
#[derive(Clone, Debug, Default)]
pub struct News(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    pieces: Mutex<VecDeque<Piece>>,
    fresh: Notify,
}

impl News {
    /// Something was said about a call, or somebody should look.
    pub fn tell(&self, event: &Event) {
        let text = &*event.text;
        match (event.weight, event.conversation) {
            (Weight::Alarm, call) => self.publish("alarm", &Alarm { call, text }),
            (_, Some(call)) => self.publish("story", &Sentence { call, text }),
            (_, None) => {}
        }
    }

    /// A call stands differently now; none if it is over.
    pub fn show(&self, id: ConversationId, call: Option<&CallView>) {
        match call {
            Some(call) => self.publish("call", call),
            None => self.publish("call", &Gone { id, story: "over" }),
        }
    }

    /// The number of the newest piece; 0 before there was one.
    pub fn newest(&self) -> u64 {
        self.pieces().back().map_or(0, |piece| piece.number)
    }

    /// The first piece after this number, as soon as there is one.
    pub async fn after(&self, number: u64) -> Piece {
        loop {
            // Asked for before looking, so that what comes in between is not missed.
            let fresh = self.0.fresh.notified();
            let next = self.pieces().iter().find(|piece| piece.number > number).cloned();
            match next {
                Some(piece) => return piece,
                None => fresh.await,
            }
        }
    }

    fn publish(&self, kind: &'static str, what: &impl Serialize) {
        let Ok(data) = serde_json::to_string(what) else {
            return;
        };
        let mut pieces = self.pieces();
        let number = pieces.back().map_or(0, |piece| piece.number) + 1;
        if pieces.len() == MAX_PIECES {
            pieces.pop_front();
        }
        pieces.push_back(Piece {
            number,
            kind,
            data: data.into(),
        });
        drop(pieces);
        self.0.fresh.notify_waiters();
    }

    fn pieces(&self) -> std::sync::MutexGuard<'_, VecDeque<Piece>> {
        self.0.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(news: &News, text: &str) {
        news.tell(&Event {
            weight: Weight::Story,
            conversation: Some(ConversationId(1)),
            text: text.to_owned(),
        });
    }

    #[tokio::test]
    async fn who_comes_back_goes_on_where_it_was() {
        let news = News::default();
        said(&news, "1001 calls 1002");
        let first = news.after(0).await;
        said(&news, "1002 answers");
        let second = news.after(first.number).await;
        assert_eq!(&*second.data, r#"{"call":1,"text":"1002 answers"}"#);
        assert_eq!(news.newest(), second.number);
    }

    #[tokio::test]
    async fn an_alarm_is_told_though_it_is_about_no_call() {
        let news = News::default();
        news.tell(&Event {
            weight: Weight::Alarm,
            conversation: None,
            text: "look".to_owned(),
        });
        let alarm = news.after(0).await;
        assert_eq!(
            (alarm.kind, &*alarm.data),
            ("alarm", r#"{"call":null,"text":"look"}"#)
        );
    }

    #[tokio::test]
    async fn the_memory_is_short() {
        let news = News::default();
        (0..MAX_PIECES + 10).for_each(|_| said(&news, "again"));
        assert_eq!(news.after(0).await.number, 11);
    }
}
