//! What would become of a call, step by step, by the configuration alone: the same functions decide here and in a call,
//! and nothing is sent.

use super::caller_id::{CallerId, Decision, MayNotBeShown, Means, Wish, decide};
use super::class_of_service::{Forbidden, Permit, may_go};
use super::identity::Identity;
use super::presentation::present;
use super::route::{Caller, Destination, NoRoute, outgoing, route};
use crate::config::Config;
use crate::config::nearest;
use crate::config::valid::{Kind, ListenTransport, Outgoing, Trunk};
use crate::number;
use crate::sip::Uri;
use std::fmt;

/// What stands for our address where we listen on all of them.
const OUR_ADDRESS: &str = "our-address";

/// A call that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The extension that calls.
    pub from: String,
    /// What it dials.
    pub to: String,
    /// The number that it chooses to show, or its alias, if it does so by other means than a prefix.
    pub caller_id: Option<String>,
}

/// What would happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Each step: what it decides, and how.
    pub steps: Vec<(&'static str, String)>,
    /// What each trunk would be told, in the order in which they are tried.
    pub told: Vec<Told>,
    /// Why nothing comes of it, if nothing does.
    pub end: Option<End>,
}

/// What a trunk would be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The trunk.
    pub trunk: String,
    /// The first line of the INVITE, and the fields about who calls.
    pub lines: Vec<String>,
}

/// Why nothing comes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub right: String,
}

/// Explains it.
pub fn explain(config: &Config, question: &Question) -> Explanation {
    let mut explanation = Explanation::default();
    if let Err(end) = explanation.follow(config, question) {
        explanation.end = Some(end);
    }
    explanation
}

impl Explanation {
    fn follow(&mut self, config: &Config, question: &Question) -> Result<(), End> {
        let from = &question.from;
        if !config.extensions.contains_key(from) {
            return Err(no_extension(config, from));
        }
        let (wish, number) = Wish::dialled(config, &question.to);
        self.prefix(config, &wish, &question.to, &number);
        let wish = match &question.caller_id {
            Some(name) => Wish {
                number: Wish::of(name, Means::Order).number,
                ..wish
            },
            None => wish,
        };
        let caller = Caller::Extension(from.clone());
        let found = route(config, &caller, &number);
        match &found {
            Ok(destination) if destination.is_for_help() => {}
            Ok(Destination::Outside { .. }) | Err(NoRoute::Forbidden(_)) => self.rule(config, from, &number),
            Ok(Destination::Extensions { .. }) | Err(NoRoute::Nobody(_)) => {}
        }
        match found.map_err(End::from)? {
            Destination::Extensions { dialled, ring } => self.inside(config, from, &dialled, &ring),
            Destination::Outside {
                trunks,
                number: sent,
                account,
            } => {
                let names: Vec<String> = trunks.into_iter().flatten().map(|(name, _)| name).collect();
                let shown = account.shows(config, None);
                if account.is_for_help() {
                    self.for_help(config, from, &sent);
                }
                let trunks = self.trunks(config, &names);
                let decision = match shown {
                    Some(caller_id) => Ok(of_the_site(caller_id)),
                    None => decide(config, from, &wish),
                };
                self.outside(config, &wish, &trunks, &sent, decision)?;
            }
        }
        Ok(())
    }

    fn prefix(&mut self, config: &Config, wish: &Wish, dialled: &str, number: &str) {
        let chosen = match wish {
            Wish { withheld: true, .. } => "to show no number".to_owned(),
            Wish {
                number: Some(named), ..
            } => {
                let known = config.caller_id.numbers.get(&named.name);
                let alias = known.and_then(|known| known.alias.clone());
                format!("to show {}", alias.unwrap_or_else(|| named.name.clone()))
            }
            Wish { number: None, .. } => return,
        };
        let keys = dialled.strip_suffix(number).unwrap_or(dialled);
        self.steps
            .push(("prefix", format!("{keys} before {number} asks {chosen}")));
    }

