//! Class of service: where each extension may call outside, and how much.

use super::house::size;
use super::{list, missing, named};
use crate::config::advice::nearest;
use crate::config::raw;
use crate::config::report::Problems;
use crate::config::shape::Given;
use crate::config::valid::{Allowed, ClassOfService, Kind, Rule};
use crate::config::words::Whole;
use std::collections::BTreeMap;

/// The house's class of service and those with a name.
pub(super) struct Classes {
    house: ClassOfService,
    named: BTreeMap<String, ClassOfService>,
    /// The class of each extension that is in a group with one.
    of_members: BTreeMap<String, String>,
}

impl Classes {
    /// All classes. A class says what differs from the house's.
    pub(super) fn of(file: &raw::File, problems: &mut Problems<'_>) -> Option<Classes> {
        let outside = &file.outside.as_ref()?.value;
        let rules = rule_names(file, problems);
        // What is wrong has been told by then, and the rest is judged all the same.
        let judged = || Rule {
            value: 1,
            key: String::new(),
        };
        let house = ClassOfService {
            allow: allowed(outside.allow.as_ref()?, "outside", &rules, problems),
            max_calls: limit(&outside.max_calls, "outside.max_calls").unwrap_or_else(judged),
            max_calls_per_hour: limit(&outside.max_calls_per_hour, "outside.max_calls_per_hour")
                .unwrap_or_else(judged),
            alarm_calls_per_hour: limit(&outside.alarm_calls_per_hour, "outside.alarm_calls_per_hour")
                .unwrap_or_else(judged),
        };
        let classes = named(&file.class).iter().map(|(name, class)| {
            let key = |key: &str| format!("class.{}.{key}", name.value);
            let allow = class
                .allow
                .as_ref()
                .map(|allow| allowed(allow, &format!("class.{}", name.value), &rules, problems));
            let class = ClassOfService {
                allow: allow.unwrap_or_else(|| house.allow.clone()),
                max_calls: limit(&class.max_calls, &key("max_calls"))
                    .unwrap_or_else(|| house.max_calls.clone()),
                max_calls_per_hour: limit(&class.max_calls_per_hour, &key("max_calls_per_hour"))
                    .unwrap_or_else(|| house.max_calls_per_hour.clone()),
                alarm_calls_per_hour: limit(&class.alarm_calls_per_hour, &key("alarm_calls_per_hour"))
                    .unwrap_or_else(|| house.alarm_calls_per_hour.clone()),
            };
            (name.value.clone(), class)
        });
        let classes: BTreeMap<String, ClassOfService> = classes.collect();
        let of_members = members(file, &classes, problems);
        Some(Classes {
            house,
            named: classes,
            of_members,
        })
    }

    /// The class of an extension: its own, or that of its group, or the house's.
    pub(super) fn of_extension(
        &self,
        number: &str,
        own: Option<&Given<String>>,
        problems: &mut Problems<'_>,
    ) -> ClassOfService {
        if let Some(own) = own {
            judge_class(own, &self.named, problems);
        }
        let of_group = || self.of_members.get(number);
        let name = own.map(|own| &own.value).or_else(of_group);
        let class = name.and_then(|name| self.named.get(name));
        class.unwrap_or(&self.house).clone()
    }
}

/// Which class the members of groups have who name none themselves.
fn members(
    file: &raw::File,
    classes: &BTreeMap<String, ClassOfService>,
    problems: &mut Problems<'_>,
) -> BTreeMap<String, String> {
    let mut of_members: BTreeMap<String, &Given<String>> = BTreeMap::new();
    let has_own = |member: &str| {
        let own = named(&file.extension)
            .iter()
            .find(|(number, _)| number.value == member);
        own.is_some_and(|(_, extension)| extension.class.is_some())
    };
    for (_, group) in named(&file.group) {
        let Some(class) = group.class.as_ref() else {
            continue;
        };
        judge_class(class, classes, problems);
        for member in group.ring.iter().flat_map(|ring| &ring.value) {
            let earlier = of_members.insert(member.value.clone(), class);
            if let Some(earlier) = earlier.filter(|earlier| earlier.value != class.value)
                && !has_own(&member.value)
            {
                let what = format!("{} is of two classes by its groups", member.value);
                let right = format!("add class = \"…\" to [extension.{}]", member.value);
                problems.error(&class.at, what, right);
                problems.also(&earlier.at, "the other one");
            }
        }
    }
    of_members
        .into_iter()
        .map(|(member, class)| (member, class.value.clone()))
        .collect()
}

fn judge_class(
    class: &Given<String>,
    classes: &BTreeMap<String, ClassOfService>,
    problems: &mut Problems<'_>,
) {
    if !classes.contains_key(&class.value) {
        let known: Vec<&str> = classes.keys().map(String::as_str).collect();
        let (what, right) = missing(&class.value, "class", "class", &known);
        problems.error(&class.at, what, right);
    }
}

/// The names of the rules for calls to the outside; none may be that of a kind, or be there twice.
fn rule_names<'f>(file: &'f raw::File, problems: &mut Problems<'_>) -> Vec<&'f str> {
    let mut known: Vec<&'f Given<String>> = Vec::new();
    for rule in list(&file.outgoing) {
        let Some(name) = &rule.value.name else { continue };
        if kind(&name.value).is_some() {
            let what = format!("\"{}\" is a kind of numbers", name.value);
            problems.error(&name.at, what, "give the rule another name");
        }
        if let Some(earlier) = known.iter().find(|known| known.value == name.value) {
            problems.error(
                &name.at,
                format!("two rules are called \"{}\"", name.value),
                "give one of them another name",
            );
            problems.also(&earlier.at, "the other one");
        }
        known.push(name);
    }
    known.into_iter().map(|name| &*name.value).collect()
}

fn allowed(
    given: &Given<Vec<Given<String>>>,
    table: &str,
    rules: &[&str],
    problems: &mut Problems<'_>,
) -> Rule<Allowed> {
    let mut value = Allowed::default();
    for word in &given.value {
        match kind(&word.value) {
            Some(kind) => drop(value.kinds.insert(kind)),
            None if rules.contains(&&*word.value) => drop(value.rules.insert(word.value.clone())),
            None => {
                let kinds = Kind::ALL.map(Kind::name);
                let right = match nearest(&word.value, kinds.into_iter().chain(rules.iter().copied())) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("write {}, or the `name` of an [[outgoing]]", kinds.join(", ")),
                };
                let what = format!("\"{}\" is no kind of numbers, and no rule", word.value);
                problems.error(&word.at, what, right);
            }
        }
    }
    Rule {
        value,
        key: format!("{table}.allow"),
    }
}

fn kind(word: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.name() == word)
}

fn limit<const MIN: u64, const MAX: u64>(
    given: &Option<Given<Whole<MIN, MAX>>>,
    key: &str,
) -> Option<Rule<usize>> {
    Some(Rule {
        value: size(given.as_ref()?.value.0),
        key: key.to_owned(),
    })
}
