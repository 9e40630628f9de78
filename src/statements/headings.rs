//! What the heading of a column says that is in it. The words of many banks and finance systems, and none of them by its name.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The day; the lowest rank is the day of booking.
    Day(u8),
    /// One amount, with a sign or without; the lowest rank is in pounds.
    Amount(u8),
    /// What went out; `explicit` when the words say so, and not only "debit".
    Out {
        /// "Paid out" rather than "debit".
        explicit: bool,
    },
    /// What came in.
    In {
        /// "Paid in" rather than "credit".
        explicit: bool,
    },
    /// The balance after the line; the lowest rank is the ledger's.
    Balance(u8),
    /// A sign or DR and CR.
    Sign,
    /// Whom and what for.
    Text,
    /// A reference.
    Reference,
    /// Our order.
    Order,
    /// How it was paid.
    Type,
    /// The account.
    Account,
    /// The sort code.
    SortCode,
    /// The currency.
    Currency,
    /// The bank's id.
    Id,
    /// Whether it is booked.
    Status,
    /// Without VAT.
    Net,
    /// The VAT.
    Vat,
    /// With VAT.
    Gross,
    /// Known, and of no use here.
    Other,
}

impl Role {
    /// Whether it holds money.
    pub fn is_money(self) -> bool {
        matches!(self, Self::Amount(_) | Self::Out { .. } | Self::In { .. } | Self::Balance(_) | Self::Net | Self::Gross)
    }
}

/// Another currency that a heading names: all amounts below are in it.
pub fn foreign(heading: &str) -> bool {
    let words = words(heading);
    heading.contains(['€', '$']) || words.split(' ').any(|word| matches!(word, "eur" | "usd" | "euro" | "euros" | "dollars"))
}

