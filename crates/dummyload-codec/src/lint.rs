//! What lint is made of: deviations, how bad they are, the kinds that a protocol has, and the walk over an object's members
//! against the table of those that the documents show. What is wrong with a value, and how it is told, is each protocol's own.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use core::fmt;

/// One deviation. `Kind` is the protocol's list of kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deviation<Kind> {
    /// Where, as a JSON pointer (RFC 6901) that also goes through strings that hold JSON; empty for the whole message.
    pub pointer: String,
    /// What kind it is.
    pub kind: Kind,
    /// How bad it is.
    pub level: Level,
    /// For people: what is there, and what should be.
    pub text: String,
    /// The section of the dossier, the project's page about the protocol, that shows what should be, as `dossier 4.1`.
    pub section: &'static str,
}

impl<Kind> Deviation<Kind> {
    /// At this pointer, of this kind and level, told by this text, for what stands in this section.
    pub fn new(
        pointer: impl Into<String>,
        kind: Kind,
        level: Level,
        text: impl Into<String>,
        section: &'static str,
    ) -> Self {
        Self { pointer: pointer.into(), kind, level, text: text.into(), section }
    }
}

impl<Kind: KindName> fmt::Display for Deviation<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the message" } else { &self.pointer };
        write!(f, "{place}: {} ({}) [{}]", self.text, self.section, self.kind.kind_name())
    }
}

/// A kind of deviation that has a stable name; [`deviation_kinds!`](crate::deviation_kinds) sees to it.
pub trait KindName {
    /// The name in reports.
    fn kind_name(&self) -> &'static str;
}

/// How bad a deviation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Another spelling of the same, or something that is in use.
    Info,
    /// A variant that the other side may or may not take.
    Warning,
    /// Nothing sensible can be done with it.
    Error,
}

impl Level {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Makes the enum `DeviationKind` out of a list of `Kind => "stable-name"` with their docs.
#[macro_export]
macro_rules! deviation_kinds {
    ($($(#[$doc:meta])* $kind:ident => $name:literal,)*) => {
        /// The kinds of deviations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum DeviationKind {
            $($(#[$doc])* $kind,)*
        }

        impl DeviationKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// A stable name for reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }

        impl $crate::lint::KindName for DeviationKind {
            fn kind_name(&self) -> &'static str {
                self.name()
            }
        }
    };
}
pub use deviation_kinds;

/// Whether a member must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The documents always have it.
    Required,
    /// It need not be there.
    Optional,
    /// It is in use, but not in the documents.
    Undocumented,
}

/// A member that an object can have. `W` is what a protocol's values can be.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Field<W> {
    /// Its name.
    pub name: &'static str,
    /// What its value should be.
    pub want: W,
    /// Whether it must be there.
    pub need: Need,
}

impl<W> Field<W> {
    /// Whether the documents always have it.
    pub fn is_required(&self) -> bool {
        self.need == Need::Required
    }
}

/// A member that must be there.
pub const fn field<W: Copy>(name: &'static str, want: W) -> Field<W> {
    Field { name, want, need: Need::Required }
}

/// A member that need not be there.
pub const fn optional<W: Copy>(name: &'static str, want: W) -> Field<W> {
    Field { name, want, need: Need::Optional }
}

/// A member that the documents do not have.
pub const fn undocumented<W: Copy>(name: &'static str, want: W) -> Field<W> {
    Field { name, want, need: Need::Undocumented }
}

/// What the walk over an object's members comes upon.
#[derive(Debug)]
pub enum Found<'f, V, W> {
    /// A member of the table, with its value.
    Known(V, &'f Field<W>),
    /// A member that is not in the table.
    Unknown,
    /// A member that has stood there before.
    Repeated,
    /// The object, if its members stand in another order than in the table.
    Disordered,
    /// A member that must be there and is not.
    Missing,
}

/// Goes over the members of the object at `pointer` (RFC 6901) and tells what it finds, with the pointer to it.
pub fn walk<'m, 'f, V, W>(
    pointer: &str,
    members: impl IntoIterator<Item = (&'m str, V)>,
    fields: &'f [Field<W>],
    mut tell: impl FnMut(&str, Found<'f, V, W>),
) {
    let mut last_place = 0;
    let mut in_order = true;
    let mut seen = BTreeSet::new();
    for (name, value) in members {
        let here = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        if !seen.insert(name) {
            tell(&here, Found::Repeated);
        }
        match fields.iter().position(|field| field.name == name) {
            Some(place) => {
                in_order &= place >= last_place;
                last_place = place;
                tell(&here, Found::Known(value, &fields[place]));
            }
            None => tell(&here, Found::Unknown),
        }
    }
    if !in_order {
        tell(pointer, Found::Disordered);
    }
    for field in fields.iter().filter(|field| field.is_required() && !seen.contains(field.name)) {
        tell(&format!("{pointer}/{}", field.name), Found::Missing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn found(members: &[(&'static str, u8)]) -> Vec<String> {
        let fields = [field("a", 'x'), optional("b", 'y'), undocumented("c", 'z'), field("d", 'w')];
        let mut told = Vec::new();
        walk("/p", members.iter().copied(), &fields, |here, found| told.push(format!("{here} {}", shown(&found))));
        told
    }

    fn shown(found: &Found<'_, u8, char>) -> String {
        match found {
            Found::Known(value, field) => format!("{value}{}", field.want),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn an_object_in_order_has_only_known_members() {
        assert_eq!(found(&[("a", 1), ("d", 2)]), ["/p/a 1x", "/p/d 2w"]);
        assert_eq!(found(&[("a", 1), ("b", 2), ("c", 3), ("d", 4)]), ["/p/a 1x", "/p/b 2y", "/p/c 3z", "/p/d 4w"]);
    }

    #[test]
    fn everything_else_is_told_once_and_in_its_place() {
        assert_eq!(found(&[]), ["/p/a Missing", "/p/d Missing"]);
        assert_eq!(
            found(&[("d", 1), ("a~/", 2), ("b", 3), ("d", 4), ("d", 5)]),
            [
                "/p/d 1w",
                "/p/a~0~1 Unknown",
                "/p/b 3y",
                "/p/d Repeated",
                "/p/d 4w",
                "/p/d Repeated",
                "/p/d 5w",
                "/p Disordered",
                "/p/a Missing",
            ]
        );
    }
}
