//! Lines in which no number stands: a name that resembles and the exact amount, sums, halves, a run of claims. Never the amount alone.

use super::by_number::says_that_it_comes_back;
use super::names::names_somebody;
use super::numbers::nearly;
use super::propose::Batch;
use super::sums::{self, Found};
use super::{Direction, Kind, Strength};

/// After the pass for sums of items come sums of lines.
const SUMS: usize = 4;

/// Goes through the lines once for each kind of evidence, the stronger first.
pub fn run(batch: &mut Batch<'_>) {
    let passes: [fn(&mut Batch<'_>, usize); 7] = [exact, comes_back, without_vat, instalment, sum, claims, nobody];
    for (at, pass) in passes.into_iter().enumerate() {
        for line in batch.open_lines() {
            pass(batch, line);
        }
        if at == SUMS {
            halves(batch);
        }
    }
}

/// The parties that a line names as well as any other.
fn parties(batch: &Batch<'_>, line: usize) -> Vec<usize> {
    let named = &batch.named[line];
    named.iter().filter(|one| !named[0].beats(**one)).map(|one| one.party).collect()
}

/// The name, and exactly what is left.
fn exact(batch: &mut Batch<'_>, line: usize) {
    let size = batch.size(line);
    let parties = parties(batch, line);
    let fits = |item: usize| {
        let way = batch.settles(line, item) || batch.pays_back(line, item);
        way && batch.left[item] == size && parties.contains(&batch.party[item]) && batch.in_window(line, item)
    };
    let found: Vec<usize> = (0..batch.items.len()).filter(|item| fits(*item)).collect();
    let Some(oldest) = found.first().copied() else { return };
    let whole = |item: usize| {
        let (item, pence) = batch.all_of(item);
        vec![(item, pence)]
    };
    let near: Vec<usize> = found.iter().copied().filter(|item| nearly(&batch.signs[line], &batch.items[*item].our_numbers)).collect();
    if let [item] = near.as_slice() {
        let reason = format!("nearly your number {}, the name and the exact amount", batch.number(*item));
        let alternatives = found.iter().filter(|other| *other != item).map(|other| whole(*other)).collect();
        let allocations = whole(*item);
        return batch.give(line, Strength::Likely, allocations, reason, alternatives);
    }
    if found.iter().any(|item| batch.party[*item] != batch.party[oldest]) {
        let alternatives = found.iter().map(|item| whole(*item)).collect();
        return batch.say(line, "the name fits two parties, and the amount items of both".to_owned(), alternatives);
    }
    let alternatives: Vec<Vec<(usize, i64)>> = found[1..].iter().map(|other| whole(*other)).collect();
    let which = if alternatives.is_empty() { "" } else { ", the oldest of several" };
    let reason = format!("the name and the exact amount of {}{which}", batch.number(oldest));
    let allocations = whole(oldest);
    batch.give(line, Strength::Likely, allocations, reason, alternatives);
}

/// A payment that the bank gives back, by the name and exactly what was paid.
fn comes_back(batch: &mut Batch<'_>, line: usize) {
    if batch.lines[line].pence < 0 || !says_that_it_comes_back(batch, line) {
        return;
    }
    let size = batch.size(line);
    let parties = parties(batch, line);
    let fits = |item: usize| {
        let of = batch.items[item];
        of.kind != Kind::CreditNote
            && of.direction == Direction::Out
            && of.amount - batch.left[item] == size
            && parties.contains(&batch.party[item])
    };
    let found: Vec<usize> = (0..batch.items.len()).filter(|item| fits(*item)).collect();
    if let [item] = found.as_slice() {
        let reason = format!("the name, and exactly what was paid of {} comes back", batch.number(*item));
        batch.give(line, Strength::Likely, vec![(*item, -size)], reason, vec![]);
    }
}

/// The name, and exactly the amount without VAT.
fn without_vat(batch: &mut Batch<'_>, line: usize) {
    let size = batch.size(line);
    let parties = parties(batch, line);
    let fits = |item: usize| {
        let net = batch.items[item].net == Some(size) && batch.left[item] > size && batch.settles(line, item);
        net && parties.contains(&batch.party[item]) && batch.in_window(line, item)
    };
    let found: Vec<usize> = (0..batch.items.len()).filter(|item| fits(*item)).collect();
    if let [item] = found.as_slice() {
        let reason = format!("the name and the amount of {} without VAT, which is left open", batch.number(*item));
        batch.give(line, Strength::Likely, vec![(*item, size)], reason, vec![]);
    }
}

/// A part of a grant, by the grantor's name.
fn instalment(batch: &mut Batch<'_>, line: usize) {
    let size = batch.size(line);
    let parties = parties(batch, line);
    let fits = |item: usize| {
        batch.items[item].kind == Kind::Grant
            && batch.settles(line, item)
            && batch.left[item] > size
            && parties.contains(&batch.party[item])
    };
    let found: Vec<usize> = (0..batch.items.len()).filter(|item| fits(*item)).collect();
    if let [item] = found.as_slice() {
        let reason = format!("the name of who gives {}, and a part of it", batch.number(*item));
        batch.give(line, Strength::Likely, vec![(*item, size)], reason, vec![]);
    }
}

/// Several items of one party, credit notes taken off.
fn sum(batch: &mut Batch<'_>, line: usize) {
    if let [party] = parties(batch, line).as_slice() {
        let fits = |batch: &Batch<'_>, item: usize| {
            let credit = batch.items[item].kind == Kind::CreditNote && batch.lines[line].pence < 0;
            batch.party[item] == *party && (batch.settles(line, item) || credit)
        };
        sum_of(batch, line, fits, "the name, and together the exact amount");
    }
}

/// A run: several claims that go out in one payment without a name.
fn claims(batch: &mut Batch<'_>, line: usize) {
    let text = format!("{} {}", batch.lines[line].text, batch.lines[line].reference).to_uppercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let runs = ["RUN", "BATCH", "CLAIMS", "BULK", "MULTIPLE", "MULTI", "FILE"].iter().any(|word| words.contains(word));
    // Or nothing but what a bank calls any such payment.
    let nobody = words.contains(&"BACS") && !names_somebody(&[&batch.lines[line].text, &batch.lines[line].reference]);
    if (runs || nobody) && batch.named[line].is_empty() && batch.lines[line].pence < 0 {
        let fits = |batch: &Batch<'_>, item: usize| batch.items[item].kind == Kind::Claim && batch.settles(line, item);
        sum_of(batch, line, fits, "a run of claims, and together the exact amount");
    }
}

/// The items that fit and sum to the line, when there is one answer.
fn sum_of(batch: &mut Batch<'_>, line: usize, fits: impl Fn(&Batch<'_>, usize) -> bool, reason: &str) {
    let fits = |item: &usize| batch.left[*item] > 0 && fits(batch, *item) && batch.in_window(line, *item);
    let mut found: Vec<usize> = (0..batch.items.len()).filter(fits).collect();
    // Of too many the nearest by day.
    if found.len() > sums::MOST {
        let far = |item: &usize| batch.items[*item].issued.map_or(0, |issued| (batch.lines[line].day - issued).num_days().abs());
        found.sort_by_key(|item| (far(item), *item));
        found.truncate(sums::MOST);
        found.sort_unstable();
    }
    let all: Vec<(usize, i64)> = found.into_iter().map(|item| batch.all_of(item)).collect();
    let amounts: Vec<i64> = all.iter().map(|(_, pence)| *pence).collect();
    let some = |places: Vec<usize>| -> Vec<(usize, i64)> { places.into_iter().map(|place| all[place]).collect() };
    match sums::find(&amounts, batch.size(line), 2) {
        Found::None => {}
        Found::One(places) => batch.give(line, Strength::Likely, some(places), reason.to_owned(), vec![]),
        Found::Several(one, two) => batch.say(line, format!("{reason}, in more than one way"), vec![some(one), some(two)]),
    }
}