/// Lower-case letters and digits, with one blank between words; what stands in brackets is kept.
pub fn words(text: &str) -> String {
    let letters: String = text.to_lowercase().chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the column of this heading holds.
pub fn role(heading: &str) -> Option<Role> {
    if heading.len() > 60 {
        return None;
    }
    if matches!(heading.trim(), "+/-" | "-/+" | "+ / -") {
        return Some(Role::Sign);
    }
    let all = words(heading);
    // "Amount (GBP)" and "Paid out £" say the same as without.
    let mut kept: Vec<&str> =
        all.split(' ').filter(|word| !matches!(*word, "gbp" | "pounds" | "sterling" | "eur" | "usd" | "utc")).collect();
    kept.dedup();
    let in_pounds = kept.len() < all.split(' ').count();
    let name = kept.join(" ");
    if name.is_empty() {
        return None;
    }
    day(&name).or_else(|| money(&name, in_pounds)).or_else(|| other(&name))
}

fn day(name: &str) -> Option<Role> {
    Some(Role::Day(match name {
        "posting date" | "post date" | "posted date" | "date posted" | "booking date" | "booked date" | "date booked" | "booked"
        | "completed date" | "date completed" | "completed on" | "posted on" | "processed date" | "processed on" | "entry date" => 0,
        "date" | "dated" | "day" | "when" | "bank date" | "date time" | "datetime" => 1,
        "transaction date"
        | "trans date"
        | "tran date"
        | "txn date"
        | "date of transaction"
        | "transaction date and time"
        | "transaction date time"
        | "payment date"
        | "date paid"
        | "paid date"
        | "banked date"
        | "banking date"
        | "accounting date"
        | "gl date"
        | "receipt date"
        | "created" => 2,
        "value date" | "date value" | "effective date" | "settlement date" | "started date" | "created date" | "created on"
        | "invoice date" | "document date" | "doc date" | "date created" | "date started" => 3,
        "due date" | "date due" | "statement date" | "clear date" | "date entered" | "printed" | "date reconciled" | "reconciled date"
        | "bank rec date" => {
            return Some(Role::Other);
        }
        _ if name.ends_with(" date") || name.starts_with("date ") => 4,
        _ => return None,
    }))
}

fn money(name: &str, in_pounds: bool) -> Option<Role> {
    let (debit, credit) = (Role::Out { explicit: false }, Role::In { explicit: false });
    let (out, money_in) = (Role::Out { explicit: true }, Role::In { explicit: true });
    Some(match name {
        "amount"
        | "amt"
        | "transaction amount"
        | "payment amount"
        | "trans amount"
        | "billing amount"
        | "transaction value"
        | "account amount"
        | "amount in account currency"
        | "credit debit amount"
        | "debit credit amount"
        | "amount credit debit"
        | "base amount"
        | "amount in"
            if name != "amount in" || in_pounds =>
        {
            Role::Amount(u8::from(!in_pounds))
        }
        "value" | "sum" | "total" | "total amount" | "actual" | "movement" => Role::Amount(2),
        "debit" | "debits" | "debit amount" | "amount debit" | "amount debited" | "dr" | "dr amount" | "debit value" | "debit amt" => debit,
        "credit" | "credits" | "credit amount" | "amount credit" | "amount credited" | "cr" | "cr amount" | "credit value"
        | "credit amt" => credit,
        "paid out" | "money out" | "withdrawn" | "withdrawal" | "withdrawals" | "withdrawal amount" | "payments" | "payment" | "out"
        | "amount out" | "outgoing" | "outgoings" | "outgoing amount" | "expenditure" | "payments out" | "payment out" | "spend"
        | "spent" | "money spent" | "payments made" | "paid" | "amount paid out" | "cash out" | "expense" | "expenses"
        | "payment amount out" => out,
        "paid in" | "money in" | "deposit" | "deposits" | "deposit amount" | "receipts" | "receipt" | "in" | "amount in" | "incoming"
        | "incoming amount" | "income" | "payments in" | "payment in" | "lodgement" | "lodgements" | "lodged" | "received"
        | "money received" | "receipts in" | "amount paid in" | "amount received" | "cash in" | "payments received"
        | "payment amount in" => money_in,
        "balance"
        | "running balance"
        | "account balance"
        | "balance after"
        | "balance after transaction"
        | "running total"
        | "end balance"
        | "current balance"
        | "cumulative"
        | "cumulative balance"
        | "new balance" => Role::Balance(0),
        "ledger balance" | "book balance" | "cleared balance" => Role::Balance(1),
        "available balance" | "balance available" => Role::Balance(2),
        "net" | "net amount" | "amount net" | "net value" | "amount ex vat" | "ex vat" | "excl vat" | "amount excl vat" | "goods"
        | "goods amount" | "net of vat" | "net cost" => Role::Net,
        "vat" | "vat amount" | "amount vat" | "tax" | "tax amount" | "vat value" | "input vat" => Role::Vat,
        "gross" | "gross amount" | "amount gross" | "gross value" | "inc vat" | "incl vat" | "amount inc vat" | "amount incl vat"
        | "total inc vat" | "total incl vat" | "total gross" | "gross total" => Role::Gross,
        "local amount"
        | "original amount"
        | "orig amount"
        | "foreign amount"
        | "amount in foreign currency"
        | "fee"
        | "fees"
        | "exchange rate"
        | "local currency"
        | "original currency"
        | "orig currency"
        | "rate"
        | "opening balance"
        | "closing balance"
        | "cleared amount"
        | "budget"
        | "commitment"
        | "committed"
        | "variance" => Role::Other,
        _ => return None,
    })
}

fn other(name: &str) -> Option<Role> {
    let named = NAMES.into_iter().find(|(_, names)| names.split('|').any(|known| known == name));
    let narrative = ["narrative", "details"].iter().any(|word| name.split(' ').next() == Some(*word));
    named.map(|(role, _)| role).or(narrative.then_some(Role::Text)).or(is_ledger(name).then_some(Role::Other))
}

/// Names of columns that hold no day and no money, with bars between them.
const NAMES: [(Role, &str); 12] = [
    (
        Role::Sign,
        "cr dr|dr cr|crdr|drcr|debit credit|credit debit|d c|c d|dc|cd|debit credit indicator|credit debit indicator|\
         dr cr indicator|cr dr indicator|indicator|sign|direction|in out|cdtdbtind|dr or cr|debit or credit",
    ),
    (
        Role::Text,
        "description|memo description|transaction memo|transaction description|details|transaction details|transaction detail|\
         detail|narration|memo|particulars|payee|payer|payee payer|name|counter party|counterparty|counterparty name|\
         counter party name|merchant|merchant name|text|transaction|transaction narrative|payee name|beneficiary|\
         beneficiary name|supplier|supplier name|vendor|vendor name|customer|customer name|from to|to from|line description|\
         notes|note|additional information|comment|comments|paid to|paid to from|who|recipient|contact|party|other party|\
         transaction text|remitter|remitter name|creditor|debtor|payee description|item|what|further information|message|\
         extra information|long description|payee or payer|full description",
    ),
    (
        Role::Reference,
        "reference|num|trans no|references|ref|ref no|your reference|your ref|our ref|our reference|customer reference|\
         customer ref|payment reference|payment ref|transaction reference|cheque number|cheque no|cheque|chq no|chq|\
         check number|number|no|invoice|invoice no|invoice number|doc no|doc ref|document number|document no|document|inv no|\
         inv ref|bank reference|reference number|statement reference|voucher|remittance|end to end id|end to end reference|\
         bacs reference|serial number|serial|reference 1|reference 2|extra ref|ext ref|external reference|\
         remittance information|invoice ref|supplier reference|supplier ref|cheque ref",
    ),
    (Role::Order, "order|order no|order number|order ref|po|po number|po no|purchase order|purchase order number|purchase order no"),
    (
        Role::Type,
        "type|transaction type|tran type|trans type|txn type|subcategory|category|code|transaction code|tx type|payment type|\
         method|payment method|type code|entry type|transaction type code|spending category",
    ),
    (
        Role::Account,
        "account|account number|account no|acc no|acct|acct no|iban|bank account|bank account number|account id|\
         account identification",
    ),
    (Role::SortCode, "sort code|sortcode|bank sort code|sort|branch|branch code"),
    (Role::Currency, "currency|ccy|account currency|cur|currency code|curr|transaction currency|payment currency"),
    (
        Role::Id,
        "transaction id|id|fitid|unique id|unique reference|transaction uid|feed item uid|entry id|bank id|uuid|\
         transaction identifier|unique transaction id",
    ),
    (Role::Status, "status|state|transaction status|booking status|payment status"),
    (Role::Other, "account name|time|period|fund|source|balance type|bank|bic"),
    (Role::Text, "details"),
];

/// Whether a heading or a title is a ledger's and no bank's.
pub fn is_ledger(name: &str) -> bool {
    let name = words(name);
    LEDGER_COLUMNS.split('|').any(|column| column == name) || LEDGER_TITLES.split('|').any(|title| name.contains(title))
}

/// Columns that only ledgers have.
const LEDGER_COLUMNS: &str = "cost centre|cost center|cost centre code|ledger code|ledger description|ledger|nominal|nominal code|nominal account|\
         n c|fund code|account code|gl code|gl account|journal|journal no|journal number|cfr|cfr code|tax code|vat code|t c|\
         department|subjective";

/// Words of titles that only ledgers have.
const LEDGER_TITLES: &str = "account transactions|general ledger|nominal ledger|cumulative transactions|nominal activity|audit trail|\
         transaction listing by|ledger transactions";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_understood() {
        for (heading, wanted) in [
            ("Date", Role::Day(1)),
            (" Transaction Date", Role::Day(2)),
            ("Completed Date (UTC)", Role::Day(0)),
            ("Due date", Role::Other),
            ("Amount (GBP)", Role::Amount(0)),
            ("Amount", Role::Amount(1)),
            ("Paid out (£)", Role::Out { explicit: true }),
            ("Debit Amount", Role::Out { explicit: false }),
            ("Money In", Role::In { explicit: true }),
            ("Balance (GBP)", Role::Balance(0)),
            ("CR/DR", Role::Sign),
            ("+/-", Role::Sign),
            ("Counter Party", Role::Text),
            ("Narrative #1", Role::Text),
            ("Order No", Role::Order),
            ("VAT", Role::Vat),
            ("Local amount", Role::Other),
        ] {
            assert_eq!(role(heading), Some(wanted), "{heading}");
        }
        for heading in ["", "TTS GROUP LTD", "12.05", "£", "Cluster Account ****12345"] {
            assert_eq!(role(heading), None, "{heading}");
        }
        assert!(foreign("Amount (EUR)") && !foreign("Amount (GBP)") && !foreign("Europe"));
        assert!(is_ledger("Cost Centre") && is_ledger("Account Transactions") && !is_ledger("Account"));
    }
}
