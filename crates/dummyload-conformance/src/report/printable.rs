//! What others have sent, so that it can be shown: a server must not steer the terminal, or turn the lines of a report round.

use super::CaseReport;

/// With everything that is no plain sign as an escape. JSON and the page need none of this: they show texts as values.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_sly(c) {
            // `\n`, `\u{1b}`
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Turns the direction of text, breaks lines, cannot be seen, or is no character that XML can have.
fn is_sly(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

impl CaseReport {
    /// For reports that people read as text.
    pub(crate) fn printable(&self) -> Self {
        let mut shown = self.clone();
        shown.change_texts(printable);
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        let text = "a\u{1b}[31mb\u{9b}31mc\0d\ne\u{202e}f\u{2066}g\u{fffe}ü😀";
        assert_eq!(printable(text), r"a\u{1b}[31mb\u{9b}31mc\u{0}d\ne\u{202e}f\u{2066}g\u{fffe}ü😀");
    }
}
