//! Lines in which a number stands: ours, or the other side's with its name.

use super::names::names_somebody;
use super::propose::Batch;
use super::sums::{self, Found};
use super::{Direction, Kind, Strength};

/// How the items of a line were found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// One of our numbers.
    Ours,
    /// A number of theirs, with their name.
    Theirs,
}

/// Goes through the lines by day, so that a later one sees what an earlier one has left.
pub fn run(batch: &mut Batch<'_>) {
    for line in batch.open_lines() {
        let ours = batch.index.our_items(&batch.signs[line]);
        let theirs = batch.index.their_items(&batch.signs[line]);
        if !ours.is_empty() {
            let credits = theirs
                .iter()
                .map(|(item, _)| *item)
                .filter(|item| batch.items[*item].kind == Kind::CreditNote && names(batch, line, *item));
            let credits: Vec<usize> = credits.filter(|item| !ours.contains(item)).collect();
            of_numbers(batch, line, &[ours, credits].concat(), &theirs, By::Ours);
            continue;
        }
        let strong = theirs.iter().filter(|(item, number)| is_strong(number) && names(batch, line, *item));
        let strong: Vec<usize> = strong.map(|(item, _)| *item).collect();
        if strong.is_empty() {
            nameless(batch, line, &theirs);
        } else {
            of_numbers(batch, line, &strong, &theirs, By::Theirs);
        }
    }
}

/// Long enough to be no chance: four signs, three of them figures.
fn is_strong(number: &str) -> bool {
    number.len() >= 4 && number.bytes().filter(u8::is_ascii_digit).count() >= 3
}

fn names(batch: &Batch<'_>, line: usize, item: usize) -> bool {
    batch.named[line].iter().any(|named| named.party == batch.party[item])
}

/// Their number and exactly the amount, where no name stands in the text at all.
fn nameless(batch: &mut Batch<'_>, line: usize, theirs: &[(usize, String)]) {
    let size = batch.size(line);
    if names_somebody(&[&batch.lines[line].text, &batch.lines[line].reference]) {
        return;
    }
    let fits: Vec<usize> = theirs
        .iter()
        .map(|(item, _)| *item)
        .filter(|item| batch.settles(line, *item) && batch.left[*item] == size && batch.in_window(line, *item))
        .collect();
    if let [item] = fits.as_slice() {
        let reason = format!("their number {} and the exact amount, and no name", batch.items[*item].their_numbers.join(", "));
        batch.give(line, Strength::Likely, vec![(*item, size)], reason, vec![]);
    }
}

fn of_numbers(batch: &mut Batch<'_>, line: usize, hits: &[usize], theirs: &[(usize, String)], by: By) {
    let size = batch.size(line);
    let settled: Vec<usize> = hits.iter().copied().filter(|item| batch.settles(line, *item)).collect();
    let credits: Vec<usize> =
        hits.iter().copied().filter(|item| batch.items[*item].kind == Kind::CreditNote && batch.left[*item] > 0).collect();
    if batch.lines[line].pence > 0 && settled.is_empty() {
        return money_back(batch, line, hits, &credits, theirs);
    }
    if settled.is_empty() {
        return batch.say(line, format!("{} is named, and money out does not settle it", batch.number(hits[0])), vec![]);
    }
    let open: Vec<usize> = settled.iter().copied().filter(|item| batch.left[*item] > 0).collect();
    if open.is_empty() {
        let reason = format!("nothing is left on {}: is it paid a second time?", batch.number(settled[0]));
        return batch.say(line, reason, vec![]);
    }
    let exact: Vec<usize> = open.iter().copied().filter(|item| batch.left[*item] == size).collect();
    match exact.as_slice() {
        [] if open.len() + credits.len() > 1 => several(batch, line, &open, &credits, by),
        [] => inexact(batch, line, open[0], by),
        [item] => {
            let untouched = !batch.touched[*item];
            let others = open.iter().any(|other| other != item && batch.number(*other) != batch.number(*item));
            let against = speaks_against(batch, line, *item);
            let (strength, besides) = match () {
                () if against => (Strength::Likely, ", but another name"),
                () if others => (Strength::Likely, ", and another number besides"),
                () if !untouched => (Strength::Likely, ", once what was proposed before is accepted"),
                () => (Strength::Certain, ""),
            };
            let reason = format!("{} and the exact amount{besides}", which(batch, *item, by));
            batch.give(line, strength, vec![(*item, size)], reason, vec![]);
        }
        [item, others @ ..] => {
            let alternatives = others.iter().map(|other| vec![(*other, size)]).collect();
            let reason = format!("{} and the exact amount; others of the same number are the same amount", which(batch, *item, by));
            batch.give(line, Strength::Likely, vec![(*item, size)], reason, alternatives);
        }
    }
}

fn which(batch: &Batch<'_>, item: usize, by: By) -> String {
    match by {
        By::Ours => format!("your number {}", batch.number(item)),
        By::Theirs => format!("their number {} and their name", batch.items[item].their_numbers.join(", ")),
    }
}

/// Whether the text names another party better than that of the item.
fn speaks_against(batch: &Batch<'_>, line: usize, item: usize) -> bool {
    let named = &batch.named[line];
    let own = named.iter().find(|named| named.party == batch.party[item]);
    named.iter().any(|other| other.party != batch.party[item] && own.is_none_or(|own| other.beats(*own)))
}

