//! Looking for a resource: what the address of the list asks for, and whether a resource is that.

use super::{Kind, Resource, Strand, Years};
use crate::base::days::{self, Period};

/// The most letters of a search that are looked at.
const LONGEST_SEARCH: usize = 100;

/// The query of the address as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Query {
    /// Words.
    pub q: String,
    /// `box` or `kit`.
    pub kind: String,
    /// A year group, 0 for Reception.
    pub year: String,
    /// A strand or the heading of a topic.
    pub topic: String,
    /// Free from this day …
    pub from: String,
    /// … to this one.
    pub to: String,
    /// The page of the list, from 1.
    pub page: String,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The words as typed, for the form.
    pub words: String,
    terms: Vec<Term>,
    /// Box or kit.
    pub kind: Option<Kind>,
    /// A year group.
    pub year: Option<u8>,
    /// A whole strand.
    pub strand: Option<Strand>,
    /// One topic.
    pub topic: String,
    /// Days on which a copy must be free.
    pub free: Option<Period>,
}

/// One thing that a search asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// A word as it was typed, and after it in its other number.
    Word(Vec<String>),
    Years(Years),
}

/// What is wrong with the days of a filter: the field and a sentence that says what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// `from` or `to`.
    pub field: &'static str,
    /// For people.
    pub words: String,
}

fn wrong(field: &'static str, words: impl Into<String>) -> Wrong {
    Wrong { field, words: words.into() }
}

/// Only wrong days are refused: a kind, year or topic that does not exist cannot come from our own form, and asks for nothing.
impl TryFrom<&Query> for Filter {
    type Error = Wrong;

    fn try_from(query: &Query) -> Result<Self, Wrong> {
        let day = |field: &'static str, text: &str| match text.trim() {
            "" => Ok(None),
            text => days::parse_iso(text).map(Some).ok_or_else(|| wrong(field, "Choose a day from the list")),
        };
        let free = match (day("from", &query.from)?, day("to", &query.to)?) {
            (None, None) => None,
            // Filters answer at each choice: the first day alone asks for that day, until the last one is chosen, too.
            (Some(only), None) => Some(Period::day(only)),
            (None, Some(_)) => return Err(wrong("from", "Choose the first day you need it, too")),
            (Some(first), Some(last)) => match Period::new(first, last) {
                None => return Err(wrong("to", format!("The last day must not be before the first, {}", days::long(first)))),
                free => free,
            },
        };
        Ok(Self { free, ..Self::without_days(query) })
    }
}

impl Filter {
    /// The query with its days left away: what is shown beside a form whose days are wrong.
    #[must_use]
    pub fn without_days(query: &Query) -> Self {
        let words: String = query.q.trim().chars().take(LONGEST_SEARCH).collect();
        let topic = query.topic.trim();
        let strand = topic.parse().ok();
        Self {
            terms: terms(&words),
            words,
            kind: query.kind.parse().ok(),
            year: query.year.parse().ok().filter(|year| *year <= 6),
            strand,
            topic: if strand.is_some() { String::new() } else { topic.chars().take(LONGEST_SEARCH).collect() },
            free: None,
        }
    }

    /// Refuses days on which nothing can be booked any more, or not yet.
    ///
    /// # Errors
    /// Names the field and what would do.
    pub fn within(&self, bookable: Period) -> Result<(), Wrong> {
        let Some(free) = self.free else { return Ok(()) };
        if free.first() < bookable.first() {
            return Err(wrong("from", format!("The first day must be {} or later", days::long(bookable.first()))));
        }
        if free.last() > bookable.last() {
            return Err(wrong("to", format!("Boxes can be booked up to {}", days::long(bookable.last()))));
        }
        Ok(())
    }

    /// Whether anything is left out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// Whether a resource is asked for, whatever its copies do.
    #[must_use]
    pub fn wants(&self, resource: &Resource) -> bool {
        self.kind.is_none_or(|kind| kind == resource.kind)
            && self.year.is_none_or(|year| resource.years.contains(year))
            && self.strand.is_none_or(|strand| strand == resource.strand)
            && (self.topic.is_empty() || self.topic == resource.topic)
            && self.terms.iter().all(|term| match term {
                Term::Years(years) => resource.years.overlaps(*years),
                Term::Word(forms) => {
                    forms.iter().any(|form| resource.search_words.contains(form.as_str()))
                        || resource.copies.iter().any(|copy| forms.first() == Some(&copy.tag.to_lowercase()))
                }
            })
    }

