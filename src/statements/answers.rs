//! What only a person can say of a file: asked once, remembered for the account, given as `KEY=VALUE`.

use crate::base::Day;
use crate::sheets::Bounds;

/// What is known besides the file.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Which number of 03/04/2026 is the day.
    pub date_order: Option<DateOrder>,
    /// What was the day in the last file of this account: counts only when the file itself does not say.
    pub remembered: Option<DateOrder>,
    /// Which way a ledger counts.
    pub ledger_sign: Option<LedgerSign>,
    /// Which account is read of a file with several: its number, or the end of it.
    pub account: Option<String>,
    /// Today, for days that have not come yet.
    pub today: Option<Day>,
    /// How much is read.
    pub bounds: Bounds,
}

/// Which of the two first numbers of a date is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// 03/04 is 3 April.
    DayFirst,
    /// 03/04 is 4 March.
    MonthFirst,
}

/// Which way a ledger counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerSign {
    /// Debit is money that came in, as in the ledger's own account of the bank.
    DebitIsMoneyIn,
    /// Debit is money that went out, as on a bank's statement.
    DebitIsMoneyOut,
    /// An amount without a minus was spent.
    PositiveIsSpending,
    /// An amount without a minus came in.
    PositiveIsMoneyIn,
}

impl LedgerSign {
    /// Every one: its word, and what it means.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::DebitIsMoneyIn, "debit_is_money_in", "the debit column is money that came in"),
        (Self::DebitIsMoneyOut, "debit_is_money_out", "the debit column is money that went out"),
        (Self::PositiveIsSpending, "positive_is_spending", "amounts without a minus are spending"),
        (Self::PositiveIsMoneyIn, "positive_is_money_in", "amounts without a minus are money in"),
    ];
}

impl Answers {
    /// Takes note of an answer.
    ///
    /// # Errors
    /// A sentence on what would be right.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match (key, value) {
            ("date_order", "dmy") => self.date_order = Some(DateOrder::DayFirst),
            ("date_order", "mdy") => self.date_order = Some(DateOrder::MonthFirst),
            ("date_order", _) => return Err("date_order is dmy or mdy".to_owned()),
            ("account", number) => self.account = Some(number.to_owned()),
            ("ledger_sign", word) => {
                let Some((sign, ..)) = LedgerSign::ALL.into_iter().find(|(_, known, _)| *known == word) else {
                    return Err(format!("ledger_sign is one of {}", LedgerSign::ALL.map(|(_, word, _)| word).join(", ")));
                };
                self.ledger_sign = Some(sign);
            }
            _ => return Err(format!("nothing is asked by the name of {key}: date_order, ledger_sign or account")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_words_that_are_known() {
        let mut answers = Answers::default();
        for (key, value) in [("date_order", "mdy"), ("ledger_sign", "debit_is_money_in"), ("account", "12345")] {
            assert_eq!(answers.set(key, value), Ok(()));
        }
        assert_eq!((answers.date_order, answers.ledger_sign), (Some(DateOrder::MonthFirst), Some(LedgerSign::DebitIsMoneyIn)));
        for (key, value) in [("date_order", "ymd"), ("ledger_sign", "x"), ("colour", "red")] {
            assert!(answers.set(key, value).is_err());
        }
    }
}