/// A credit note that is paid back, or a payment that comes back.
fn money_back(batch: &mut Batch<'_>, line: usize, hits: &[usize], credits: &[usize], theirs: &[(usize, String)]) {
    let size = batch.size(line);
    let exact: Vec<usize> = credits.iter().copied().filter(|item| batch.pays_back(line, *item) && batch.left[*item] == size).collect();
    if let [item, others @ ..] = exact.as_slice() {
        let own = theirs.iter().any(|(known, _)| known == item);
        let sure = own && others.is_empty() && !batch.touched[*item] && !speaks_against(batch, line, *item);
        let strength = if sure { Strength::Certain } else { Strength::Likely };
        let reason = format!("the credit note {} and the exact amount", batch.items[*item].their_numbers.join(", "));
        let alternatives = others.iter().map(|other| vec![(*other, -size)]).collect();
        return batch.give(line, strength, vec![(*item, -size)], reason, alternatives);
    }
    let paid = |item: &usize| {
        let item = *item;
        batch.items[item].kind != Kind::CreditNote
            && batch.items[item].direction == Direction::Out
            && batch.items[item].amount - batch.left[item] >= size
    };
    let back: Vec<usize> = hits.iter().copied().filter(paid).collect();
    match back.as_slice() {
        [item] if says_that_it_comes_back(batch, line) => {
            let reason = format!("the payment of {} comes back, and it is open again", batch.number(*item));
            batch.give(line, Strength::Likely, vec![(*item, -size)], reason, vec![]);
        }
        _ => batch.say(line, format!("{} is named, and money in does not settle it", batch.number(hits[0])), vec![]),
    }
}

/// Whether the words of a line say that a payment comes back.
pub fn says_that_it_comes_back(batch: &Batch<'_>, line: usize) -> bool {
    let text = format!("{} {}", batch.lines[line].text, batch.lines[line].reference).to_uppercase();
    ["RETURN", "UNPAID", "REVERS", "REJECT", "RECALL", "BOUNCE", "REFUND", "CANCEL", "UNAPPLIED"].iter().any(|word| text.contains(word))
}

/// Several items of which numbers stand in the text: all of them, or the ones that sum.
fn several(batch: &mut Batch<'_>, line: usize, open: &[usize], credits: &[usize], by: By) {
    let size = batch.size(line);
    let all: Vec<(usize, i64)> = open.iter().chain(credits).map(|item| batch.all_of(*item)).collect();
    let sum = |some: &[(usize, i64)]| some.iter().map(|(_, pence)| *pence).sum::<i64>();
    let without = &all[..open.len()];
    let numbers = |some: &[(usize, i64)]| some.iter().map(|(item, _)| batch.number(*item)).collect::<Vec<_>>().join(", ");
    if sum(&all) == size || sum(without) == size {
        let some = if sum(without) == size { without } else { &all };
        let less = if some.len() > without.len() { ", less the credit note" } else { "" };
        let reason = format!("the numbers {} and exactly their sum{less}", numbers(some));
        return batch.give(line, Strength::Likely, some.to_vec(), reason, vec![]);
    }
    let amounts: Vec<i64> = all.iter().map(|(_, pence)| *pence).collect();
    let some = |places: Vec<usize>| -> Vec<(usize, i64)> { places.into_iter().map(|place| all[place]).collect() };
    match sums::find(&amounts, size, 2) {
        Found::One(places) => {
            let some = some(places);
            let reason = format!("the numbers {} and exactly their sum", numbers(&some));
            batch.give(line, Strength::Likely, some, reason, vec![]);
        }
        Found::Several(one, two) => {
            let alternatives = vec![some(one), some(two)];
            batch.say(line, "several of the numbers in the text sum to the amount".to_owned(), alternatives);
        }
        // A credit note of the same order does not make one invoice two.
        Found::None if open.len() == 1 => inexact(batch, line, open[0], by),
        Found::None => {
            let reason = format!("the numbers {} and another amount", numbers(without));
            let alternatives = without.iter().map(|(item, left)| vec![(*item, (*left).min(size))]).collect();
            batch.say(line, reason, alternatives);
        }
    }
}

/// One number, and not exactly its amount.
fn inexact(batch: &mut Batch<'_>, line: usize, item: usize, by: By) {
    let (size, left) = (batch.size(line), batch.left[item]);
    let same_party = |other: usize| batch.party[other] == batch.party[item] || names(batch, line, other);
    let rivals = (0..batch.items.len())
        .filter(|other| *other != item && batch.settles(line, *other) && batch.left[*other] == size && same_party(*other));
    let rivals: Vec<usize> = rivals.filter(|other| batch.in_window(line, *other)).collect();
    if !rivals.is_empty() {
        let reason = format!("{}, but the amount is that of {}", which(batch, item, by), batch.number(rivals[0]));
        let alternatives = std::iter::once(vec![(item, left.min(size))]).chain(rivals.iter().map(|rival| vec![(*rival, size)])).collect();
        return batch.say(line, reason, alternatives);
    }
    let number = which(batch, item, by);
    let reason = match () {
        () if batch.items[item].net == Some(size) => format!("{number} and the amount without VAT: {} is left open", pounds(left - size)),
        () if size < left => format!("{number}, a part: {} is left open", pounds(left - size)),
        () => format!("{number}, and more than is open: {} of the line is left", pounds(size - left)),
    };
    batch.give(line, Strength::Likely, vec![(item, left.min(size))], reason, vec![]);
}

fn pounds(pence: i64) -> String {
    format!("£{}.{:02}", crate::base::text::number(usize::try_from(pence / 100).unwrap_or(0)), pence % 100)
}