    /// The address's query for a page of the same question: `?q=bulb&page=2`; empty when nothing is asked.
    #[must_use]
    pub fn query(&self, page: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let year = self.year.map(|year| year.to_string()).unwrap_or_default();
        let topic: &str = match self.strand {
            Some(strand) => strand.into(),
            None => &self.topic,
        };
        let (from, to) = self.free.map(|free| (free.first().to_string(), free.last().to_string())).unwrap_or_default();
        let page = if page > 1 { page.to_string() } else { String::new() };
        let kind = self.kind.map_or("", Into::into);
        for (name, value) in
            [("q", self.words.as_str()), ("kind", kind), ("year", &year), ("topic", topic), ("from", &from), ("to", &to), ("page", &page)]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

/// A word as it was typed, then in the singular where it may be a plural, and in the plural where that does not begin with the
/// singular ("battery", "leaf"). A form of fewer than three letters would find everything and is none.
fn forms(word: &str) -> Vec<String> {
    let of =
        |end: &str, other: &str| word.strip_suffix(end).filter(|stem| stem.len() + other.len() >= 3).map(|stem| format!("{stem}{other}"));
    let hissed = ["ses", "xes", "zes", "ches", "shes"].iter().any(|end| word.ends_with(end));
    let after_consonant = |stem: &String| !stem.trim_end_matches("ies").ends_with(['a', 'e', 'i', 'o', 'u']);
    let others = [
        of("ies", "y"),
        of("ves", "f"),
        of("ves", "fe"),
        of("es", "").filter(|_| hissed),
        of("s", "").filter(|stem| !stem.ends_with('s')),
        of("y", "ies").filter(after_consonant),
        of("fe", "ves"),
        of("f", "ves").filter(|_| !word.ends_with("ff")),
    ];
    [word.to_owned()].into_iter().chain(others.into_iter().flatten()).collect()
}

/// A search as its terms: a year group in any of its names is one term, every other word is one.
fn terms(search: &str) -> Vec<Term> {
    let lower = search.to_lowercase();
    let split = |letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '-' | '\''));
    let words: Vec<&str> = lower.split(split).map(|word| word.trim_matches(['.', '-', '\''])).filter(|word| !word.is_empty()).collect();
    let mut terms = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let pair = words
            .get(at + 1)
            .filter(|_| matches!(*word, "year" | "years" | "yr" | "y" | "ks"))
            .and_then(|next| years(&format!("{word}{next}")));
        terms.push(match pair.or_else(|| years(word)) {
            Some(years) => Term::Years(years),
            None => Term::Word(forms(word)),
        });
        at += if pair.is_some() { 2 } else { 1 };
    }
    terms
}

/// A year group's names: "year4", "y4", "yr4", "ks2", "reception", "eyfs".
fn years(word: &str) -> Option<Years> {
    if matches!(word, "reception" | "eyfs" | "foundation") {
        return Years::new(0, 0);
    }
    if let Some(stage) = word.strip_prefix("ks") {
        return match stage {
            "1" => Years::new(1, 2),
            "2" => Years::new(3, 6),
            _ => None,
        };
    }
    let number = ["years", "year", "yr", "y"].iter().find_map(|name| word.strip_prefix(name))?;
    let year = number.parse().ok().filter(|year| (1..=6).contains(year) && number.len() == 1)?;
    Years::new(year, year)
}

#[cfg(test)]
mod tests {
    use super::super::samples::electricity;
    use super::*;
    use proptest::prelude::*;

    fn found(search: &str) -> bool {
        Filter::try_from(&Query { q: search.into(), ..Query::default() }).unwrap().wants(&electricity())
    }

