//! Plays recordings of a server against another one, or against another version of it, and compares by value.
//!
//! A recording is a file of JSON lines with all that went over sockets and HTTP; `docs/replay.md` of the project describes the
//! format, the rules of a protocol that tell what an id is, and what counts as a difference.
//!
//! ```no_run
//! use dummyload_conformance::replay::{Rules, Scenario, Server, play};
//!
//! # async fn replay(recording: &str, rules: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let rules = Rules::parse(rules)?;
//! let scenario = Scenario::parse("greeting", recording)?;
//! let server = Server::new("http://127.0.0.1:8080")?.password("ann", "...");
//! let played = play(&scenario, &rules, &server).await?;
//! for difference in played.differences() {
//!     println!("{difference}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | `recording`, `cut`, `frame`, `json` | what was recorded |
//! | `before` | what the server had been made to do before |
//! | `rules` | what has to be known about the protocol |
//! | `names`, `words`, `jwt`, `time`, `fit` | what ids, placeholders and times stand for this time |
//! | `compare`, `page` | differences between values |
//! | `server`, `wire` | the other side |
//! | `play`, `socket` | the play itself |

mod before;
mod compare;
mod cut;
mod fit;
mod frame;
mod json;
mod jwt;
mod names;
mod page;
mod play;
mod recording;
mod rules;
mod server;
mod socket;
#[cfg(test)]
mod tests;
mod time;
mod wire;
mod words;

pub use before::Before;
pub use recording::{ReadError, Scenario};
pub use rules::Rules;
pub use server::Server;

use std::fmt;

/// Something that was not as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    line: usize,
    conn: String,
    text: String,
}

impl Difference {
    /// The line of the recording, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The connection, as the recording names it.
    pub fn conn(&self) -> &str {
        &self.conn
    }

    /// What was recorded and what was seen, placeholders in the place of secrets.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} ({}): {}", self.line, self.conn, self.text)
    }
}

/// What a play has shown.
#[derive(Clone, Debug, Default)]
pub struct Played {
    differences: Vec<Difference>,
    reordered: usize,
}

impl Played {
    /// All that was not as recorded, in the order of the recording.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// So many messages and bodies had the members of an object in another order. That is no difference of value.
    pub fn reordered(&self) -> usize {
        self.reordered
    }
}

impl Scenario {
    /// The time at which the clock of a steered server must stand before a play begins, in milliseconds since 1970: the
    /// recorded one, fitted to the times that the server itself wrote, or that of the first thing done [before](Before).
    pub fn start(&self, rules: &Rules) -> Option<i64> {
        let clock = self.put_right(rules).fit(rules).clock;
        clock.map(|clock| clock - self.lead(Some(clock)))
    }
}

/// Plays one recording.
///
/// # Errors
/// Why it cannot be played: a placeholder of which nothing is known, a server that is not there, an act that only a control
/// plane can do. What was played until then says nothing.
pub async fn play(scenario: &Scenario, rules: &Rules, server: &Server) -> Result<Played, String> {
    play::Play::new(&scenario.put_right(rules), rules, server).run().await
}
