//! The driver: waits until something happens, lets the switch take one step, and does what it wants.

use super::clock::Clock;
use super::dns::Resolver;
use super::log;
use super::media_thread::Media;
use super::news::News;
use super::orders::{Ask, Waiting};
use super::tape_thread::TapeThread;
use super::transports::Transports;
use crate::call::{Effect, Effects, Input, Order, Reply, Switch};
use crate::config::Config;
use crate::time::Time;
use crate::wiring::MediaEvent;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::{error, info, warn};

/// How long the last calls may take to end when we leave.
pub const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// Where everything comes in that the driver waits for. All of them are bounded; who fills them says
/// what happens when they are full.
#[derive(Debug)]
pub struct Doors {
    /// Messages of streams, closed flows and answers of lookups.
    pub arrivals: Receiver<Input>,
    /// News from the media threads.
    pub media: Receiver<MediaEvent>,
    /// Orders of the people who run the switch.
    pub orders: Receiver<Ask>,
    /// Signals of the operating system.
    pub signals: Receiver<Signal>,
}

/// What the operating system can want of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, SIGHUP or SIGQUIT: leave in good order.
    Terminate,
    /// Ctrl-C: the same, and at once if it comes again.
    Interrupt,
}

/// How we left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// Every call has ended.
    InGoodOrder,
    /// The calls took too long to end.
    TooLate,
    /// Somebody could not wait.
    AtOnce,
}

/// The switch, and the hands that do what it wants.
#[derive(Debug)]
pub struct Driver {
    clock: Clock,
    switch: Switch,
    effects: Effects,
    /// What doing the effects of one step has brought back at once.
    echoes: VecDeque<Input>,
    hands: Hands,
    waiting: Waiting,
}

/// Who does what the switch wants.
#[derive(Debug)]
pub struct Hands {
    /// Send.
    pub transports: Arc<Transports>,
    /// Look up.
    pub resolver: Resolver,
    /// Carry voices.
    pub media: Media,
    /// Keep recordings.
    pub tapes: TapeThread,
    /// Tell those who listen.
    pub news: News,
}

/// Whether we serve or leave.
#[derive(Debug)]
enum Phase {
    Serving,
    Leaving {
        ended: oneshot::Receiver<Reply>,
        latest: Instant,
    },
}

impl Driver {
    /// A driver with a fresh switch; `seed` is all the chance that the switch will ever have.
    pub fn new(config: Arc<Config>, seed: [u8; 32], clock: Clock, hands: Hands) -> Driver {
        let mut effects = Effects::new();
        let switch = Switch::new(config, seed, clock.now(), &mut effects);
        let mut driver = Driver {
            clock,
            switch,
            effects: Effects::new(),
            echoes: VecDeque::new(),
            hands,
            waiting: Waiting::default(),
        };
        driver.perform(effects);
        driver
    }

    /// Serves until a signal comes, then leaves in good order: no call and no recording is cut off
    /// unless it takes too long.
    pub async fn drive(mut self, mut doors: Doors) -> Farewell {
        let farewell = self.serve(&mut doors).await;
        match farewell {
            Farewell::InGoodOrder | Farewell::TooLate => self.hands.rest(&mut doors.signals, farewell).await,
            Farewell::AtOnce => farewell,
        }
    }

    async fn serve(&mut self, doors: &mut Doors) -> Farewell {
        let mut phase = Phase::Serving;
        let datagrams = Arc::clone(self.hands.transports.datagrams());
        loop {
            let deadline = self.switch.deadline();
            // No branch comes first: none of them can starve the others.
            tokio::select! {
                Some(input) = doors.arrivals.recv() => self.step(input),
                // What has come meanwhile is read before the next is served, or it would be lost whoever has sent it.
                packet = datagrams.next() => {
                    self.step(packet);
                    tokio::task::yield_now().await;
                }
                Some(event) = doors.media.recv() => self.step(Input::Media(event)),
                Some(ask) = doors.orders.recv() => self.ask(ask),
                Some(signal) = doors.signals.recv() => {
                    if let Some(farewell) = self.obey(signal, &mut phase) {
                        return farewell;
                    }
                }
                farewell = phase.over() => return farewell,
                () = until(self.clock, deadline) => self.step(Input::Deadline),
                () = std::future::ready(()), if !self.echoes.is_empty() => self.hear_echoes(),
            }
        }
    }

