//! `PUT /calls/{id}/{gesture}`: what agents can do with their calls, done for them.

use super::{answer, complain, conversation_named};
use crate::call::gesture::Gesture;
use crate::call::{Order, Reply};
use crate::shell::orders::Desk;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// What a gesture says beside its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// The number to transfer to, as the agent would dial it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The extension of the agent who wants it; needed only where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

pub(super) async fn put(
    State(desk): State<Desk>,
    Path((name, word)): Path<(String, String)>,
    wish: Option<Json<Wish>>,
) -> Response {
    let Wish { to, agent } = wish.map(|Json(wish)| wish).unwrap_or_default();
    let Some(id) = conversation_named(&name) else {
        let sentence = format!("{name} does not name a call; calls are named like c17");
        return complain(StatusCode::NOT_FOUND, &sentence);
    };
    let gesture = match gesture(&word, to) {
        Ok(gesture) => gesture,
        Err(sentence) => return complain(StatusCode::BAD_REQUEST, &sentence),
    };
    match desk.order(Order::Gesture { id, agent, gesture }).await {
        Ok(Reply::NotFound) => complain(StatusCode::NOT_FOUND, &format!("there is no call {id} now")),
        Ok(Reply::Refused { status, why }) => {
            let status = match status {
                403 | 404 => StatusCode::from_u16(status).unwrap_or(StatusCode::CONFLICT),
                _ => StatusCode::CONFLICT,
            };
            complain(status, &why)
        }
        Ok(Reply::Call(call)) => Json(call).into_response(),
        reply => answer(reply),
    }
}

/// The gesture of this name.
pub fn gesture(word: &str, to: Option<String>) -> Result<Gesture, String> {
    let number = || {
        to.clone()
            .ok_or(format!("{word} needs a number: {{\"to\": \"1003\"}}"))
    };
    Ok(match word {
        "cold" => Gesture::Cold { to: number()? },
        "warm" => Gesture::Warm { to: number()? },
        "merge" => Gesture::Merge,
        "split" => Gesture::Split,
        "swap" => Gesture::Swap,
        "cancel" => Gesture::Cancel,
        "complete" => Gesture::Complete,
        "hold" => Gesture::Hold,
        "resume" => Gesture::Resume,
        "leave" => Gesture::Leave,
        "mute" => Gesture::Mute,
        "unmute" => Gesture::Unmute,
        "pause_recording" => Gesture::PauseRecording,
        "resume_recording" => Gesture::ResumeRecording,
        _ => {
            let known = "cold, warm, merge, split, swap, cancel, complete, hold, resume, leave, mute, unmute, \
                         pause_recording or resume_recording";
            return Err(format!(
                "{word} is nothing that can be done with a call; try {known}"
            ));
        }
    })
}
