//! The drawing of a flow: a column per party, a line per message, and the wiring wherever it changed.

use std::fmt::Write as _;
use std::time::Duration;

/// What stands before the columns: the time.
const MARGIN: usize = 9;

/// The least room between two columns.
const MIN_GAP: usize = 14;

/// All that has happened so far, and who takes part.
#[derive(Debug, Default)]
pub struct Ladder {
    /// The parties in the order in which they came, each left or right of the switch.
    parties: Vec<(String, Side)>,
    lines: Vec<(Duration, Line)>,
}

/// Where a party stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Left of the switch: usually who calls.
    Left,
    /// Right of it.
    Right,
}

#[derive(Debug)]
enum Line {
    Message {
        party: usize,
        from_switch: bool,
        label: String,
        notes: Vec<String>,
    },
    Remark(String),
}

impl Ladder {
    /// A new column.
    pub fn party(&mut self, name: &str, side: Side) {
        self.parties.push((name.to_owned(), side));
    }

    /// Begins the drawing anew; the columns stay.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// A message between a party and the switch.
    pub fn message(
        &mut self,
        at: Duration,
        party: usize,
        from_switch: bool,
        label: String,
        notes: Vec<String>,
    ) {
        self.lines.push((
            at,
            Line::Message {
                party,
                from_switch,
                label,
                notes,
            },
        ));
    }

    /// A sentence below the last message.
    pub fn remark(&mut self, at: Duration, text: String) {
        self.lines.push((at, Line::Remark(text)));
    }

    /// The whole drawing.
    pub fn draw(&self, title: &str) -> String {
        let sheet = self.sheet();
        let mut drawing = format!("{title}\n\n{}\n", sheet.heading());
        let mut last = None;
        for (at, line) in &self.lines {
            if last.is_some_and(|last| at.saturating_sub(last) >= Duration::from_secs(1)) {
                let _ = writeln!(drawing, "{}", sheet.rungs('┆').trim_end());
            }
            let time = if last == Some(*at) {
                String::new()
            } else {
                seconds(*at)
            };
            last = Some(*at);
            match line {
                Line::Remark(text) => drawing.push_str(&format!("{time:>7}  {text}\n")),
                Line::Message {
                    party,
                    from_switch,
                    label,
                    notes,
                } => {
                    drawing.push_str(&sheet.arrow(&time, *party, *from_switch, label));
                    notes
                        .iter()
                        .for_each(|note| drawing.push_str(&sheet.note(*party, note)));
                }
            }
        }
        drawing
    }

    /// The columns from left to right, with room between them for the longest label.
    fn sheet(&self) -> Sheet {
        let on = |side| (0..self.parties.len()).filter(move |party| self.parties[*party].1 == side);
        let order: Vec<Option<usize>> = on(Side::Left)
            .map(Some)
            .chain([None])
            .chain(on(Side::Right).map(Some))
            .collect();
        let switch = on(Side::Left).count();
        let name = |column: &Option<usize>| column.map_or("tandem", |party| self.parties[party].0.as_str());
        let names: Vec<String> = order.iter().map(|column| name(column).to_owned()).collect();
        let mut at = vec![MARGIN + names[0].chars().count() / 2 + 1];
        for gap in 0..order.len() - 1 {
            let room = match gap {
                gap if gap + 1 == switch => self.longest(Side::Left) + 7,
                gap if gap == switch => self.longest(Side::Right) + 7,
                _ => 0,
            };
            let headings = (names[gap].chars().count() + names[gap + 1].chars().count()) / 2 + 3;
            at.push(at[gap] + room.max(MIN_GAP).max(headings));
        }
        Sheet {
            names,
            at,
            order,
            switch,
        }
    }

    fn longest(&self, side: Side) -> usize {
        let widths = self.lines.iter().filter_map(|(_, line)| match line {
            Line::Message {
                party, label, notes, ..
            } if self.parties[*party].1 == side => {
                let notes = notes.iter().map(|note| note.chars().count() + 1).max();
                Some(label.chars().count().max(notes.unwrap_or(0)))
            }
            Line::Message { .. } | Line::Remark(_) => None,
        });
        widths.max().unwrap_or(0)
    }
}

/// The columns and where they stand.
struct Sheet {
    names: Vec<String>,
    at: Vec<usize>,
    order: Vec<Option<usize>>,
    switch: usize,
}

impl Sheet {
    fn heading(&self) -> String {
        let mut line = String::new();
        for (name, at) in self.names.iter().zip(&self.at) {
            let start = at - name.chars().count() / 2;
            let gap = start.saturating_sub(line.chars().count());
            line.extend(std::iter::repeat_n(' ', gap));
            line.push_str(name);
        }
        line
    }

    /// The columns with nothing between them.
    fn rungs(&self, rung: char) -> String {
        let mut line = vec![' '; self.at[self.at.len() - 1] + 1];
        self.at.iter().for_each(|at| line[*at] = rung);
        line.into_iter().collect()
    }

    fn arrow(&self, time: &str, party: usize, from_switch: bool, label: &str) -> String {
        let column = self.column(party);
        let (left, right) = (self.at[column.min(self.switch)], self.at[column.max(self.switch)]);
        let rightwards = from_switch == (column > self.switch);
        let mut line: Vec<char> = self.rungs('│').chars().collect();
        for cell in &mut line[left + 1..right] {
            *cell = if *cell == '│' { '┼' } else { '─' };
        }
        if rightwards {
            line[left] = '├';
            line[right - 1] = '▶';
        } else {
            line[right] = '┤';
            line[left + 1] = '◀';
        }
        write_at(&mut line, self.beside_switch(column) + 3, &format!(" {label} "));
        write_at(&mut line, 0, &format!("{time:>7}"));
        line.into_iter().collect::<String>() + "\n"
    }

    fn note(&self, party: usize, note: &str) -> String {
        let mut line: Vec<char> = self.rungs('│').chars().collect();
        write_at(&mut line, self.beside_switch(self.column(party)) + 5, note);
        line.into_iter().collect::<String>().trim_end().to_owned() + "\n"
    }

    /// Labels stand in the gap beside the switch, so that all can be read in two columns.
    fn beside_switch(&self, column: usize) -> usize {
        if column < self.switch {
            self.at[self.switch - 1]
        } else {
            self.at[self.switch]
        }
    }

    fn column(&self, party: usize) -> usize {
        self.order
            .iter()
            .position(|column| *column == Some(party))
            .unwrap_or(self.switch)
    }
}

fn write_at(line: &mut Vec<char>, at: usize, text: &str) {
    for (offset, letter) in text.chars().enumerate() {
        match line.get_mut(at + offset) {
            Some(cell) => *cell = letter,
            None => line.push(letter),
        }
    }
}

/// Seconds with as many decimals as they need, one at least.
fn seconds(at: Duration) -> String {
    let millis = format!("{:.3}", at.as_secs_f64());
    let shorter = millis.trim_end_matches('0');
    if shorter.ends_with('.') {
        format!("{shorter}0")
    } else {
        shorter.to_owned()
    }
}
