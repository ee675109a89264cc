//! The doors of the switch on real sockets of the loopback: transports, control interface, command line.

mod api;
mod tcp;
mod town;
mod udp;
