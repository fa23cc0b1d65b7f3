//! Reads TOML member by member, and collects all mistakes of a file instead of stopping at the first.

use crate::choice::{Choice, did_you_mean};
use crate::text::Text;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One mistake in one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct LoadError {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// One file and what is wrong with it.
pub(crate) struct Source<'i> {
    path: &'i str,
    text: &'i str,
    errors: RefCell<Vec<LoadError>>,
    /// The first line that is not even TOML: what seems wrong from there on may only follow from that.
    broken: Cell<Option<usize>>,
}

impl<'i> Source<'i> {
    pub(crate) fn new(path: &'i str, text: &'i str) -> Self {
        Self { path, text, errors: RefCell::default(), broken: Cell::new(None) }
    }

    /// The whole file as a table.
    pub(crate) fn root(&self) -> Table<'_, 'i> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            self.error(error.span().unwrap_or_default(), error.message());
        }
        self.broken.set(self.errors.borrow().iter().map(|error| error.line).min());
        Table { source: self, at: 0..0, members: root.into_inner(), known: Vec::new() }
    }

    pub(crate) fn error(&self, at: Range<usize>, what: impl Into<String>) {
        let line = self.line(at.start);
        if self.broken.get().is_some_and(|broken| line >= broken) {
            return;
        }
        self.errors.borrow_mut().push(LoadError { path: self.path.to_owned(), line, what: what.into() });
    }

    /// About a table as a whole: where the file is broken, what seems to be missing may stand there.
    fn error_in_table(&self, at: Range<usize>, what: impl Into<String>) {
        if self.broken.get().is_none() {
            self.error(at, what);
        }
    }

    pub(crate) fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
    }

    pub(crate) fn into_errors(self) -> Vec<LoadError> {
        let mut errors = self.errors.into_inner();
        errors.sort();
        errors.dedup();
        errors
    }
}

type Member<'i> = Spanned<DeValue<'i>>;

/// A table that is being read. Members that nobody asked for are mistakes.
pub(crate) struct Table<'s, 'i> {
    source: &'s Source<'i>,
    pub(crate) at: Range<usize>,
    members: DeTable<'i>,
    known: Vec<&'static str>,
}

impl<'s, 'i> Table<'s, 'i> {
    pub(crate) fn error(&self, what: impl Into<String>) {
        self.source.error_in_table(self.at.clone(), what);
    }

    pub(crate) fn error_at(&self, at: Range<usize>, what: impl Into<String>) {
        self.source.error(at, what);
    }

    pub(crate) fn line(&self) -> usize {
        self.source.line(self.at.start)
    }

    pub(crate) fn has(&mut self, name: &'static str) -> bool {
        self.asked(name);
        self.members.contains_key(name)
    }

