//! Texts that a recorder has cut in the middle because they are very long.

/// Three dots in a text that is noted to be longer.
const GAP: &str = "...";

/// A text, perhaps with a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cut {
    pub(super) start: String,
    /// What follows behind the gap; `None` if there is none.
    pub(super) end: Option<String>,
}

impl Cut {
    pub(super) fn whole(text: &str) -> Self {
        Self { start: text.to_owned(), end: None }
    }

    pub(super) fn lossy(bytes: &[u8]) -> Self {
        Self::whole(&String::from_utf8_lossy(bytes))
    }

    /// `length` is the number of characters that the text had. A gap between equal characters is filled with them: there
    /// the recorder has cut a row of padding.
    pub(super) fn read(text: &str, length: Option<usize>) -> Self {
        let shown = text.chars().count();
        let Some(length) = length.filter(|length| *length != shown) else { return Self::whole(text) };
        let Some((start, end)) = text.split_once(GAP) else { return Self::whole(text) };
        match (start.chars().next_back(), end.chars().next()) {
            (Some(a), Some(b)) if a == b => {
                let missing = length.saturating_sub(shown - GAP.len());
                let fill: String = std::iter::repeat_n(a, missing).collect();
                Self::whole(&format!("{start}{fill}{end}"))
            }
            _ => Self { start: start.to_owned(), end: Some(end.to_owned()) },
        }
    }

    /// The whole text, if it is known.
    pub(super) fn text(&self) -> Option<&str> {
        if self.end.is_none() { Some(&self.start) } else { None }
    }

    /// Puts another text behind this one. What follows a gap is only known at its end.
    pub(super) fn append(&mut self, other: &Self) {
        match (&mut self.end, &other.end) {
            (None, None) => self.start += &other.start,
            (None, Some(end)) => {
                self.start += &other.start;
                self.end = Some(end.clone());
            }
            (Some(end), None) => *end += &other.start,
            (Some(end), Some(last)) => *end = last.clone(),
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
        let mut open = Cut::read("a...b", Some(50));
        assert_eq!((open.text(), open.shown()), (None, "a...b".to_owned()));
        open.append(&Cut::whole("c"));
        assert_eq!(open.shown(), "a...bc");
        let mut whole = Cut::whole("x");
        whole.append(&open);
        assert_eq!(whole.shown(), "xa...bc");
    }
}
