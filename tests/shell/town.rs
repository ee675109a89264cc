//! What every story here needs: a configuration, a machine that listens, and an end to all waiting.

use bytes::Bytes;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tandem::call::Input;
use tandem::config::{self, Config};
use tandem::shell::surroundings::Surroundings;
use tandem::shell::transports::Transports;
use tandem::sip::{Flow, Transport};
use tokio::sync::mpsc::{self, Receiver};

/// Two extensions and a listener for each transport and family; ports as they come.
const CONFIGURATION: &str = r#"
    listen = [
        { transport = "udp", address = "127.0.0.1:5060" },
        { transport = "tcp", address = "127.0.0.1:5060" },
    ]
    switch = { domain = "house.example" }
    extension = { 1001 = { name = "Anna", password = "a secret for Anna" } }
"#;

/// A small configuration, to be changed by the story.
pub(crate) fn configuration() -> Config {
    let mut config = config::read("town.toml", CONFIGURATION, &Surroundings)
        .map_err(|report| panic!("{report}"))
        .unwrap()
        .config;
    for listener in &mut config.listeners {
        // No file may ask for any port, but tests that run side by side must.
        listener.address.set_port(0);
    }
    config
}

/// Open transports, and what arrives through them.
pub(crate) struct Town {
    pub(crate) transports: Arc<Transports>,
    pub(crate) arrivals: Receiver<Input>,
}

impl Town {
    pub(crate) fn open(config: &Config) -> Town {
        let (sender, arrivals) = mpsc::channel(64);
        let (transports, failed) = Transports::open(config, &sender);
        assert!(failed.is_empty(), "{failed:?}");
        Town {
            transports: Arc::new(transports),
            arrivals,
        }
    }

    /// Where this transport listens.
    pub(crate) fn address(&self, transport: Transport) -> SocketAddr {
        let mut listeners = self.transports.listeners();
        listeners.find(|(speaks, _)| *speaks == transport).unwrap().1
    }

    /// The next message that arrives.
    pub(crate) async fn packet(&mut self) -> (Flow, Bytes) {
        match self.input().await {
            Input::Packet(flow, message) => (flow, message),
            other => panic!("a message was expected, not {other:?}"),
        }
    }

    async fn input(&mut self) -> Input {
        soon(async {
            tokio::select! {
                Some(input) = self.arrivals.recv() => input,
                input = self.transports.datagrams().next() => input,
            }
        })
        .await
    }

    /// The next flow that closes.
    pub(crate) async fn closed(&mut self) -> Flow {
        match self.input().await {
            Input::Closed(flow) => flow,
            other => panic!("the end of a flow was expected, not {other:?}"),
        }
    }
}

/// What must happen soon; nothing here waits for ever.
pub(crate) async fn soon<T>(happening: impl Future<Output = T>) -> T {
    let patience = Duration::from_secs(10);
    tokio::time::timeout(patience, happening)
        .await
        .expect("it should have happened by now")
}

/// A message that can be told from others.
pub(crate) fn options(number: usize) -> String {
    format!(
        "OPTIONS sip:house.example SIP/2.0\r\n\
         Via: SIP/2.0/TCP 127.0.0.1;rport;branch=z9hG4bK{number}\r\n\
         From: <sip:1001@house.example>;tag=1\r\nTo: <sip:house.example>\r\n\
         Call-ID: {number}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}
