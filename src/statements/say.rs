//! What was understood of a file: in words for a person, and as JSON for programs. The only place where the words of a statement are revealed.

use std::fmt::Write;

use serde_json::{Value, json};

use super::money::pounds;
use super::{Balances, Line, Order, Statement, Words, identity};

/// So many lines are shown in words.
const SHOWN: usize = 20;

/// As JSON.
#[must_use]
pub fn json(statement: &Statement) -> Value {
    let identities = identity::of(statement);
    let rows: Vec<Value> = statement.lines.iter().zip(&identities).map(|(line, identity)| row(line, identity)).collect();
    json!({
        "format": statement.format.name(),
        "encoding": statement.encoding.map(crate::sheets::Encoding::name),
        "delimiter": statement.separator.map(String::from),
        "has_heading": statement.has_heading,
        "sheet": statement.sheet,
        "account": statement.account.as_ref().map(Words::reveal),
        "currency": "GBP",
        "order": statement.order,
        "ask": statement.questions.iter().map(|question| question.key).collect::<Vec<_>>(),
        "questions": statement.questions,
        "reasons": statement.reasons,
        "opening_pence": statement.opening,
        "closing_pence": statement.closing,
        "balance_check": statement.balances,
        "rows": rows,
        "notes": statement.notes,
        "problems": statement.problems,
        "identity_version": identity::VERSION,
    })
}

fn row(line: &Line, identity: &identity::Identity) -> Value {
    let some = |words: &Words| (!words.is_empty()).then(|| words.reveal().to_owned());
    let mut row = json!({
        "line": line.line,
        "date": line.day.to_string(),
        "pence": line.pence,
        "text": line.text.reveal(),
        "reference": some(&line.reference),
        "bank_id": line.bank_id,
        "balance_pence": line.balance,
        "identity": format!("{}-{}", &identity.digest[..16], identity.ordinal),
    });
    let mut put = |key: &str, value: Value| {
        row[key] = value;
    };
    if !line.order.is_empty() {
        put("order", json!(line.order.reveal()));
    }
    if let Some((net, vat)) = line.net_and_vat {
        put("net_pence", json!(net));
        put("vat_pence", json!(vat));
    }
    if line.sign_unclear {
        put("ambiguous_sign", json!(true));
    }
    if !line.parts.is_empty() {
        let part = |part: &super::Part| json!({ "line": part.line, "pence": part.pence, "text": part.text.reveal(), "reference": some(&part.reference) });
        put("parts", line.parts.iter().map(part).collect());
    }
    row
}

/// In words.
#[must_use]
pub fn words(statement: &Statement) -> String {
    let mut said = String::new();
    let mut say = |line: String| {
        let _ = writeln!(said, "{line}");
    };
    let kind = statement.format.name();
    let encoding = statement.encoding.map_or_else(String::new, |encoding| format!(", {}", encoding.name()));
    let sheet = statement.sheet.as_ref().map_or_else(String::new, |sheet| format!(", sheet \"{sheet}\""));
    say(format!("{kind}{encoding}{sheet}: {}", count(statement.lines.len(), "payment")));
    if let Some(account) = &statement.account {
        say(format!("Account {}", account.reveal()));
    }
    if let Some(order) = statement.order {
        let order = match order {
            Order::NewestFirst => "The newest line stands first.",
            Order::OldestFirst => "The oldest line stands first.",
            Order::Mixed => "The days are in no order.",
        };
        say(order.to_owned());
    }
    for reason in &statement.reasons {
        say(reason.clone());
    }
    if let Some((opening, closing)) = statement.opening.zip(statement.closing) {
        let fits = match statement.balances {
            Balances::Ok => ": the balances fit",
            Balances::Broken => ": the balances do not fit",
            Balances::None => "",
        };
        say(format!("From {} to {}{fits}.", pounds(opening), pounds(closing)));
    }
    for line in statement.lines.iter().take(SHOWN) {
        say(format!(
            "  line {:>5}  {}  {:>14}  {} {}",
            line.line,
            line.day,
            pounds(line.pence),
            line.text.reveal(),
            line.reference.reveal()
        ));
    }
    if statement.lines.len() > SHOWN {
        say(format!("  and {} more", statement.lines.len() - SHOWN));
    }
    if !statement.notes.is_empty() {
        say(format!("{} that are no payments:", count(statement.notes.len(), "line")));
    }
    for note in statement.notes.iter().take(SHOWN) {
        let kind =
            serde_json::to_value(note.kind).ok().and_then(|kind| kind.as_str().map(|kind| kind.replace('_', " "))).unwrap_or_default();
        say(format!("  line {:>5}  {kind}", note.line));
    }
    if !statement.problems.is_empty() {
        say(format!("{}:", count(statement.problems.len(), "problem")));
    }
    for problem in statement.problems.iter().take(SHOWN) {
        say(format!("  line {:>5}  {}", problem.line, problem.words));
    }
    if statement.problems.len() > SHOWN {
        say(format!("  and {} more", statement.problems.len() - SHOWN));
    }
    for question in &statement.questions {
        say(question.words.clone());
        for (answer, meaning) in &question.choices {
            say(format!("  --answer {}={answer}: {meaning}", question.key));
        }
    }
    said
}

fn count(n: usize, what: &str) -> String {
    format!("{} {what}{}", crate::base::text::number(n), if n == 1 { "" } else { "s" })
}
