//! CAMT.053, the statement of ISO 20022, in all its versions. Entries that are booked, with the parts of a batch; what is pending is a note.
//! Entities of a document's own are never resolved, and depth is bounded.

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::dates::{self, Written};
use super::finish::{Draft, Entry, Figures, Stated};
use super::money::{self, NoAmount};
use super::{Line, Note, NoteKind, Part, Problem, ProblemKind, Words};

/// Elements inside each other past this depth are no statement.
const DEEPEST: usize = 48;
/// Elements of one entry past this many are not kept: ten thousand parts.
const MOST_NODES: usize = 400_000;

/// Whether a text is a CAMT.053.
pub fn looks_like_one(text: &str) -> bool {
    text.chars().take(4000).collect::<String>().contains("camt.053") || text.contains("<BkToCstmrStmt")
}

/// An element with what is in it.
#[derive(Debug, Default)]
struct Node {
    name: String,
    line: u32,
    currency: String,
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text at the end of a path.
    fn at(&self, path: &[&str]) -> Option<&str> {
        let found = path.iter().try_fold(self, |node, name| node.child(name))?;
        Some(found.text.trim()).filter(|text| !text.is_empty())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Everything that a CAMT.053 holds.
pub fn read(text: &str) -> Draft {
    let mut draft = Draft::default();
    let mut account = String::new();
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    // The elements that are open, and those of them that are kept.
    let mut open: Vec<String> = Vec::new();
    let mut kept: Vec<Node> = Vec::new();
    let mut count = 0;
    loop {
        // Where the next event begins: behind it the reader stands on its end.
        let start = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let name = local(&tag);
                if !kept.is_empty() || matches!(name.as_str(), "Ntry" | "Bal" | "Acct") {
                    count += 1;
                    kept.push(Node { line: lines.at(start), currency: currency(&tag), name: name.clone(), ..Node::default() });
                }
                open.push(name);
                if open.len() > DEEPEST || count > MOST_NODES {
                    truncated(&mut draft, lines.at(start), "The file holds more inside one entry than a statement does.");
                    return draft;
                }
            }
            Ok(Event::Empty(tag)) => {
                if let Some(parent) = kept.last_mut() {
                    parent.children.push(Node { name: local(&tag), ..Node::default() });
                }
            }
            Ok(Event::End(_)) => {
                open.pop();
                let Some(node) = kept.pop() else { continue };
                if let Some(parent) = kept.last_mut() {
                    parent.children.push(node);
                    continue;
                }
                count = 0;
                match node.name.as_str() {
                    "Acct" => {
                        node.at(&["Id", "IBAN"]).or_else(|| node.at(&["Id", "Othr", "Id"])).unwrap_or_default().clone_into(&mut account);
                    }
                    "Bal" => balance(&mut draft, &node),
                    _ => entry(&mut draft, &node, &account),
                }
            }
            Ok(Event::Text(words)) => {
                if let Some(node) = kept.last_mut() {
                    node.text.push_str(&words);
                }
            }
            Ok(Event::CData(words)) => {
                if let Some(node) = kept.last_mut() {
                    node.text.push_str(&words);
                }
            }
            Ok(Event::GeneralRef(name)) => {
                if let Some(node) = kept.last_mut() {
                    match name.resolve_char_ref() {
                        Ok(Some(letter)) => node.text.push(letter),
                        _ => node.text.push_str(resolve_predefined_entity(&name).unwrap_or_default()),
                    }
                }
            }
            Ok(Event::Eof) => {
                if !open.is_empty() {
                    let line = kept.first().map_or_else(|| lines.at(text.len()), |node| node.line);
                    truncated(&mut draft, line, "The file ends in the middle. Download it from the bank again, and read the whole of it.");
                }
                return draft;
            }
            Ok(_) => {}
            Err(fault) => {
                let line = kept.first().map_or_else(|| lines.at(start), |node| node.line);
                truncated(&mut draft, line, said(&fault));
                return draft;
            }
        }
    }
}

fn said(fault: &Error) -> &'static str {
    match fault {
        Error::Syntax(_) => "The file ends in the middle. Download it from the bank again, and read the whole of it.",
        _ => "The file is damaged here. Download it from the bank again, and read the whole of it.",
    }
}

fn truncated(draft: &mut Draft, line: u32, words: &str) {
    draft.problems.push(Problem::new(line, ProblemKind::Truncated, words));
}

fn local(tag: &BytesStart<'_>) -> String {
    tag.local_name().as_ref().to_owned()
}

fn currency(tag: &BytesStart<'_>) -> String {
    tag.attributes()
        .flatten()
        .find(|attribute| attribute.key.as_ref() == "Ccy")
        .map(|attribute| attribute.value.to_string())
        .unwrap_or_default()
}

