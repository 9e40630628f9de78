//! OFX, as SGML without end tags and as XML, by a tokeniser of our own that keeps line numbers: one payment without an id, a bare "&" or a
//! file cut off in the middle must not lose the others.

use super::dates::{self, Written};
use super::entities;
use super::finish::{Draft, Entry, Figures};
use super::money;
use super::{Line, Note, NoteKind, Problem, ProblemKind, Words};

/// Fields of one payment past this many are not kept.
const MOST_FIELDS: usize = 60;

/// Whether a text is an OFX.
pub fn looks_like_one(text: &str) -> bool {
    let start: String = text.chars().take(4000).collect::<String>().to_uppercase();
    start.contains("OFXHEADER") || start.contains("<OFX>") || start.contains("<STMTTRN>")
}

/// Everything that an OFX holds.
pub fn read(text: &str) -> Draft {
    let mut reading = Reading::default();
    let mut last = 1;
    for token in (Tokens { text, at: 0, line: 1 }) {
        last = token.line;
        reading.token(&token);
    }
    if let Some(open) = reading.open.take() {
        reading.truncated(open.line);
    } else if !reading.ended {
        reading.truncated(last);
    }
    reading.draft
}

/// `<TAG>` or `</TAG>`, with the text behind it.
struct Token<'a> {
    name: String,
    closes: bool,
    value: &'a str,
    line: u32,
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let (start, end) = tag(self.text, self.at)?;
        self.pass(start);
        let line = self.line;
        let inside = &self.text[start + 1..end];
        let value_end = tag(self.text, end + 1).map_or(self.text.len(), |(next, _)| next);
        let value = &self.text[end + 1..value_end];
        self.pass(end + 1);
        let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default().to_uppercase();
        Some(Token { name, closes: inside.starts_with('/'), value, line })
    }
}

impl Tokens<'_> {
    fn pass(&mut self, to: usize) {
        let passed = self.text.as_bytes().get(self.at..to).unwrap_or_default();
        self.line += entities::breaks(passed);
        self.at = to.max(self.at);
    }
}

/// The next tag: where it opens and where it closes. A "<" in a text opens none.
fn tag(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let start = at + bytes.get(at..)?.iter().position(|byte| *byte == b'<')?;
        let inside = bytes.get(start + 1..)?;
        let length = inside.iter().take(80).position(|byte| matches!(byte, b'>' | b'<' | b'\n'));
        let first = inside.first().copied().unwrap_or_default();
        match length {
            Some(length) if inside[length] == b'>' && (first.is_ascii_alphabetic() || first == b'/') => {
                return Some((start, start + 1 + length));
            }
            _ => at = start + 1,
        }
    }
}

#[derive(Default)]
struct Reading {
    draft: Draft,
    open: Option<Open>,
    account: (String, String),
    currency: String,
    pending: bool,
    ledger: bool,
    ended: bool,
}

/// A payment that has begun.
struct Open {
    line: u32,
    fields: Vec<(String, String)>,
}

impl Reading {
    fn token(&mut self, token: &Token<'_>) {
        match (token.name.as_str(), token.closes) {
            ("STMTTRN" | "STMTTRNP", false) => {
                self.close();
                self.pending |= token.name == "STMTTRNP";
                self.open = Some(Open { line: token.line, fields: Vec::new() });
            }
            ("STMTTRN" | "STMTTRNP" | "BANKTRANLIST", true) => self.close(),
            ("BANKTRANLISTP", closes) => {
                self.close();
                self.pending = !closes;
            }
            ("OFX", true) => {
                self.close();
                self.ended = true;
            }
            ("BANKACCTFROM" | "CCACCTFROM", false) => self.account = <(String, String)>::default(),
            ("LEDGERBAL", closes) => self.ledger = !closes,
            ("AVAILBAL", _) => self.ledger = false,
            (_, true) => {}
            (name, false) => self.field(name, token.value),
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        let value = entities::decoded(value.trim());
        let value = value.trim();
        if let Some(open) = &mut self.open {
            if open.fields.len() < MOST_FIELDS && !value.is_empty() {
                open.fields.push((name.to_owned(), value.to_owned()));
            }
            return;
        }
        match name {
            "BANKID" => value.clone_into(&mut self.account.0),
            "ACCTID" => value.clone_into(&mut self.account.1),
            "CURDEF" => value.clone_into(&mut self.currency),
            "BALAMT" if self.ledger => {
                if let Ok(amount) = money::amount(value) {
                    self.draft.stands.get_or_insert(amount.pence);
                }
            }
            _ => {}
        }
    }

    /// Ends the payment that has begun, if there is one.
    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let pending = self.pending;
        match self.payment(&open) {
            Ok(entry) if pending => self.draft.notes.push(Note { line: open.line, kind: NoteKind::Pending, pence: Some(entry.line.pence) }),
            Ok(entry) if entry.line.pence == 0 => {
                self.draft.notes.push(Note { line: open.line, kind: NoteKind::ZeroAmount, pence: Some(0) });
            }
            Ok(entry) => self.draft.entries.push(entry),
            Err(problem) => self.draft.problems.push(problem),
        }
    }

