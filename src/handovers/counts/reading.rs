//! A count's form: its fields become lines, or say what is missing. Pure.

use super::{Condition, Count, CountLine, Expected, How, LONGEST_NOTE, Loose, MOST, Why};
use crate::base::ids::ContentsLineId;
use crate::base::text;

/// What was wrong: the field, and a sentence that says what would be right.
pub type Fault = (String, String);

/// A form as it was sent: every field with its value.
pub type Typed = [(String, String)];

fn value<'a>(typed: &'a Typed, name: &str) -> &'a str {
    typed.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
}

/// The name of a line's field: `there`, `n`, `loose`, `why` or `note`, and the line.
#[must_use]
pub fn field(what: &str, line: ContentsLineId) -> String {
    format!("{what}-{line}")
}

/// Reads a count out of a form. Pressing "All there" counts every line as it was known to be; so a line that says something else
/// is asked about, not lost.
///
/// # Errors
/// What is wrong, at the fields, in the order of the form.
pub fn read(typed: &Typed, expected: &[Expected]) -> Result<Count, Vec<Fault>> {
    let how = value(typed, "how").parse().unwrap_or(How::Lines);
    // Somebody says something of a line or two, and has not looked at the rest.
    let some = value(typed, "how") == SOME;
    if how == How::None {
        return Ok(Count { how, lines: Vec::new() });
    }
    let mut faults = Vec::new();
    let mut lines = Vec::new();
    for line in expected {
        match if line.consumable { consumable(typed, line) } else { durable(typed, line) } {
            Ok(read) => lines.push(read),
            Err(fault) => faults.push(fault),
        }
    }
    let changed = lines.iter().any(|line| *line != line.of.as_known());
    if how == How::AllThere && (changed || !faults.is_empty()) {
        faults
            .insert(0, ("how".to_owned(), "You said of a line that it is not all there. Send the count at the end of the list".to_owned()));
    }
    if some {
        if !changed && faults.is_empty() {
            faults.push(("how".to_owned(), "Say of at least one line what has changed, or save the whole count".to_owned()));
        }
        for line in lines.iter_mut().filter(|line| **line == line.of.as_known()) {
            *line = CountLine { counted: None, loose: None, ..line.clone() };
        }
    }
    if faults.is_empty() { Ok(Count { how, lines }) } else { Err(faults) }
}

/// What a form's button says that only the lines that were touched are counted.
pub const SOME: &str = "some";

/// A line of a form that has not been touched.
#[must_use]
pub fn untouched(line: &Expected) -> CountLine {
    line.as_known()
}

fn durable(typed: &Typed, line: &Expected) -> Result<CountLine, Fault> {
    let ticked = value(typed, &field("there", line.line)) == "yes";
    let number = number(typed, line)?;
    let why = why(typed, line);
    let note = note(typed, line)?;
    let item = &line.item;
    let counted = match (number, why) {
        (Some(_), Some(Why::NotCounted)) => {
            return Err((field("why", line.line), format!("{item}: you gave a number and \"Not counted\". Leave one of them empty")));
        }
        (Some(number), None) if number < line.known => {
            return Err((field("why", line.line), format!("{item}: choose why there are fewer than {}", line.known)));
        }
        (Some(number), Some(_)) if number >= line.quantity => {
            let words = format!("{item}: {} belong in it, so none is missing. Put the number right, or choose no reason", line.quantity);
            return Err((field("n", line.line), words));
        }
        (Some(number), _) => Some(number),
        (None, Some(Why::NotCounted)) => None,
        (None, None) if ticked => Some(line.known),
        (None, _) => {
            return Err((field("n", line.line), format!("{item}: enter how many there are, or choose \"Not counted\"")));
        }
    };
    Ok(CountLine { of: line.clone(), counted, loose: None, why, note })
}

fn consumable(typed: &Typed, line: &Expected) -> Result<CountLine, Fault> {
    let said = value(typed, &field("loose", line.line));
    let number = number(typed, line)?;
    let note = note(typed, line)?;
    // A number says more than a word; and who chose nothing said nothing.
    let loose = if number.is_some() { None } else { said.parse().ok() };
    let why = (number.is_none() && loose.is_none()).then_some(Why::NotCounted);
    Ok(CountLine { of: line.clone(), counted: number, loose, why, note })
}

/// What somebody typed, to be read again where it can no longer be sent: each line with a word, then the condition and the note.
#[must_use]
pub fn as_typed(typed: &Typed, expected: &[Expected]) -> Vec<(String, String)> {
    let none = value(typed, "how") == "none";
    let lines = expected.iter().filter(|_| !none).map(|line| {
        let of = |what: &str| value(typed, &field(what, line.line));
        let loose = of("loose").parse::<Loose>().ok().filter(|_| of("n").is_empty()).map(|loose| loose.words().to_owned());
        let there = (of("there") == "yes" && of("n").is_empty() && of("why").is_empty()).then(|| "All there".to_owned());
        let why = of("why").parse::<Why>().ok().map(|why| why.words().to_owned());
        let said = [there, loose, Some(of("n").to_owned()), why, Some(of("note").to_owned())];
        let words: Vec<String> = said.into_iter().flatten().filter(|word| !word.is_empty()).collect();
        (line.item.clone(), if words.is_empty() { Why::NotCounted.words().to_owned() } else { words.join(", ") })
    });
    let mut all: Vec<(String, String)> = lines.collect();
    if let Ok(condition) = value(typed, "condition").parse::<Condition>() {
        all.push(("The box itself".to_owned(), condition.words().to_owned()));
    }
    for (name, label) in [("note", "Note"), ("reason", "Why it was not taken")] {
        let words = value(typed, name);
        if !words.is_empty() {
            all.push((label.to_owned(), words.to_owned()));
        }
    }
    all
}

fn number(typed: &Typed, line: &Expected) -> Result<Option<u32>, Fault> {
    let name = field("n", line.line);
    let text = value(typed, &name);
    if text.is_empty() {
        return Ok(None);
    }
    let fits = |number: &u32| *number <= MOST && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u32>().ok().filter(fits) {
        Some(number) => Ok(Some(number)),
        None => Err((name, format!("{}: enter how many there are as a whole number, for example {}", line.item, line.quantity))),
    }
}

fn why(typed: &Typed, line: &Expected) -> Option<Why> {
    value(typed, &field("why", line.line)).parse().ok()
}

fn note(typed: &Typed, line: &Expected) -> Result<String, Fault> {
    let name = field("note", line.line);
    words(value(typed, &name), LONGEST_NOTE).map_err(|fault| (name, format!("{}: {fault}", line.item)))
}

/// Words of one line: no control characters, runs of blanks made one.
///
/// # Errors
/// When there are more letters than that.
pub fn words(typed: &str, most: usize) -> Result<String, String> {
    let clean = text::plain_line(typed);
    let count = clean.chars().count();
    if count > most { Err(format!("use {most} characters or fewer; this has {count}")) } else { Ok(clean) }
}