/// Opening and closing: those of the first statement of a file and of the last.
fn balance(draft: &mut Draft, node: &Node) {
    let kind = node.at(&["Tp", "CdOrPrtry", "Cd"]).unwrap_or_default();
    let Ok(pence) = pence(node) else { return };
    let stated = Stated { line: node.line, pence };
    match kind {
        "OPBD" | "PRCD" if draft.opening.is_none() => draft.opening = Some(stated),
        // The balances stand above the entries; the last must be checked after them.
        "CLBD" => draft.closing = Some(Stated { line: u32::MAX, ..stated }),
        _ => {}
    }
}

/// The amount of an element with the sign that stands beside it.
fn pence(node: &Node) -> Result<i64, (ProblemKind, &'static str)> {
    let amount = node.child("Amt").ok_or((ProblemKind::NoAmount, "No amount stands in the entry."))?;
    if !amount.currency.is_empty() && amount.currency != "GBP" {
        return Err((ProblemKind::ForeignCurrency, "The amount is not in pounds."));
    }
    let text = amount.text.trim();
    // 12.5 and 12.50000 are the same amount here: it is a decimal number and no text.
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    let pence = money::amount(text).map_err(|fault| match fault {
        NoAmount::Foreign => (ProblemKind::ForeignCurrency, "The amount is not in pounds."),
        NoAmount::Blank | NoAmount::Unreadable => (ProblemKind::UnreadableAmount, "The amount cannot be read as pounds and pence."),
    })?;
    match node.at(&["CdtDbtInd"]) {
        Some("CRDT") => Ok(pence.pence),
        Some("DBIT") => Ok(-pence.pence),
        _ => Err((ProblemKind::SignUnclear, "Neither money in nor money out stands beside the amount.")),
    }
}

fn entry(draft: &mut Draft, node: &Node, account: &str) {
    let status = node.at(&["Sts"]).or_else(|| node.at(&["Sts", "Cd"])).unwrap_or("BOOK");
    let read = pence(node);
    if status != "BOOK" {
        draft.notes.push(Note { line: node.line, kind: NoteKind::Pending, pence: read.ok() });
        return;
    }
    let pence = match read {
        Ok(0) => {
            draft.notes.push(Note { line: node.line, kind: NoteKind::ZeroAmount, pence: Some(0) });
            return;
        }
        Ok(pence) => pence,
        Err((kind, words)) => {
            draft.problems.push(Problem::new(node.line, kind, words));
            return;
        }
    };
    let day = node.at(&["BookgDt", "Dt"]).or_else(|| node.at(&["BookgDt", "DtTm"]));
    let day = day.and_then(|day| dates::written(day.get(..10)?, false)).filter(|day| matches!(day, Written::Day(_)));
    let Some(day) = day else {
        draft.problems.push(Problem::new(node.line, ProblemKind::UnreadableDate, "The day of booking is missing or is none."));
        return;
    };
    let details: Vec<&Node> = node.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    let mut parts = Vec::new();
    if details.len() > 1 {
        parts = details.iter().filter_map(|one| part(one, pence)).collect();
        let sum: i64 = parts.iter().map(|part: &Part| part.pence).sum();
        if parts.len() < details.len() || sum != pence {
            if parts.len() == details.len() {
                let words = "The parts of this payment are another sum than the payment. It is taken without them.";
                draft.problems.push(Problem::new(node.line, ProblemKind::PartsDoNotSum, words));
            }
            parts.clear();
        }
    }
    let (text, reference) = match details.as_slice() {
        [one] => (party(one, pence), references(one)),
        _ => (String::new(), String::new()),
    };
    let information = node.at(&["AddtlNtryInf"]).unwrap_or_default();
    let text = if text.is_empty() { information.to_owned() } else { text };
    let reference = if reference.is_empty() && text != information { information.to_owned() } else { reference };
    draft.entries.push(Entry {
        written: day,
        figures: Figures::One { pence, side: None },
        kind: String::new(),
        account: (!account.is_empty()).then(|| account.to_owned()),
        line: Line {
            line: node.line,
            pence,
            text: Words::new(&text),
            reference: Words::new(&reference),
            bank_id: node.at(&["AcctSvcrRef"]).map(ToOwned::to_owned),
            parts,
            ..Line::default()
        },
    });
}

/// One part of a batch, with its own amount; its sign is the entry's where it has none.
fn part(details: &Node, of: i64) -> Option<Part> {
    let holder = [
        details.child("Amt").map(|_| details),
        details.child("AmtDtls").and_then(|amounts| amounts.child("TxAmt").or(amounts.child("InstdAmt"))),
    ];
    let holder = holder.into_iter().flatten().next()?;
    let amount = holder.child("Amt")?;
    if !amount.currency.is_empty() && amount.currency != "GBP" {
        return None;
    }
    let size = money::amount(amount.text.trim()).ok()?.pence;
    let out = details.at(&["CdtDbtInd"]).map_or(of < 0, |indicator| indicator == "DBIT");
    let pence = if out { -size } else { size };
    Some(Part { line: details.line, pence, text: Words::new(&party(details, of)), reference: Words::new(&references(details)) })
}

