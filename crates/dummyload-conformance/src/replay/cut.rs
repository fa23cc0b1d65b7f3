//! Texts that a recorder has cut in the middle because they are very long.

/// Three dots in a text that is noted to be longer.
const GAP: &str = "...";

/// A text, perhaps with a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cut {
    pub(super) start: String,
    /// What follows behind the gap; `None` if there is none.
    pub(super) end: Option<String>,
    /// What probably stood there.
    filled: Option<String>,
    /// The number of characters that it had.
    pub(super) length: usize,
}

impl Cut {
    pub(super) fn whole(text: &str) -> Self {
        Self { start: text.to_owned(), end: None, filled: None, length: text.chars().count() }
    }

    /// A text of which only the start is known.
    pub(super) fn begun(text: &str, length: usize) -> Self {
        Self { start: text.to_owned(), end: Some(String::new()), filled: None, length }
    }

    pub(super) fn lossy(bytes: &[u8]) -> Self {
        Self::whole(&String::from_utf8_lossy(bytes))
    }

    /// `length` is the number of characters that the text had. A gap between equal characters is filled with them: most
    /// of the time the recorder has cut a row of padding there.
    pub(super) fn read(text: &str, length: Option<usize>) -> Self {
        let shown = text.chars().count();
        let Some(length) = length.filter(|length| *length != shown) else { return Self::whole(text) };
        let Some((start, end)) = text.split_once(GAP) else {
            return if length > shown { Self::begun(text, length) } else { Self::whole(text) };
        };
        let filled = match (start.chars().next_back(), end.chars().next()) {
            (Some(a), Some(b)) if a == b => {
                let fill: String = std::iter::repeat_n(a, length.saturating_sub(shown - GAP.len())).collect();
                Some(format!("{start}{fill}{end}"))
            }
            _ => None,
        };
        Self { start: start.to_owned(), end: Some(end.to_owned()), filled, length }
    }

    pub(super) fn is_cut(&self) -> bool {
        self.end.is_some()
    }

    /// The whole text, as far as that is known.
    pub(super) fn text(&self) -> Option<&str> {
        if self.end.is_none() { Some(&self.start) } else { self.filled.as_deref() }
    }

    /// Puts another text behind this one. What follows a gap is only known at its end.
    pub(super) fn append(&mut self, other: &Self) {
        self.filled = match (self.text(), other.text()) {
            (Some(before), Some(behind)) => Some(format!("{before}{behind}")),
            _ => None,
        };
        self.length += other.length;
        match (&mut self.end, &other.end) {
            (None, end) => {
                self.start += &other.start;
                self.end.clone_from(end);
            }
            (Some(end), None) => *end += &other.start,
            (Some(end), Some(last)) => end.clone_from(last),
        }
        if self.end.is_none() {
            self.filled = None;
        }
    }

    pub(super) fn shown(&self) -> String {
        match &self.end {
            None => self.start.clone(),
            Some(end) => format!("{}{GAP}{end}", self.start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_filled_up_and_anything_else_stays_open() {
        assert_eq!(Cut::read("{xx...xx}", Some(10)).text(), Some("{xxxxxxxx}"));
        assert_eq!(Cut::read("a...b", None).text(), Some("a...b"));
        assert_eq!(Cut::read("a...b", Some(5)).text(), Some("a...b"));
        assert_eq!(Cut::read("ab", Some(5)), Cut::begun("ab", 5));
        let mut open = Cut::read("a...b", Some(50));
        assert_eq!((open.text(), open.shown(), open.length), (None, "a...b".to_owned(), 50));
        open.append(&Cut::whole("c"));
        assert_eq!((open.shown(), open.length), ("a...bc".into(), 51));
        let mut whole = Cut::whole("x");
        whole.append(&open);
        assert_eq!(whole.shown(), "xa...bc");
    }

    #[test]
    fn pieces_that_are_known_make_a_whole_that_is_known() {
        let mut text = Cut::whole("{");
        text.append(&Cut::read("x...x", Some(7)));
        text.append(&Cut::read("x...x}", Some(8)));
        assert_eq!((text.text(), text.shown()), (Some("{xxxxxxxxxxxxxx}"), "{x...x}".to_owned()));
    }
}