    fn inside(&mut self, config: &Config, from: &str, dialled: &str, ring: &[String]) {
        let rule = match config.groups.contains_key(dialled) {
            true => format!("[group.{dialled}]: the phones of {}", ring.join(", ")),
            false => format!("[extension.{dialled}]: its phones"),
        };
        let of = Identity::of_extension(config, from);
        self.steps
            .push(("rule", format!("{rule} ring, and nobody outside is told")));
        self.steps.push((
            "caller ID",
            format!("\"{}\" {}, as colleagues see each other", of.name, of.number),
        ));
    }

    fn rule(&mut self, config: &Config, from: &str, dialled: &str) {
        let number = number::dialled(dialled).unwrap_or_default();
        if let Some((rule, sent)) = outgoing(config, &number) {
            let pattern = &rule.pattern;
            let text = format!("[[outgoing]] match = \"{pattern}\" is the first that takes {number}");
            self.steps.push(("rule", text));
            let change = match (rule.strip, rule.prefix.as_str()) {
                (0, "") => "as it was dialled".to_owned(),
                (strip, "") => format!("strip = {strip}"),
                (0, prefix) => format!("prefix = \"{prefix}\""),
                (strip, prefix) => format!("strip = {strip}, then prefix = \"{prefix}\""),
            };
            self.steps.push(("number", format!("{sent} ({change})")));
            self.class(config, from, rule, (dialled, &sent));
        }
    }

    /// What the class of service of the caller says to it.
    fn class(&mut self, config: &Config, from: &str, rule: &Outgoing, numbers: (&str, &str)) {
        let Some(class) = config.extensions.get(from).map(|known| &known.class) else {
            return;
        };
        let text = match may_go(config, from, rule, numbers) {
            Err(Forbidden { why, key }) => format!("refused with 403: {why} ({key})"),
            Ok(Permit { kinds, key }) => {
                let what = match (&*kinds, &rule.name) {
                    ([], Some(name)) => format!("what the rule \"{name}\" takes"),
                    (kinds, _) => kinds.iter().map(Kind::to_string).collect::<Vec<_>>().join(", "),
                };
                let (most, an_hour) = (class.max_calls.value, class.max_calls_per_hour.value);
                format!("{from} may call {what} ({key}), {most} at once and {an_hour} an hour")
            }
        };
        self.steps.push(("class", text));
    }

    /// Where the call is tried.
    fn trunks<'c>(&mut self, config: &'c Config, names: &'c [String]) -> Vec<(&'c str, &'c Trunk)> {
        let known = names
            .iter()
            .filter_map(|name| Some((name.as_str(), config.trunks.get(name)?)));
        let trunks: Vec<(&str, &Trunk)> = known.collect();
        let places = trunks.iter().map(|(name, trunk)| {
            let transport = format!("{:?}", trunk.transport).to_uppercase();
            format!(
                "{name}, at {}:{} over {transport}",
                trunk.host,
                trunk.port_or_usual()
            )
        });
        self.steps
            .push(("trunk", places.collect::<Vec<_>>().join("; then ")));
        trunks
    }

    fn outside(
        &mut self,
        config: &Config,
        wish: &Wish,
        trunks: &[(&str, &Trunk)],
        number: &str,
        decision: Result<Decision, MayNotBeShown>,
    ) -> Result<(), End> {
        let decision = decision.map_err(|why| self.refused(config, wish, why))?;
        self.caller_id(config, &decision);
        for trunk in trunks {
            let told = told(config, *trunk, &decision.caller_id, number);
            let told = told.map_err(|why| self.refused(config, wish, why))?;
            self.told.push(told);
        }
        Ok(())
    }

    /// What holds for a call for help.
    fn for_help(&mut self, config: &Config, from: &str, number: &str) {
        let site = config.emergency.site_of(from, None);
        let at = match site.address.as_str() {
            "" => String::new(),
            address => format!("; {from} is at {address}, unless the network of the phone says otherwise"),
        };
        self.steps
            .push(("emergency", format!("{number} is dialled for help{at}")));
        self.steps.push((
            "class",
            "it is never refused, and each trunk is tried in turn".to_owned(),
        ));
    }

    fn caller_id(
        &mut self,
        config: &Config,
        Decision {
            caller_id,
            why,
            instead,
        }: &Decision,
    ) {
        let shown = caller_id.in_words(config);
        let text = match instead {
            None => format!("{shown}, because {why}"),
            Some(refused) => format!("{shown}, because {why}, and {refused}"),
        };
        self.steps.push(("caller ID", text));
    }

    fn refused(&mut self, config: &Config, wish: &Wish, refused: MayNotBeShown) -> End {
        let what = refused.to_string();
        let text = "refused with 403; with numbers.refused_choice = \"default\" it would be replaced";
        self.steps.push(("caller ID", text.to_owned()));
        let named = wish.number.as_ref().map_or("", |named| named.name.as_str());
        let aliases = config
            .caller_id
            .numbers
            .values()
            .filter_map(|known| known.alias.as_deref());
        End {
            what,
            right: match (refused.key, nearest(named, aliases)) {
                (Some(key), _) => format!("see {key} in the configuration"),
                (None, Some(near)) => format!("did you mean \"{near}\"?"),
                (None, None) => {
                    "name a number of [numbers], of an [[incoming]] or of a [number.\"…\"]".to_owned()
                }
            },
        }
    }
}

