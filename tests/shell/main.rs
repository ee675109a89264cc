//! The doors of the switch on real sockets of the loopback: transports, control interface, command line.

#[cfg(test)]
mod api;
#[cfg(test)]
mod house;
#[cfg(test)]
mod tcp;
#[cfg(test)]
mod town;
#[cfg(test)]
mod udp;
