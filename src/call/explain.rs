//! What would become of a call, step by step, by the configuration alone: the same functions decide here and in a call,
//! and nothing is sent.

use super::caller_id::{CallerId, Decision, MayNotBeShown, Means, Wish, decide};
use super::identity::Identity;
use super::presentation::present;
use super::route::{Caller, Destination, outgoing_rule, route};
use crate::config::Config;
use crate::config::nearest;
use crate::config::valid::{ListenTransport, Trunk};
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
        match route(config, &caller, &number).ok_or_else(|| nowhere(&number))? {
            Destination::Extensions { dialled, ring } => self.inside(config, from, &dialled, &ring),
            Destination::Outside { trunks, number: sent } => {
                let trunks: Vec<String> = trunks.into_iter().flatten().map(|(name, _)| name).collect();
                self.rule(config, &number, &sent);
                self.outside(config, from, &wish, &trunks, &sent)?;
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

    fn rule(&mut self, config: &Config, number: &str, sent: &str) {
        if let Some(rule) = outgoing_rule(config, number) {
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
        }
    }

    fn outside(
        &mut self,
        config: &Config,
        from: &str,
        wish: &Wish,
        trunks: &[String],
        number: &str,
    ) -> Result<(), End> {
        let known = |name: &String| Some((name.clone(), config.trunks.get(name)?));
        let trunks: Vec<(String, &Trunk)> = trunks.iter().filter_map(known).collect();
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
        let decision = decide(config, from, wish).map_err(|why| self.refused(config, wish, why))?;
        self.caller_id(config, &decision);
        for (name, trunk) in trunks {
            let told = told(config, (&name, trunk), &decision.caller_id, number);
            let told = told.map_err(|why| self.refused(config, wish, why))?;
            self.told.push(told);
        }
        Ok(())
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

fn nowhere(number: &str) -> End {
    End {
        what: format!("no rule takes {number:?}, and no extension has it"),
        right: "add an [[outgoing]] whose `match` fits it".to_owned(),
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
