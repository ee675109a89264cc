//! The control interface: HTTP and JSON for the people who run the switch, and for their tools.
//!
//! | request               | answer                                              |
//! |-----------------------|-----------------------------------------------------|
//! | `GET /health`         | 200 if the switch steps; needs no token             |
//! | `GET /status`         | [`crate::call::view::StatusView`]                   |
//! | `GET /calls`          | a list of [`crate::call::view::CallView`]           |
//! | `GET /registrations`  | a list of [`crate::call::view::RegistrationView`]   |
//! | `GET /events`         | what happens, as it happens: sentences and calls (server-sent events) |
//! | `GET /trunks`         | a list of [`crate::call::view::TrunkView`]          |
//! | `POST /calls`         | calls somebody for an agent ([`dial::Wanted`]), whose phones ring first; answers with the call |
//! | `DELETE /calls/{id}`  | ends the conversation (`c17`)                       |
//! | `PUT /calls/{id}/{gesture}` | does what an agent could do ([`gestures::Wish`]): `cold`, `warm`, `merge`, `split`, `swap`, `cancel`, `complete`, `hold`, `resume`, `leave`, `mute`, `unmute`, `pause_recording`, `resume_recording`; answers with the call as it stands then |
//! | `GET /recordings`     | a list of [`super::recordings::Entry`], filtered by [`super::recordings::Wanted`] |
//! | `GET /recordings/{id}` | its sheet; `/drawing` draws it, `/audio` is the WAV, also a part of it (Range) |
//!
//! What goes wrong is answered as [`Complaint`]: a status and a sentence. Nothing changes anything by GET, or by POST
//! without saying that it brings JSON, so that no web page that a browser on this machine shows can make or end a
//! call.

pub mod dial;
mod events;
pub mod gestures;
mod guard;
mod reception;
mod recordings;

use super::news::News;
use super::orders::{Desk, NoAnswer};
use super::recordings::Recordings;
use crate::call::{Order, Reply};
use crate::config::valid::Api;
use crate::id::ConversationId;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, put};
use axum::{Json, Router, middleware};
use guard::Guard;
use reception::Reception;
use serde::{Deserialize, Serialize};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tracing::error;

/// No request needs a body.
const MAX_BODY_BYTES: usize = 1024;

/// What went wrong, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// The sentence.
    pub error: String,
}

/// It is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Always true.
    pub done: bool,
}

/// Serves the control interface on this listener as long as the runtime lives; says where.
pub fn serve(
    listener: TcpListener,
    config: &Api,
    desk: Desk,
    news: News,
    recordings: Recordings,
) -> io::Result<SocketAddr> {
    let bound = listener.local_addr()?;
    let guard = Arc::new(Guard::new(config.token.as_ref()));
    let app = router(desk, news, recordings, guard);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(Reception::new(listener), app).await {
            error!("the control interface has ended: {error}");
        }
    });
    Ok(bound)
}

fn router(desk: Desk, news: News, recordings: Recordings, guard: Arc<Guard>) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/calls", get(calls).post(dial::post))
        .route("/calls/{id}", delete(hang_up))
        .route("/calls/{id}/{gesture}", put(gestures::put))
        .route("/registrations", get(registrations))
        .route("/trunks", get(trunks))
        .merge(
            Router::new()
                .route("/events", get(events::listen))
                .with_state(news),
        )
        .merge(
            Router::new()
                .route("/recordings", get(recordings::list))
                .route("/recordings/{id}", get(recordings::sheet))
                .route("/recordings/{id}/drawing", get(recordings::drawing))
                .route("/recordings/{id}/audio", get(recordings::audio))
                .with_state(recordings),
        )
        .route_layer(middleware::from_fn_with_state(guard, guard::admit))
        .route("/health", get(health))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_that_way)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(desk)
}

async fn health(State(desk): State<Desk>) -> Response {
    match desk.order(Order::Status).await {
        Ok(_lives) => Json(Done { done: true }).into_response(),
        Err(why) => unavailable(why),
    }
}

async fn status(State(desk): State<Desk>) -> Response {
    answer(desk.order(Order::Status).await)
}

async fn calls(State(desk): State<Desk>) -> Response {
    answer(desk.order(Order::Calls).await)
}

async fn registrations(State(desk): State<Desk>) -> Response {
    answer(desk.order(Order::Registrations).await)
}

async fn trunks(State(desk): State<Desk>) -> Response {
    answer(desk.order(Order::Trunks).await)
}

async fn hang_up(State(desk): State<Desk>, Path(name): Path<String>) -> Response {
    let Some(id) = conversation_named(&name) else {
        let sentence = format!("{name} does not name a call; calls are named like c17");
        return complain(StatusCode::NOT_FOUND, &sentence);
    };
    match desk.order(Order::HangUp(id)).await {
        Ok(Reply::NotFound) => complain(StatusCode::NOT_FOUND, &format!("there is no call {id} now")),
        reply => answer(reply),
    }
}

async fn nothing_here() -> Response {
    let sentence = "there is nothing here; try /status, /calls, /events, /registrations, /trunks, /recordings or \
                    /health";
    complain(StatusCode::NOT_FOUND, sentence)
}

async fn not_that_way() -> Response {
    let sentence = "that cannot be done here: read with GET, make a call with POST /calls, end it with DELETE \
                    /calls/{id}, change it with PUT";
    complain(StatusCode::METHOD_NOT_ALLOWED, sentence)
}

fn answer(reply: Result<Reply, NoAnswer>) -> Response {
    match reply {
        Ok(Reply::Status(view)) => Json(view).into_response(),
        Ok(Reply::Calls(views)) => Json(views).into_response(),
        Ok(Reply::Registrations(views)) => Json(views).into_response(),
        Ok(Reply::Trunks(views)) => Json(views).into_response(),
        Ok(Reply::Call(view)) => Json(view).into_response(),
        Ok(Reply::Refused { status, why }) => complain(refused(status), &why),
        Ok(Reply::Done) => Json(Done { done: true }).into_response(),
        Ok(Reply::NotFound) => complain(StatusCode::NOT_FOUND, "there is nothing of that name"),
        Err(why) => unavailable(why),
    }
}

/// What kind of refusal it is.
fn refused(status: u16) -> StatusCode {
    match status {
        403 => StatusCode::FORBIDDEN,
        404 => StatusCode::NOT_FOUND,
        503 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    }
}

fn unavailable(why: NoAnswer) -> Response {
    complain(StatusCode::SERVICE_UNAVAILABLE, &why.to_string())
}

fn complain(status: StatusCode, sentence: &str) -> Response {
    let error = sentence.to_owned();
    (status, Json(Complaint { error })).into_response()
}

/// `c17`, or only `17`.
pub fn conversation_named(name: &str) -> Option<ConversationId> {
    let digits = name.strip_prefix('c').unwrap_or(name);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().map(ConversationId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_named_with_or_without_their_letter() {
        assert_eq!(conversation_named("c17"), Some(ConversationId(17)));
        assert_eq!(conversation_named("17"), Some(ConversationId(17)));
        for nonsense in ["", "c", "l17", "c+17", "cc17", "99999999999999999999"] {
            assert_eq!(conversation_named(nonsense), None, "{nonsense}");
        }
    }
}
