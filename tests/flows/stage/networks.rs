//! What stands between a party and the switch, and changes what it says or where it comes from.

use super::agent::Agent;
use super::said::Said;
use super::world::World;
use bytes::Bytes;
use tandem::call::Input;
use tandem::sip::Flow;

impl World {
    /// The party behind this flow.
    pub(super) fn at(&self, flow: Flow) -> Option<usize> {
        self.agents
            .iter()
            .position(|agent| agent.flow.remote == flow.remote && agent.flow.transport == flow.transport)
    }

    /// What a party that sends from another port than it listens on says comes from there, and asks for no rport.
    pub(super) fn as_seen(&self, input: Input) -> Input {
        let Input::Packet(mut flow, bytes) = input else {
            return input;
        };
        let port = self.at(flow).and_then(|index| self.agents[index].sends_from);
        let Some(port) = port else {
            return Input::Packet(flow, bytes);
        };
        flow.remote.set_port(port);
        let text = String::from_utf8_lossy(&bytes).replacen(";rport", "", 1);
        Input::Packet(flow, Bytes::from(text))
    }
}

impl Agent {
    /// With what its network puts beside its session descriptions.
    pub(super) fn as_sent(&self, said: Said) -> Said {
        match &self.puts_beside {
            Some(part) => said.beside(part),
            None => said,
        }
    }
}
