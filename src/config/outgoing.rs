//! Rules for calls to the outside.

/// One rule for calls to the outside.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What a class of service calls it; none if it has no name.
    pub name: Option<String>,
    /// Digits and `+` stand for themselves, `X` for any digit, a final `*` for any rest.
    pub pattern: String,
    /// Which trunks take it: the first group that can, and in a group one by chance.
    pub trunks: Vec<Group>,
    /// How many characters fall away at the front.
    pub strip: usize,
    /// What is put in front of the rest.
    pub prefix: String,
}

/// Trunks of equal rank with their weights: the share of the calls that each gets.
pub type Group = Vec<(String, u32)>;

impl Outgoing {
    /// Whether it takes this number.
    pub fn takes(&self, number: &str) -> bool {
        let mut rest = number.chars();
        for wanted in self.pattern.chars() {
            match (wanted, rest.next()) {
                ('*', _) => return true,
                ('X', Some(digit)) if digit.is_ascii_digit() => {}
                (wanted, Some(digit)) if wanted == digit => {}
                (_, _) => return false,
            }
        }
        rest.next().is_none()
    }

    /// The number as its trunks are told it.
    pub fn rewrites(&self, number: &str) -> String {
        let kept: String = number.chars().skip(self.strip).collect();
        format!("{}{kept}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: &str, strip: usize, prefix: &str) -> Outgoing {
        Outgoing {
            name: None,
            pattern: pattern.to_owned(),
            trunks: Vec::new(),
            strip,
            prefix: prefix.to_owned(),
        }
    }

    #[test]
    fn patterns_fit_as_people_read_them() {
        let takes = |pattern, number| rule(pattern, 0, "").takes(number);
        assert!(takes("0*", "02079460123"));
        assert!(takes("0*", "0"));
        assert!(takes("112", "112"));
        assert!(!takes("112", "1123"));
        assert!(takes("+44XXXX", "+441234"));
        assert!(!takes("+44XXXX", "+44123"));
        assert!(!takes("9X", "9a"));
    }

    #[test]
    fn a_rule_turns_the_national_form_into_the_international_one() {
        assert_eq!(rule("0*", 1, "+44").rewrites("02079460123"), "+442079460123");
    }
}
