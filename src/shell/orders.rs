//! Orders on their way to the switch, and their answers on the way back.

use crate::call::{Order, OrderId, Reply};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;

/// Orders that wait for the driver. When there are more, the next asker is told that we are busy.
const MAX_QUEUED_ORDERS: usize = 64;
/// Every order but the shutdown is answered within one step, so this long means that something is wrong.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// One order, and where its answer goes.
#[derive(Debug)]
pub struct Ask {
    /// What is wanted.
    pub order: Order,
    answer: oneshot::Sender<Reply>,
}

/// Gives orders to the driver.
#[derive(Clone, Debug)]
pub struct Desk(Sender<Ask>);

/// Why an order has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Too many orders wait.
    #[error("the switch is busy; try again in a moment")]
    Busy,
    /// The driver has gone.
    #[error("the switch is shutting down")]
    Leaving,
    /// The driver does not answer.
    #[error("the switch has not answered in time")]
    TooLate,
}

impl Desk {
    /// A desk, and the door through which its orders reach the driver.
    pub fn new() -> (Desk, Receiver<Ask>) {
        let (sender, receiver) = mpsc::channel(MAX_QUEUED_ORDERS);
        (Desk(sender), receiver)
    }

    /// Gives an order and waits for its answer.
    pub async fn order(&self, order: Order) -> Result<Reply, NoAnswer> {
        let (ask, answer) = Ask::new(order);
        self.0.try_send(ask).map_err(|error| match error {
            TrySendError::Full(_) => NoAnswer::Busy,
            TrySendError::Closed(_) => NoAnswer::Leaving,
        })?;
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(_dropped)) => Err(NoAnswer::Leaving),
            Err(_elapsed) => Err(NoAnswer::TooLate),
        }
    }
}

impl Ask {
    /// An order, and where to wait for its answer.
    pub fn new(order: Order) -> (Ask, oneshot::Receiver<Reply>) {
        let (answer, receiver) = oneshot::channel();
        (Ask { order, answer }, receiver)
    }
}

/// The askers whose answers are still to come.
#[derive(Debug, Default)]
pub struct Waiting {
    asked: u64,
    askers: BTreeMap<u64, oneshot::Sender<Reply>>,
}

impl Waiting {
    /// Notes down who asks. Askers that have stopped waiting are forgotten.
    pub fn enter(&mut self, ask: Ask) -> OrderId {
        self.askers.retain(|_, asker| !asker.is_closed());
        self.asked += 1;
        self.askers.insert(self.asked, ask.answer);
        OrderId(self.asked)
    }

    /// Gives the answer to the asker, if there is still one.
    pub fn answer(&mut self, order: OrderId, reply: Reply) {
        if let Some(asker) = self.askers.remove(&order.0) {
            let _heard = asker.send(reply);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_stopped_waiting_is_forgotten() {
        let mut waiting = Waiting::default();
        let (ask, answer) = Ask::new(Order::Status);
        waiting.enter(ask);
        drop(answer);
        let (ask, mut answer) = Ask::new(Order::Calls);
        let id = waiting.enter(ask);
        assert_eq!(waiting.askers.len(), 1);
        waiting.answer(id, Reply::Calls(Vec::new()));
        assert!(matches!(answer.try_recv(), Ok(Reply::Calls(calls)) if calls.is_empty()));
    }
}