fn of_the_site(caller_id: CallerId) -> Decision {
    Decision {
        caller_id,
        why: "it is the number of that site, and never withheld".to_owned(),
        instead: None,
    }
}

fn told(
    config: &Config,
    (name, trunk): (&str, &Trunk),
    caller_id: &CallerId,
    number: &str,
) -> Result<Told, MayNotBeShown> {
    let ours = our_address(config, trunk);
    let said = present(config, (name, trunk), caller_id, (number, &ours))?;
    let usual = match trunk.transport {
        ListenTransport::Udp | ListenTransport::Tcp => 5060,
        ListenTransport::Tls => 5061,
    };
    let port = trunk.port.filter(|port| *port != usual);
    let uri = Uri::sip(Some(number), &trunk.host, port);
    let first = [
        format!("INVITE {uri} SIP/2.0"),
        format!("From: {}", said.from),
        format!("To: <{uri}>"),
    ];
    let fields = said
        .fields
        .iter()
        .map(|(name, value)| format!("{}: {value}", name.as_str()));
    Ok(Told {
        trunk: name.to_owned(),
        lines: first.into_iter().chain(fields).collect(),
    })
}

/// Where this trunk sees us, as far as the configuration says.
fn our_address(config: &Config, trunk: &Trunk) -> String {
    let fits = |transport| transport == trunk.transport;
    let listener = config.listeners.iter().find(|listener| fits(listener.transport));
    let address = listener.map(|listener| listener.advertise.unwrap_or(listener.address.ip()));
    match address {
        Some(ip) if !ip.is_unspecified() => ip.to_string(),
        Some(_) | None => OUR_ADDRESS.to_owned(),
    }
}

fn no_extension(config: &Config, from: &str) -> End {
    let known = config.extensions.keys().map(String::as_str);
    End {
        what: format!("there is no extension \"{from}\""),
        right: match nearest(from, known.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("name one of {}", known.collect::<Vec<_>>().join(", ")),
        },
    }
}

impl From<NoRoute> for End {
    fn from(why: NoRoute) -> End {
        match why {
            NoRoute::Nobody(number) => End {
                what: format!("no rule takes {number:?}, and no extension has it"),
                right: "add an [[outgoing]] whose `match` fits it".to_owned(),
            },
            NoRoute::Forbidden(forbidden) => End {
                what: forbidden.to_string(),
                right: format!("see {} in the configuration", forbidden.key),
            },
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, text) in &self.steps {
            writeln!(f, "{name:<10} {text}")?;
        }
        for told in &self.told {
            writeln!(f, "\n{} is told:\n", told.trunk)?;
            told.lines.iter().try_for_each(|line| writeln!(f, "    {line}"))?;
        }
        if let Some(End { what, right }) = &self.end {
            let gap = if self.steps.is_empty() { "" } else { "\n" };
            writeln!(f, "{gap}Error: {what}\n       {right}")?;
        }
        Ok(())
    }
}
