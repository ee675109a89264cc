//! `GET /recordings` and below: the list, one sheet, its drawing, and its audio, of which a part may be asked for
//! (Range, RFC 9110 §14).

use super::complain;
use crate::shell::recording_drawing::draw;
use crate::shell::recordings::{Found, NotShown, Recordings, Wanted};
use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tower_http::services::ServeFile;

/// Which of the files of a long recording, counted from 1.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    #[serde(default = "first")]
    part: usize,
}

fn first() -> usize {
    1
}

pub(super) async fn list(State(recordings): State<Recordings>, Query(wanted): Query<Wanted>) -> Response {
    match beside(move || recordings.list(&wanted)).await {
        Ok(entries) => Json(entries).into_response(),
        Err(refusal) => refusal,
    }
}

pub(super) async fn sheet(State(recordings): State<Recordings>, Path(id): Path<String>) -> Response {
    match beside(move || recordings.find(&id)).await {
        Ok(found) => Json(found.sheet).into_response(),
        Err(refusal) => refusal,
    }
}

pub(super) async fn drawing(State(recordings): State<Recordings>, Path(id): Path<String>) -> Response {
    match beside(move || recordings.find(&id).and_then(|found| draw(&found))).await {
        Ok(drawing) => drawing.into_response(),
        Err(refusal) => refusal,
    }
}

pub(super) async fn audio(
    State(recordings): State<Recordings>,
    Path(id): Path<String>,
    Query(Part { part }): Query<Part>,
    request: Request,
) -> Response {
    let found: Found = match beside(move || recordings.find(&id)).await {
        Ok(found) => found,
        Err(refusal) => return refusal,
    };
    let Some(file) = part
        .checked_sub(1)
        .and_then(|part| found.audio().into_iter().nth(part))
    else {
        return complain(StatusCode::NOT_FOUND, &format!("{} has no part {part}", found.id));
    };
    match ServeFile::new(file).try_call(request).await {
        Ok(response) => response.into_response(),
        Err(error) => complain(
            StatusCode::NOT_FOUND,
            &format!("the audio of {} is gone: {error}", found.id),
        ),
    }
}

/// The disk may be slow, and the thread of the switch waits for nobody.
async fn beside<T: Send + 'static>(
    look: impl FnOnce() -> Result<T, NotShown> + Send + 'static,
) -> Result<T, Response> {
    let looked = tokio::task::spawn_blocking(look).await;
    let refusal = match looked {
        Ok(Ok(found)) => return Ok(found),
        Ok(Err(not_shown)) => not_shown,
        Err(_) => {
            return Err(complain(
                StatusCode::SERVICE_UNAVAILABLE,
                "the switch is shutting down",
            ));
        }
    };
    let status = match refusal {
        NotShown::Moment(_) => StatusCode::BAD_REQUEST,
        NotShown::Unknown(_) => StatusCode::NOT_FOUND,
        NotShown::Unreadable { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Err(complain(status, &refusal.to_string()))
}
