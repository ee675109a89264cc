//! The doors of the switch on real sockets of the loopback: transports, control interface, command line.

#![allow(
    clippy::disallowed_methods,
    reason = "what happens on sockets happens in real time"
)]

#[cfg(test)]
mod api;
#[cfg(test)]
mod house;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod tcp;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod town;
#[cfg(test)]
mod udp;
