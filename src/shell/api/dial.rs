//! `POST /calls`: a call that is made for an agent.

use super::answer;
use crate::call::Order;
use crate::call::click_to_dial::Dial;
use crate::shell::orders::Desk;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

/// The call that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The extension of the agent, whose phones ring first.
    pub from: String,
    /// The number, as the agent would dial it.
    pub to: String,
    /// The number to show, or its alias; the agent's own without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<String>,
}

pub(super) async fn post(State(desk): State<Desk>, Json(wanted): Json<Wanted>) -> Response {
    let Wanted { from, to, caller_id } = wanted;
    answer(desk.order(Order::Dial(Dial { from, to, caller_id })).await)
}