    /// Which of these members are there. They count as known only if none is.
    pub(crate) fn among(&mut self, names: &[&'static str]) -> Vec<&'static str> {
        let found: Vec<_> = names.iter().copied().filter(|name| self.members.contains_key(*name)).collect();
        if found.is_empty() {
            names.iter().for_each(|name| self.asked(name));
        }
        found
    }

    /// Whatever else is there, it is not worth telling.
    pub(crate) fn forget(&mut self) {
        self.members.clear();
    }

    /// Whether the member is there and is this word; it counts as read then.
    pub(crate) fn is(&mut self, name: &'static str, word: &str) -> bool {
        let is = self.has(name) && self.members.get(name).is_some_and(|member| member.get_ref().as_str() == Some(word));
        if is {
            self.members.remove(name);
        }
        is
    }

    fn take(&mut self, name: &'static str) -> Option<Member<'i>> {
        self.asked(name);
        self.members.remove(name)
    }

    fn wrong(&self, name: &str, member: &Member<'i>, right: &str) {
        let given = member.get_ref().type_str();
        self.source.error(member.span(), format!("`{name}` is of type {given}; it must be {right}"));
    }

    /// A member read by `read`, which says by `None` that the type is wrong.
    fn typed<T>(
        &mut self,
        name: &'static str,
        right: &str,
        read: impl Fn(&DeValue<'i>) -> Option<T>,
    ) -> Option<Spanned<T>> {
        let member = self.take(name)?;
        let read = read(member.get_ref());
        if read.is_none() {
            self.wrong(name, &member, right);
        }
        read.map(|value| Spanned::new(member.span(), value))
    }

    pub(crate) fn string(&mut self, name: &'static str) -> Option<Spanned<String>> {
        self.typed(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn required(&mut self, name: &'static str) -> Spanned<String> {
        if !self.has(name) {
            self.error(format!("`{name}` is missing"));
        }
        let text = self.string(name);
        if let Some(text) = text.as_ref().filter(|text| text.get_ref().trim().is_empty()) {
            self.source.error(text.span(), format!("`{name}` is empty"));
        }
        text.unwrap_or_else(|| Spanned::new(self.at.clone(), String::new()))
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.typed(name, "true or false", DeValue::as_bool).map(Spanned::into_inner)
    }

    pub(crate) fn number(&mut self, name: &'static str) -> Option<u64> {
        self.typed(name, "a whole number from 0", number).map(Spanned::into_inner)
    }

    pub(crate) fn strings(&mut self, name: &'static str) -> Vec<Spanned<String>> {
        let Some(member) = self.take(name) else { return Vec::new() };
        let Some(items) = member.get_ref().as_array() else {
            self.wrong(name, &member, "an array of texts");
            return Vec::new();
        };
        let mut list = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => list.push(Spanned::new(item.span(), text.to_owned())),
                None => self.wrong(name, item, "a text"),
            }
        }
        list
    }

    /// A number, or an array of numbers.
    pub(crate) fn codes(&mut self, name: &'static str, right: &str) -> Option<Vec<u16>> {
        let code = |value: &DeValue<'i>| number(value).and_then(|code| u16::try_from(code).ok());
        let read = |value: &DeValue<'i>| match value.as_array() {
            None => code(value).map(|code| vec![code]),
            Some(list) => list.iter().map(|item| code(item.get_ref())).collect(),
        };
        let member = self.take(name)?;
        let codes = read(member.get_ref());
        if codes.is_none() {
            self.source.error(member.span(), format!("`{name}` must be {right}"));
        }
        codes
    }

    pub(crate) fn choice<T: Choice>(&mut self, name: &'static str) -> Option<T> {
        let text = self.string(name)?;
        self.named(name, &text)
    }

    pub(crate) fn choices<T: Choice>(&mut self, name: &'static str) -> Vec<T> {
        self.strings(name).iter().filter_map(|text| self.named(name, text)).collect()
    }

    fn named<T: Choice>(&self, name: &str, text: &Spanned<String>) -> Option<T> {
        T::named(text.get_ref()).map_err(|e| self.source.error(text.span(), format!("`{name}`: {e}"))).ok()
    }

    pub(crate) fn span(&mut self, name: &'static str) -> Option<Duration> {
        let text = self.string(name)?;
        match humantime::parse_duration(text.get_ref()) {
            Ok(span) => Some(span),
            Err(_) => {
                let text = Spanned::new(text.span(), text.into_inner());
                self.source.error(
                    text.span(),
                    format!("`{name}` is {:?}; write a time span as 300ms, 5s or 2weeks", text.get_ref()),
                );
                None
            }
        }
    }

    /// Bytes written as pairs of hexadecimal digits; blanks may stand between them.
    pub(crate) fn hex(&mut self, name: &'static str) -> Option<Vec<u8>> {
        let text = self.string(name)?;
        let digits: Option<Vec<u32>> =
            text.get_ref().chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect();
        match digits {
            Some(digits) if digits.len() % 2 == 0 => {
                Some(digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
            }
            _ => {
                self.source.error(text.span(), format!("`{name}` must be pairs of hexadecimal digits, as \"81 00\""));
                None
            }
        }
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Option<Text> {
        let text = self.string(name)?;
        Some(self.parsed(&text))
    }

    pub(crate) fn texts(&mut self, name: &'static str) -> Vec<Text> {
        self.strings(name).iter().map(|text| self.parsed(text)).collect()
    }

    /// A path that goes below a base URL.
    pub(crate) fn path(&self, path: &Spanned<String>) -> Text {
        if !path.get_ref().starts_with('/') && !path.get_ref().is_empty() {
            self.error_at(path.span(), "`path` begins with a slash; it goes below the base URL");
        }
        self.parsed(path)
    }

    pub(crate) fn parsed(&self, text: &Spanned<String>) -> Text {
        Text::parse(text.get_ref()).unwrap_or_else(|e| {
            self.source.error(text.span(), e);
            Text::default()
        })
    }

    pub(crate) fn table(&mut self, name: &'static str) -> Option<Table<'s, 'i>> {
        let member = self.take(name)?;
        self.as_table(name, member)
    }

    pub(crate) fn tables(&mut self, name: &'static str) -> Vec<Table<'s, 'i>> {
        let Some(member) = self.take(name) else { return Vec::new() };
        let at = member.span();
        match member.into_inner() {
            DeValue::Array(items) => items.into_iter().filter_map(|item| self.as_table(name, item)).collect(),
            other => {
                self.wrong(name, &Spanned::new(at, other), "an array of tables");
                Vec::new()
            }
        }
    }

    fn as_table(&self, name: &str, member: Member<'i>) -> Option<Table<'s, 'i>> {
        let at = member.span();
        match member.into_inner() {
            DeValue::Table(members) => Some(Table { source: self.source, at, members, known: Vec::new() }),
            other => {
                self.wrong(name, &Spanned::new(at, other), "a table");
                None
            }
        }
    }

    /// The members of a table whose names are free.
    pub(crate) fn free_strings(&mut self, name: &'static str) -> Vec<(String, Spanned<String>)> {
        let Some(table) = self.table(name) else { return Vec::new() };
        let mut list = Vec::new();
        for (key, value) in &table.members {
            match value.get_ref().as_str() {
                Some(text) => list.push((key.get_ref().to_string(), Spanned::new(value.span(), text.to_owned()))),
                None => self.wrong(key.get_ref(), value, "a text"),
            }
        }
        list
    }

    /// The same, with placeholders.
    pub(crate) fn free_texts(&mut self, name: &'static str) -> Vec<(String, Text)> {
        let list = self.free_strings(name);
        list.into_iter().map(|(key, text)| (key, self.parsed(&text))).collect()
    }

    /// From now on this member is known, whether it is there or not.
    pub(crate) fn asked(&mut self, name: &'static str) {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
    }

    /// Says what has not been asked for.
    pub(crate) fn finish(self) {
        for key in self.members.keys().filter(|key| !self.known.iter().any(|name| name == key.get_ref())) {
            let hint = did_you_mean(key.get_ref(), self.known.iter().copied());
            let list = if hint.is_empty() { format!("; there is: {}", self.known.join(", ")) } else { hint };
            self.source.error(key.span(), format!("`{}` is not known here{list}", key.get_ref()));
        }
    }
}

fn number(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