    fn step(&mut self, input: Input) {
        if let Input::Packet(flow, message) = &input {
            log::received(flow, message);
        }
        let mut effects = std::mem::take(&mut self.effects);
        self.switch.step(self.clock.now(), input, &mut effects);
        self.perform(effects);
    }

    /// Steps once for what the last steps brought back; what that brings back waits for the next turn,
    /// so that an echo of an echo cannot keep the others out.
    fn hear_echoes(&mut self) {
        for echo in std::mem::take(&mut self.echoes) {
            self.step(echo);
        }
    }

    fn perform(&mut self, mut effects: Effects) {
        for effect in effects.drain(..) {
            match effect {
                Effect::Transmit(flow, message) => {
                    log::sent(&flow, &message);
                    if !self.hands.transports.transmit(flow, message) {
                        self.echoes.push_back(Input::Closed(flow));
                    }
                }
                Effect::Wire(conversation, wiring) => {
                    let refused = self.hands.media.wire(conversation, wiring);
                    self.echoes.extend(refused.into_iter().map(Input::Media));
                    let call = self.switch.call(conversation);
                    self.hands.news.show(conversation, call.as_ref());
                }
                Effect::Press(conversation, leg, press) => self.hands.media.press(conversation, leg, press),
                Effect::LetPass(conversation, leg, press) => {
                    self.hands.media.let_pass(conversation, leg, press);
                }
                Effect::Recognise(flow) => self.hands.transports.recognise(flow),
                Effect::LookUp(query) => self.hands.resolver.begin(query),
                Effect::Keep(story) => self.hands.tapes.keep(story),
                Effect::Reply(order, reply) => self.waiting.answer(order, reply),
                Effect::Tell(event) => {
                    log::tell(&event);
                    self.hands.news.tell(&event);
                }
            }
        }
        // The empty list keeps its room for the next step.
        self.effects = effects;
    }

    fn ask(&mut self, ask: Ask) {
        let order = ask.order.clone();
        let id = self.waiting.enter(ask);
        self.step(Input::Order(id, order));
    }

    fn obey(&mut self, signal: Signal, phase: &mut Phase) -> Option<Farewell> {
        match (&*phase, signal) {
            (Phase::Serving, Signal::Terminate | Signal::Interrupt) => {
                info!("leaving: no new calls, and those that stand are ended");
                let (ask, ended) = Ask::new(Order::ShutDown);
                *phase = Phase::Leaving {
                    ended,
                    latest: Instant::now() + LEAVE_WITHIN,
                };
                self.ask(ask);
                None
            }
            (Phase::Leaving { .. }, Signal::Terminate) => None,
            (Phase::Leaving { .. }, Signal::Interrupt) => {
                warn!("leaving at once; calls may hang at the other end");
                Some(Farewell::AtOnce)
            }
        }
    }
}

impl Hands {
    /// Ends the media threads, then finishes the recordings, unless somebody cannot wait.
    async fn rest(self, signals: &mut Receiver<Signal>, farewell: Farewell) -> Farewell {
        let Hands { mut media, tapes, .. } = self;
        let (tell_done, done) = oneshot::channel();
        let finish = move || {
            media.stop();
            tapes.finish();
            let _told = tell_done.send(());
        };
        if let Err(error) = std::thread::Builder::new()
            .name("finish".to_owned())
            .spawn(finish)
        {
            error!("the recordings cannot be finished: {error}");
        }
        let interrupted = async {
            while let Some(signal) = signals.recv().await {
                if signal == Signal::Interrupt {
                    return;
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            _finished = done => farewell,
            () = interrupted => {
                warn!("leaving at once; the last second of a recording may be missing");
                Farewell::AtOnce
            }
        }
    }
}

impl Phase {
    /// Completes when there is nothing left to wait for; never while we serve.
    async fn over(&mut self) -> Farewell {
        match self {
            Phase::Serving => std::future::pending().await,
            Phase::Leaving { ended, latest } => match tokio::time::timeout_at(*latest, ended).await {
                Ok(_replied) => Farewell::InGoodOrder,
                Err(_elapsed) => {
                    let seconds = LEAVE_WITHIN.as_secs();
                    warn!("some calls have not ended within {seconds} s; leaving anyway");
                    Farewell::TooLate
                }
            },
        }
    }
}

async fn until(clock: Clock, deadline: Option<Time>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(clock.instant(deadline).into()).await,
        None => std::future::pending().await,
    }
}