    fn payment(&self, open: &Open) -> Result<Entry, Problem> {
        let field = |name: &str| open.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let fault = |kind, words: &str| Problem::new(open.line, kind, words);
        let currency = field("CURSYM").unwrap_or(&self.currency);
        if !currency.is_empty() && !currency.eq_ignore_ascii_case("GBP") {
            return Err(fault(ProblemKind::ForeignCurrency, "The amount is not in pounds."));
        }
        let posted = field("DTPOSTED").unwrap_or_default();
        // The day that is written, whatever zone stands behind it.
        let day = posted.get(..8).and_then(|day| dates::written(day, false)).filter(|day| matches!(day, Written::Day(_)));
        let day = day.ok_or_else(|| fault(ProblemKind::UnreadableDate, "The day of booking is missing or is none."))?;
        let amount = field("TRNAMT").ok_or_else(|| fault(ProblemKind::NoAmount, "No amount stands in the payment."))?;
        let amount =
            money::amount(amount).map_err(|_| fault(ProblemKind::UnreadableAmount, "The amount cannot be read as pounds and pence."))?;
        let (name, memo) = (field("NAME").unwrap_or_default(), field("MEMO").unwrap_or_default());
        // What is one text is often cut into two, or said twice.
        let (text, reference) = if name.is_empty() { (memo, "") } else { (name, if memo == name { "" } else { memo }) };
        let others: Vec<&str> = ["CHECKNUM", "REFNUM"].into_iter().filter_map(field).filter(|number| !reference.contains(number)).collect();
        let reference = [&[reference], others.as_slice()].concat().join(" ");
        let (bank, number) = &self.account;
        Ok(Entry {
            written: day,
            figures: Figures::One { pence: amount.pence, side: None },
            kind: field("TRNTYPE").unwrap_or_default().to_lowercase(),
            account: (!number.is_empty()).then(|| format!("{bank} {number}").trim().to_owned()),
            line: Line {
                line: open.line,
                pence: amount.pence,
                text: Words::new(text),
                reference: Words::new(&reference),
                bank_id: field("FITID").map(ToOwned::to_owned),
                ..Line::default()
            },
        })
    }

    fn truncated(&mut self, line: u32) {
        let words = "The file ends in the middle. Download it from the bank again, and read the whole of it.";
        self.draft.problems.push(Problem::new(line, ProblemKind::Truncated, words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(draft: &Draft) -> Vec<(u32, ProblemKind)> {
        draft.problems.iter().map(|problem| (problem.line, problem.kind)).collect()
    }

    #[test]
    fn a_faulty_payment_does_not_lose_the_others() {
        let text = "<OFX><CURDEF>GBP<BANKTRANLIST>\n<STMTTRN><DTPOSTED>20260901<TRNAMT>1.00<NAME>A & B < C<FITID>\n<STMTTRN><DTPOSTED>20260902<NAME>NO AMOUNT</STMTTRN>\n\
                    <STMTTRN><DTPOSTED>x<TRNAMT>1.00</STMTTRN>\n<STMTTRN><DTPOSTED>20260903<TRNAMT>-2.00<CURRENCY><CURSYM>EUR</CURRENCY></STMTTRN>\n\
                    <STMTTRN><DTPOSTED>20260904<TRNAMT>0.00</STMTTRN>\n</BANKTRANLIST></OFX>";
        let draft = read(text);
        assert_eq!(draft.entries.len(), 1);
        assert_eq!((draft.entries[0].line.text.reveal(), draft.entries[0].line.bank_id.as_deref()), ("A & B < C", None));
        assert_eq!(kinds(&draft), [(3, ProblemKind::NoAmount), (4, ProblemKind::UnreadableDate), (5, ProblemKind::ForeignCurrency)]);
        assert_eq!(draft.notes, [Note { line: 6, kind: NoteKind::ZeroAmount, pence: Some(0) }]);
    }

    #[test]
    fn an_end_in_the_middle_is_said() {
        assert_eq!(kinds(&read("<OFX>\n<STMTTRN><DTPOSTED>20260901<TRNAMT>1.00</STMTTRN>\n")), [(2, ProblemKind::Truncated)]);
        assert_eq!(kinds(&read("<OFX>\n<STMTTRN><DTPOSTED>20260901<TRNAMT>1.0")), [(2, ProblemKind::Truncated)]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<STMTTRN>|</STMTTRN>|<TRNAMT>|<DTPOSTED>|20260901|1.00|<|>|&|\n|</OFX>|é){0,30}") {
            let _ = read(&text);
        }
    }
}