/// One item that several lines of its party pay together.
fn halves(batch: &mut Batch<'_>) {
    let party = |line: usize| if let [party] = parties(batch, line).as_slice() { Some((line, *party)) } else { None };
    let mut open: Vec<(usize, usize)> = batch.open_lines().into_iter().filter_map(party).collect();
    for item in 0..batch.items.len() {
        let left = batch.left[item];
        if left <= 0 || batch.items[item].kind == Kind::CreditNote {
            continue;
        }
        let fits = |(line, party): &(usize, usize)| {
            *party == batch.party[item] && batch.size(*line) < left && batch.settles(*line, item) && batch.in_window(*line, item)
        };
        let lines: Vec<usize> = open.iter().filter(|one| fits(one)).map(|(line, _)| *line).take(sums::MOST).collect();
        if lines.len() < 2 {
            continue;
        }
        let amounts: Vec<i64> = lines.iter().map(|line| batch.size(*line)).collect();
        if let Found::One(places) = sums::find(&amounts, left, 2) {
            let together: Vec<usize> = places.into_iter().map(|place| lines[place]).collect();
            open.retain(|(line, _)| !together.contains(line));
            for line in together {
                let reason = format!("the name, and with others exactly what is open of {}", batch.number(item));
                let size = batch.size(line);
                batch.give(line, Strength::Likely, vec![(item, size)], reason, vec![]);
            }
        }
    }
}

/// No name and no number: where several items are this amount, they are listed; one alone would be a guess.
fn nobody(batch: &mut Batch<'_>, line: usize) {
    if names_somebody(&[&batch.lines[line].text, &batch.lines[line].reference]) {
        return;
    }
    let size = batch.size(line);
    let fits = |item: &usize| batch.settles(line, *item) && batch.left[*item] == size && batch.in_window(line, *item);
    let found: Vec<usize> = (0..batch.items.len()).filter(fits).collect();
    if found.len() > 1 {
        let alternatives = found.into_iter().take(5).map(|item| vec![(item, size)]).collect();
        batch.say(line, "the amount of several items, and neither a name nor a number".to_owned(), alternatives);
    }
}
