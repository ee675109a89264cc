//! Calls for help: what they are, over which trunks they go, and from where they come.

use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Calls for help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emergency {
    /// The numbers, as one dials them; none if there is no trunk. The first stands for all where none is named.
    pub numbers: Vec<String>,
    /// What people dial before a number to get a line to the outside, and so before these, too.
    pub prefixes: Vec<String>,
    /// Over which trunks they go, the first choice first.
    pub trunks: Vec<String>,
    /// Where those are who are at no other site.
    pub house: Site,
    /// The sites, by name.
    pub sites: BTreeMap<String, Site>,
    /// The extension or group that is told of each such call; none if nobody is.
    pub desk: Option<String>,
    /// Whether another call is ended where the channels of all trunks are taken.
    pub preempt: bool,
}

/// Where somebody calls for help from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The number that is shown, by which the service finds the place: one of ours. None for that of the house.
    pub number: Option<String>,
    /// The place in words, for those who run the switch and the desk; empty if nobody has said.
    pub address: String,
    /// The extensions there, wherever their phones seem to be.
    pub extensions: BTreeSet<String>,
    /// The networks there.
    pub networks: Vec<IpNet>,
}

impl Emergency {
    /// Where a phone of this extension is: where the extension is said to be, or else its network, of which the narrowest
    /// counts.
    pub fn site_of(&self, extension: &str, phone: Option<IpAddr>) -> &Site {
        let named = self
            .sites
            .values()
            .find(|site| site.extensions.contains(extension));
        let breadth = |site: &Site| {
            let networks = site.networks.iter();
            let here =
                networks.filter(|network| phone.is_some_and(|phone| network.contains(&phone.to_canonical())));
            here.map(IpNet::prefix_len).max()
        };
        let near = self
            .sites
            .values()
            .filter_map(|site| Some((breadth(site)?, site)));
        let near = near.max_by_key(|(breadth, _)| *breadth).map(|(_, site)| site);
        named.or(near).unwrap_or(&self.house)
    }
}
