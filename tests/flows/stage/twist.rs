//! The ways in which every flow is played again.

/// What goes on beside the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Nothing: the flow as it is written.
    Straight,
    /// After every single input the switch is serialised, dropped and restored. The drawing stays.
    RestartAfterEveryStep,
    /// Every datagram of the parties arrives twice. The drawing stays, but for what is sent again.
    EachDatagramDoubled,
    /// The datagram of this number is lost, whoever sent it. Other things happen; nothing may be left.
    Lost(usize),
    /// From the datagram of this number on nobody hears anybody. Nothing may be left.
    SilentFrom(usize),
}

impl Twist {
    /// Whether the flow takes another course, so that its script's expectations do not hold.
    pub fn changes_the_course(self) -> bool {
        match self {
            Twist::Straight | Twist::RestartAfterEveryStep | Twist::EachDatagramDoubled => false,
            Twist::Lost(_) | Twist::SilentFrom(_) => true,
        }
    }

    /// Whether the datagram of this number does not arrive.
    pub fn swallows(self, number: usize) -> bool {
        match self {
            Twist::Straight | Twist::RestartAfterEveryStep | Twist::EachDatagramDoubled => false,
            Twist::Lost(one) => number == one,
            Twist::SilentFrom(first) => number >= first,
        }
    }
}