/// The name of the other side.
fn party(details: &Node, pence: i64) -> String {
    let name = |side: &str| {
        let parties = details.child("RltdPties")?;
        parties.at(&[side, "Nm"]).or_else(|| parties.at(&[side, "Pty", "Nm"]))
    };
    let sides = if pence < 0 { ["Cdtr", "Dbtr"] } else { ["Dbtr", "Cdtr"] };
    let found = name(sides[0]).or_else(|| name(sides[1])).or_else(|| details.at(&["AddtlTxInf"]));
    found.unwrap_or_default().to_owned()
}

/// What was given as the reference: what the payer wrote, in whatever element, each once.
fn references(details: &Node) -> String {
    let mut found: Vec<&str> = Vec::new();
    let information = details.child("RmtInf");
    let free = information.into_iter().flat_map(|information| information.all("Ustrd")).map(|node| node.text.trim());
    found.extend(free);
    for structured in information.into_iter().flat_map(|information| information.all("Strd")) {
        found.extend(structured.at(&["CdtrRefInf", "Ref"]));
        found.extend(structured.all("RfrdDocInf").filter_map(|document| document.at(&["Nb"])));
        found.extend(structured.all("AddtlRmtInf").map(|node| node.text.trim()));
    }
    found.extend(details.at(&["Refs", "EndToEndId"]));
    found.extend(details.at(&["Refs", "ChqNb"]));
    let mut once: Vec<&str> = Vec::new();
    for text in found.into_iter().filter(|text| !text.is_empty() && *text != "NOTPROVIDED") {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once.join(" ")
}

/// Where a byte is, as a line number; asked with rising places.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn at(&mut self, place: usize) -> u32 {
        let to = place.min(self.text.len());
        let passed = self.text.as_bytes().get(self.at..to).unwrap_or_default();
        self.line += super::entities::breaks(passed);
        self.at = to.max(self.at);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn document(entries: &str) -> String {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n<BkToCstmrStmt><Stmt>\n{entries}\n</Stmt></BkToCstmrStmt></Document>"
        )
    }

    fn one(inside: &str) -> String {
        format!(
            "<Ntry><Amt Ccy=\"GBP\">4.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-09-01</Dt></BookgDt>{inside}</Ntry>"
        )
    }

    #[test]
    fn parts_must_sum() {
        let part = |amount: &str| format!("<TxDtls><AmtDtls><TxAmt><Amt Ccy=\"GBP\">{amount}</Amt></TxAmt></AmtDtls></TxDtls>");
        let batch = |a: &str, b: &str| read(&document(&one(&format!("<NtryDtls>{}{}</NtryDtls>", part(a), part(b)))));
        let good = batch("1.00", "3.00");
        assert_eq!(good.entries[0].line.parts.iter().map(|part| part.pence).collect::<Vec<_>>(), [-100, -300]);
        let bad = batch("1.00", "2.00");
        assert_eq!((bad.entries[0].line.parts.len(), bad.problems[0].kind), (0, ProblemKind::PartsDoNotSum));
    }

    #[test]
    fn faults_are_named_and_the_rest_is_kept() {
        let kinds = |text: &str| {
            let draft = read(text);
            (draft.entries.len(), draft.problems.iter().map(|problem| (problem.line, problem.kind)).collect::<Vec<_>>())
        };
        let good = one("");
        assert_eq!(kinds(&document(&format!("{good}\n{}", good.replace("GBP", "EUR")))), (1, vec![(4, ProblemKind::ForeignCurrency)]));
        assert_eq!(kinds(&document(&format!("{good}\n{}", good.replace("DBIT", "")))), (1, vec![(4, ProblemKind::SignUnclear)]));
        assert_eq!(
            kinds(&document(&format!("{good}\n{}", good.replace("2026-09-01", "2026")))),
            (1, vec![(4, ProblemKind::UnreadableDate)])
        );
        assert_eq!(kinds(&document(&format!("{good}\n{}", good.replace("4.00", "4.001")))), (1, vec![(4, ProblemKind::UnreadableAmount)]));
        let whole = document(&format!("{good}\n{good}"));
        assert_eq!(kinds(&whole[..whole.len() - 120]), (1, vec![(4, ProblemKind::Truncated)]));
        assert_eq!(kinds(&document(&"<Ntry>".repeat(100))).1[0].1, ProblemKind::Truncated);
    }

    #[test]
    fn entities_of_the_document_are_not_resolved() {
        let hostile = format!(
            "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{}",
            document(&one("<AddtlNtryInf>a&e;b &amp; c</AddtlNtryInf>"))
        );
        assert_eq!(read(&hostile).entries[0].line.text.reveal(), "ab & c");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<Ntry>|</Ntry>|<Amt Ccy=\"GBP\">|</Amt>|1.00|<|>|&amp;|&x;|<!--|-->|é|\n){0,30}") {
            let _ = read(&text);
            let _ = read(&document(&text));
        }
    }
}