    #[test]
    fn all_words_must_match_and_a_year_group_has_many_names() {
        for yes in ["", "bulb", "BULBS", "buzzer battery", "clips", "Year 4", "y5 bulb", "Years 6", "KS2", "ks 2", "electricity, year 6"] {
            assert!(found(yes), "{yes}");
        }
        // Singular and plural find each other, whichever of them stands in the contents.
        for yes in ["batteries", "bulbs", "leads", "crocodiles"] {
            assert!(found(yes), "{yes}");
        }
        let holds = |words: &str, search: &str| {
            let query = Query { q: search.into(), ..Query::default() };
            Filter::try_from(&query).unwrap().wants(&Resource { search_words: words.into(), ..electricity() })
        };
        for (one, many) in [
            ("battery", "batteries"),
            ("torch", "torches"),
            ("lens", "lenses"),
            ("leaf", "leaves"),
            ("knife", "knives"),
            ("magnifying glass", "magnifying glasses"),
            ("brush", "brushes"),
            ("circuit", "circuits"),
            ("pulley", "pulleys"),
            ("axle", "axles"),
        ] {
            assert!(holds(one, many), "{many} finds {one}");
            assert!(holds(many, one), "{one} finds {many}");
        }
        for (words, search) in [("gas jar", "gases"), ("bus", "buses")] {
            assert!(holds(words, search), "{search} finds {words}");
        }
        for (words, search) in [("ball", "bass"), ("pipe", "ies"), ("tin", "ties"), ("mat", "matches"), ("top", "stops")] {
            assert!(!holds(words, search), "{search} must not find {words}");
        }
        for no in ["magnet", "bulb magnet", "Year 3", "y1", "KS1", "reception", "bulb year 2"] {
            assert!(!found(no), "{no}");
        }
    }

    #[test]
    fn only_whole_and_ordered_days_are_taken() {
        let asked = |from: &str, to: &str| Filter::try_from(&Query { from: from.into(), to: to.into(), ..Query::default() });
        let field = |from, to| asked(from, to).unwrap_err().field;
        assert_eq!(asked("2026-11-05", "").map(|filter| filter.free), Ok(days::parse_iso("2026-11-05").map(Period::day)));
        assert_eq!(field("", "2026-11-05"), "from");
        assert_eq!(field("5 November", "2026-11-05"), "from");
        assert_eq!(field("2026-11-05", "2026-11-04"), "to");
        let free = asked("2026-11-05", "2026-11-05").unwrap();
        let bookable = |a: &str, b: &str| Period::new(days::parse_iso(a).unwrap(), days::parse_iso(b).unwrap()).unwrap();
        assert_eq!(free.within(bookable("2026-11-05", "2028-08-31")), Ok(()));
        assert_eq!(free.within(bookable("2026-11-06", "2028-08-31")).unwrap_err().field, "from");
        assert_eq!(free.within(bookable("2026-10-06", "2026-11-04")).unwrap_err().field, "to");
    }

    #[test]
    fn nonsense_asks_for_nothing_and_the_rest_is_kept_in_the_address() {
        let nonsense = Query { kind: "bag".into(), year: "7".into(), page: "x".into(), ..Query::default() };
        assert!(Filter::try_from(&nonsense).unwrap().is_empty());
        assert_eq!(Filter::default().query(1), "");
        let asked = Query {
            q: " bulb & wire ".into(),
            kind: "box".into(),
            year: "0".into(),
            topic: "working_scientifically".into(),
            from: "2026-11-05".into(),
            to: "2026-11-06".into(),
            ..Query::default()
        };
        let filter = Filter::try_from(&asked).unwrap();
        assert_eq!(filter.strand, Some(Strand::WorkingScientifically));
        assert_eq!(filter.query(3), "?q=bulb+%26+wire&kind=box&year=0&topic=working_scientifically&from=2026-11-05&to=2026-11-06&page=3");
    }

    proptest! {
        #[test]
        fn no_search_panics_and_the_address_asks_the_same(q in ".{0,40}", year in "[0-9]?", topic in "[a-zA-Z, ]{0,20}") {
            let query = Query { q, year, topic, ..Query::default() };
            let filter = Filter::try_from(&query).unwrap();
            let _ = filter.wants(&electricity());
            let address = filter.query(1);
            let pairs: std::collections::HashMap<String, String> =
                url::form_urlencoded::parse(address.trim_start_matches('?').as_bytes()).into_owned().collect();
            let of = |name: &str| pairs.get(name).cloned().unwrap_or_default();
            let again = Query { q: of("q"), year: of("year"), topic: of("topic"), ..Query::default() };
            prop_assert_eq!(Filter::try_from(&again).unwrap(), filter);
        }

        #[test]
        fn a_word_of_the_resource_is_always_found(n in 0usize..9) {
            let word = electricity().search_words.split(' ').nth(n).map(str::to_owned);
            prop_assert!(word.is_none_or(|word| found(&word)));
        }
    }
}
