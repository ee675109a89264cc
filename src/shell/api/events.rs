//! `GET /events`: the news as they come (server-sent events). A listener that names the last one it had
//! (`Last-Event-ID`, which browsers and libraries do by themselves) goes on after that.

use crate::shell::news::{News, Piece};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;

/// One visit is short (see the reception); a listener comes back so soon after it.
const COME_BACK_AFTER: Duration = Duration::from_millis(50);

pub(super) async fn listen(State(news): State<News>, headers: HeaderMap) -> Response {
    let last = headers
        .get("last-event-id")
        .and_then(|last| last.to_str().ok()?.parse().ok());
    let start = last.unwrap_or_else(|| news.newest());
    let hello = Event::default()
        .retry(COME_BACK_AFTER)
        .comment("the calls, as they go");
    let pieces = stream::unfold((news, start), |(news, last)| async move {
        let piece = news.after(last).await;
        let number = piece.number;
        Some((Ok::<_, Infallible>(event(&piece)), (news, number)))
    });
    let greeted = stream::once(async move { Ok(hello) });
    Sse::new(futures_util::StreamExt::chain(greeted, pieces)).into_response()
}

fn event(piece: &Piece) -> Event {
    Event::default()
        .id(piece.number.to_string())
        .event(piece.kind)
        .data(&*piece.data)
}
