//! Several arrivals in any order.

use super::conn::Event;
use super::step::{Outcome, Play, Stop, Unmet, nearer, wish};
use crate::case::{Receiving, Step, Weight};
use crate::verdict::Verdict;
use std::cmp::Reverse;

/// So many things that fit nothing end the waiting in any case.
const FLOOD: usize = 20;

/// One of the things that are awaited.
#[derive(Clone)]
struct Part<'a> {
    receiving: &'a Receiving,
    weight: Weight,
    ceiling: Verdict,
}

/// Something that has arrived and fits none of the parts that were still awaited.
struct Stray {
    conn: usize,
    event: Event,
    /// By how much it misses the lightest part that it nearly fits.
    miss: Unmet,
    /// What that part weighs.
    ceiling: Verdict,
}

impl Play<'_> {
    /// The order of arrival must not decide how much a miss weighs. So what fits no part counts against the lightest
    /// that it nearly fits, and those that weigh more are still waited for.
    pub(super) async fn all(&mut self, parts: &[(Receiving, Weight)], step: &Step) -> Outcome {
        let parts = parts.iter().map(|(receiving, weight)| self.part(receiving, weight, step));
        let mut parts: Vec<Part<'_>> = parts.collect();
        // What fits several parts is taken for the heaviest.
        parts.sort_by_key(|part| Reverse(part.ceiling));
        let mut open = parts.clone();
        let mut strays: Vec<Stray> = Vec::new();
        let mut silent = false;
        while let Some(heaviest) = open.first().map(|part| part.ceiling) {
            if silent || strays.len() >= FLOOD || strays.iter().any(|stray| stray.ceiling >= heaviest) {
                break;
            }
            let mut conns: Vec<usize> = open.iter().map(|part| part.receiving.conn).collect();
            conns.sort_unstable();
            conns.dedup();
            let within = open.iter().map(|part| part.receiving.within).max().unwrap_or_default();
            let awaited: Vec<&Receiving> = open.iter().map(|part| part.receiving).collect();
            let found = self.next(&conns, within, &awaited, step.skip.as_ref()).await?;
            match (self.fitting(&open, found.as_ref()), found) {
                (Some(n), _) => drop(open.remove(n)),
                (None, Some((conn, event))) => strays.extend(self.stray(&open, conn, event)),
                (None, None) => silent = true,
            }
        }
        let missing = open.first().map(|part| part.ceiling);
        match strays.into_iter().partition::<Vec<_>, _>(|stray| Some(stray.ceiling) > missing) {
            (heavier, _) if !heavier.is_empty() => Err(too_much(&parts, heavier)),
            (_, strays) if missing.is_some() => Err(self.too_little(&parts, &open, &strays, silent)),
            _ => Ok(()),
        }
    }

    fn part<'a>(&self, receiving: &'a Receiving, weight: &Weight, step: &Step) -> Part<'a> {
        let weight = weight.within(&step.weight);
        let ceiling = self.case.grade_of(&weight).ceiling();
        Part { receiving, weight, ceiling }
    }

    fn fitting(&mut self, open: &[Part<'_>], found: Option<&(usize, Event)>) -> Option<usize> {
        let event = found.map(|(_, event)| event);
        open.iter().position(|part| {
            found.is_none_or(|(conn, _)| *conn == part.receiving.conn) && self.judge(part.receiving, event).is_ok()
        })
    }

    fn stray(&mut self, open: &[Part<'_>], conn: usize, event: Event) -> Option<Stray> {
        let here = open.iter().filter(|part| part.receiving.conn == conn);
        let misses = here.filter_map(|part| Some((part, *self.judge(part.receiving, Some(&event)).err()?)));
        let (part, miss) = misses.min_by_key(|(part, miss)| (miss.differences.is_empty(), part.ceiling))?;
        let miss = Unmet { weight: part.weight.clone(), ..miss };
        Some(Stray { conn, event, miss, ceiling: part.ceiling })
    }

    /// Parts are still awaited: the heaviest says what it weighs.
    fn too_little(&mut self, parts: &[Part<'_>], open: &[Part<'_>], strays: &[Stray], silent: bool) -> Stop {
        let Some(heaviest) = open.first() else { return Stop::Unmet(Box::default()) };
        let here = strays.iter().filter(|stray| stray.conn == heaviest.receiving.conn);
        let misses = here.filter_map(|stray| self.judge(heaviest.receiving, Some(&stray.event)).err());
        let nearest = misses.fold(None, nearer).map(|miss| miss.differences).unwrap_or_default();
        let come = parts.len() - open.len();
        let nothing = || {
            let nothing = self.nothing(heaviest.receiving.conn, heaviest.receiving.within);
            if come > 0 {
                format!("{nothing}, beside {come} of the {} that were awaited", parts.len())
            } else {
                nothing
            }
        };
        let received: Vec<String> =
            strays.iter().map(|stray| stray.event.to_string()).chain(silent.then(nothing)).collect();
        Stop::Unmet(Box::new(Unmet {
            expected: wishes(open),
            received: received.join(", then "),
            differences: nearest,
            weight: heaviest.weight.clone(),
        }))
    }
}

/// All that is awaited has come or weighs less than something that came besides.
fn too_much(parts: &[Part<'_>], strays: Vec<Stray>) -> Stop {
    let heaviest = strays.into_iter().max_by_key(|stray| stray.ceiling);
    let miss = heaviest.map(|stray| stray.miss).unwrap_or_default();
    Stop::Unmet(Box::new(Unmet { expected: format!("nothing but {}", wishes(parts)), ..miss }))
}

fn wishes(parts: &[Part<'_>]) -> String {
    let list: Vec<String> = parts.iter().map(|part| wish(part.receiving)).collect();
    match list.as_slice() {
        [only] => only.clone(),
        _ => format!("in any order {}", list.join(" and ")),
    }
}
