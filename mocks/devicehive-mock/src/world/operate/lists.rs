//! Lists of what is in the database: filters, order, pages (dossier M6.2, V8).

use super::validation::is_like;
use super::{Op, Outcome};
use crate::profile::Negative;
use crate::world::refusal::{Answer, INVALID_PARAMETERS, Refusal};
use crate::world::wire;
use std::borrow::Cow;
use std::cmp::Ordering;

/// So many a list over the socket has, unless the request says otherwise. Over REST there is no limit.
const TAKE: i32 = 20;

/// The part of a list that is wanted, and its order.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) sort_field: Option<Cow<'a, str>>,
    ascending: bool,
    take: Option<usize>,
    skip: usize,
}

impl<'a> Op<'a, '_> {
    /// Reads what page is wanted; `fields` are those that it can be sorted by, as the database calls them. `ghosts` pass the
    /// check, and the database does not know them.
    pub(super) fn page(&self, fields: &[&str], ghosts: &[&str]) -> Result<Page<'a>, Refusal> {
        let sort_field = self.read(self.fields.text("sortField"))?;
        let sort_order = self.read(self.fields.text("sortOrder"))?;
        let take = self.read(self.fields.int("take"))?;
        let skip = self.read(self.fields.int("skip"))?;
        let is = |known: &&&str| sort_field.as_deref().is_some_and(|field| known.eq_ignore_ascii_case(field));
        let known = fields.iter().find(is).copied();
        if sort_field.is_some() && known.is_none() && !ghosts.iter().any(|ghost| is(&ghost)) {
            return Err(Refusal::bad(INVALID_PARAMETERS));
        }
        // From here on the failures are behind the scenes.
        let fails = || Refusal::mute(400, INVALID_PARAMETERS, "dossier M6.2");
        if self.state.rules.repeats_defects && sort_field.as_deref() != known {
            return Err(fails());
        }
        let ascending = match sort_order.as_deref() {
            None => true,
            Some(order) if order.eq_ignore_ascii_case("asc") => true,
            Some(order) if order.eq_ignore_ascii_case("desc") => false,
            Some(order) => return Err(Refusal::mute(400, format!("Unparseable sort order : {order}"), "dossier M6.2")),
        };
        let number = |number: i32| match usize::try_from(number) {
            Ok(number) => Ok(Some(number)),
            Err(_) if self.state.rules.negative_page == Negative::IsNotThere => Ok(None),
            Err(_) => Err(fails()),
        };
        let take = take.or_else(|| self.caller.door.is_socket().then_some(TAKE)).map(number).transpose()?.flatten();
        let skip = skip.map(number).transpose()?.flatten().unwrap_or(0);
        Ok(Page { sort_field: known.map(|field| field.to_owned().into()), ascending, take, skip })
    }

    /// Whether a name is one that the members `exact` and `pattern` want.
    pub(super) fn name_filter(
        &self,
        exact: &'static str,
        pattern: &'static str,
    ) -> Result<impl Fn(&str) -> bool + Clone + use<'a>, Refusal> {
        let exact = self.read(self.fields.text(exact))?;
        let pattern = self.read(self.fields.text(pattern))?;
        Ok(move |name: &str| {
            exact.as_deref().is_none_or(|exact| exact == name)
                && pattern.as_deref().is_none_or(|pattern| is_like(name, pattern))
        })
    }

    /// Whether a count is given at all: some servers never tell it where there is nothing to look in.
    pub(super) fn counts(&self) -> Result<(), Refusal> {
        if self.who.breaks(self.state.rules) {
            return Err(Refusal::mute(200, "a count of 0", "dossier V6"));
        }
        Ok(())
    }
}

impl Page<'_> {
    /// The page of these rows as an answer; they come in the order in which they were made.
    pub(super) fn of<'r, T: 'r>(
        &self,
        name: &'static str,
        rows: impl Iterator<Item = &'r T>,
        by: impl Fn(&T, &T, &str) -> Ordering,
        write: impl Fn(&T, &mut Vec<u8>),
    ) -> Outcome {
        let take = self.take.unwrap_or(usize::MAX);
        let json = match self.sort_field.as_deref() {
            None => wire::array(rows.skip(self.skip).take(take), write),
            Some(field) => {
                let mut rows: Vec<&T> = rows.collect();
                rows.sort_by(|a, b| if self.ascending { by(a, b, field) } else { by(b, a, field) });
                wire::array(rows.into_iter().skip(self.skip).take(take), write)
            }
        };
        Ok(Answer::Value(name, json))
    }
}

/// An answer with a count.
pub(super) fn count(count: usize) -> Outcome {
    Ok(Answer::Members(format!("\"count\":{count}")))
}
