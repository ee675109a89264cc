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
    /// The datagram of this number is overtaken by the next one, or comes a little later if there is none.
    Late(usize),
    /// From the datagram of this number on nobody hears anybody. Nothing may be left.
    SilentFrom(usize),
}

impl Twist {
    /// Whether the flow takes another course, so that its script's expectations do not hold.
    pub fn changes_the_course(self) -> bool {
        match self {
            Twist::Straight | Twist::RestartAfterEveryStep | Twist::EachDatagramDoubled => false,
            Twist::Lost(_) | Twist::Late(_) | Twist::SilentFrom(_) => true,
        }
    }

    /// What becomes of the datagram of this number.
    pub fn fate(self, number: usize) -> Fate {
        match self {
            Twist::Lost(one) if number == one => Fate::Lost,
            Twist::SilentFrom(first) if number >= first => Fate::Lost,
            Twist::Late(one) if number == one => Fate::Late,
            Twist::Straight
            | Twist::RestartAfterEveryStep
            | Twist::EachDatagramDoubled
            | Twist::Lost(_)
            | Twist::Late(_)
            | Twist::SilentFrom(_) => Fate::Arrives,
        }
    }
}

/// What can become of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives at once.
    Arrives,
    /// It never arrives.
    Lost,
    /// It arrives behind the next one.
    Late,
}
