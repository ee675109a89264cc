//! The ways in which every flow is played again. Each must leave the drawing as it is.

/// What goes on beside the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Nothing: the flow as it is written.
    Straight,
    /// After every single input the switch is serialised, dropped and restored.
    RestartAfterEveryStep,
}
