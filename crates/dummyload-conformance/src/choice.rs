//! Enumerations that case files, the command line and reports write by name.

/// A closed set of values with names.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// Each value with its name, in the order in which they are listed to people.
    const ALL: &'static [(&'static str, Self)];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| name)
    }

    /// # Errors
    /// What the names are, and which of them was probably meant.
    fn named(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| *value).ok_or_else(|| not_among(text, Self::ALL.iter().map(|(name, _)| *name)))
    }
}

/// `Display`, `FromStr`, `Serialize` and `Deserialize` by the names of a [`Choice`].
macro_rules! by_name {
    ($($type:ty),+) => {$(
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad($crate::choice::Choice::name(*self))
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                $crate::choice::Choice::named(text)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::choice::Choice::name(*self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <String as serde::Deserialize>::deserialize(deserializer)?;
                $crate::choice::Choice::named(&name).map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use by_name;

/// The sentence for a name that is none of those known.
pub(crate) fn not_among<'a>(text: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let list: Vec<&str> = names.clone().into_iter().collect();
    if list.is_empty() {
        return format!("`{text}` is not known here; there is none");
    }
    match did_you_mean(text, names) {
        hint if hint.is_empty() => format!("`{text}` is not known here; there is: {}", list.join(", ")),
        hint => format!("`{text}` is not known here{hint}"),
    }
}

/// ` (did you mean …?)` if one of the names is near.
pub(crate) fn did_you_mean<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let near =
        names.into_iter().map(|name| (strsim::jaro_winkler(text, name), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((score, name)) if score > 0.8 => format!(" (did you mean `{name}`?)"),
        _ => String::new(),
    }
}
