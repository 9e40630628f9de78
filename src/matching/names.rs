//! Whether a text of a bank names a party: cut off at eighteen letters, without vowels, with other legal forms, and in the order in which people
//! write it. "World of Magnets" is not "Magnetic World".

use std::collections::HashMap;

/// How well a name resembles, from 0 to 1; from here on it counts.
pub const RESEMBLES: f64 = 0.75;
/// Words that say nothing of who it is.
const EMPTY: [&str; 13] = ["LTD", "LIMITED", "LLP", "PLC", "CO", "COMPANY", "THE", "AND", "OF", "INC", "CIC", "FOR", "CORP"];
/// Words that many names share.
const COMMON: [&str; 22] = [
    "PRIMARY",
    "SCHOOL",
    "SCHOOLS",
    "JUNIOR",
    "JUNIORS",
    "INFANT",
    "INFANTS",
    "ACADEMY",
    "GROUP",
    "UK",
    "C",
    "E",
    "CE",
    "RC",
    "TRUST",
    "EDUCATION",
    "SERVICES",
    "SUPPLIES",
    "ST",
    "VC",
    "VA",
    "INTERNATIONAL",
];
/// Words of a bank that name nobody.
const OF_THE_BANK: [&str; 40] = [
    "FASTER",
    "PAYMENT",
    "PAYMENTS",
    "BACS",
    "BILL",
    "CARD",
    "DD",
    "DIRECT",
    "DEBIT",
    "CREDIT",
    "TRANSFER",
    "TFR",
    "REF",
    "REFERENCE",
    "INV",
    "INVOICE",
    "FPO",
    "FPI",
    "BGC",
    "BP",
    "CHQ",
    "CHEQUE",
    "TO",
    "FROM",
    "NO",
    "NUMBER",
    "ORDER",
    "ONLINE",
    "RUN",
    "STO",
    "CHAPS",
    "VIA",
    "MANDATE",
    "BBP",
    "DEB",
    "SENT",
    "RECEIVED",
    "OUT",
    "GBP",
    "BATCH",
];

/// A name as it is compared.
struct Name {
    words: Vec<(String, f64)>,
    /// The place of the first word that is neither empty nor common.
    first: usize,
    party: usize,
}

/// All parties, by the first letter of the word that tells them.
#[derive(Default)]
pub struct Parties {
    known: HashMap<String, usize>,
    names: HashMap<char, Vec<Name>>,
    confirmed: Vec<(Vec<String>, usize)>,
}

impl Parties {
    /// The number of a party, under this name and others; the same name with another legal form is the same party.
    pub fn add(&mut self, name: &str, others: &[String]) -> usize {
        let next = self.known.len();
        let key = key(name);
        let party = *self.known.entry(key).or_insert(next);
        for name in std::iter::once(name).chain(others.iter().map(String::as_str)) {
            self.put(name, party);
        }
        party
    }

    fn put(&mut self, name: &str, party: usize) {
        let words: Vec<(String, f64)> =
            words(name).into_iter().map(|word| (word.clone(), weight(&word))).filter(|(_, weight)| *weight > 0.0).collect();
        // A name of common words alone is told by all of them.
        let first = words.iter().position(|(_, weight)| *weight >= 1.0).unwrap_or(0);
        let Some(letter) = words.get(first).and_then(|(word, _)| word.chars().next()) else { return };
        let names = self.names.entry(letter).or_default();
        if !names
            .iter()
            .any(|known| known.party == party && known.words.iter().map(|(word, _)| word).eq(words.iter().map(|(word, _)| word)))
        {
            names.push(Name { words, first, party });
        }
    }

    /// Takes up what was confirmed: these words are always this party.
    pub fn confirm(&mut self, text: &str, name: &str) {
        if let (Some(party), words) = (self.known.get(&key(name)), words(text))
            && !words.is_empty()
        {
            self.confirmed.push((words, *party));
        }
    }

    /// The parties that these texts name, the best first: how well, and how much of the name was there.
    pub fn named(&self, texts: &[&str]) -> Vec<Named> {
        let mut found: HashMap<usize, (f64, f64)> = HashMap::new();
        for text in texts {
            let said = words(text);
            for (words, party) in &self.confirmed {
                if said.windows(words.len()).any(|some| some == words.as_slice()) {
                    found.insert(*party, (1.0, f64::MAX));
                }
            }
            let mut letters: Vec<char> = said.iter().filter_map(|word| word.chars().next()).collect();
            letters.sort_unstable();
            letters.dedup();
            for name in letters.iter().filter_map(|letter| self.names.get(letter)).flatten() {
                let (score, weight) = resembles(&said, name);
                let best = found.entry(name.party).or_insert((0.0, 0.0));
                if (score, weight) > *best {
                    *best = (score, weight);
                }
            }
        }
        let mut found: Vec<Named> = found
            .into_iter()
            .filter(|(_, (score, _))| *score >= RESEMBLES)
            .map(|(party, (score, weight))| Named { party, score, weight })
            .collect();
        found.sort_by(|a, b| b.rank().total_cmp(&a.rank()).then(a.party.cmp(&b.party)));
        found
    }
}

/// A party that a text names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Named {
    /// The party's number.
    pub party: usize,
    /// How well it resembles, up to 1.
    pub score: f64,
    weight: f64,
}

impl Named {
    /// A longer name that fits as well says more.
    fn rank(self) -> f64 {
        self.score * self.weight.min(1e6)
    }

    /// Whether it fits clearly better than another.
    pub fn beats(self, other: Self) -> bool {
        self.rank() > other.rank() + 0.25
    }
}

/// Whether a text names anybody at all: a word that is neither the bank's nor a number.
pub fn names_somebody(texts: &[&str]) -> bool {
    texts
        .iter()
        .flat_map(|text| words(text))
        .any(|word| word.len() >= 3 && word.chars().all(|c| c.is_ascii_alphabetic()) && !OF_THE_BANK.contains(&word.as_str()))
}

/// What makes two names the same party.
fn key(name: &str) -> String {
    words(name).into_iter().filter(|word| weight(word) > 0.0).collect::<Vec<_>>().join(" ")
}

/// The words in capitals: apostrophes are no letters, everything else that is none parts words.
fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().filter(|letter| !matches!(letter, '\'' | '\u{2019}' | '.')).flat_map(char::to_uppercase).collect();
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

fn weight(word: &str) -> f64 {
    match () {
        () if EMPTY.contains(&word) => 0.0,
        () if COMMON.contains(&word) => 0.3,
        () => 1.0,
    }
}

/// How well the words of a text name a party: its words in their order, the telling one among them.
fn resembles(said: &[String], name: &Name) -> (f64, f64) {
    let (telling, telling_weight) = &name.words[name.first];
    let mut best = (0.0, 0.0);
    for start in 0..said.len() {
        let found = alike(&said[start], telling);
        if found == 0.0 {
            // LIGHTHOUSE for LIGHT HOUSE, and the other way round.
            if let Some(weight) = run_together(&said[start..], name) {
                best = if (1.0, weight) > best { (1.0, weight) } else { best };
            }
            continue;
        }
        let (mut matched, mut total) = (found * telling_weight, *telling_weight);
        let mut at = start + 1;
        let mut cut = is_cut(said, start, telling);
        for (word, weight) in &name.words[name.first + 1..] {
            if cut {
                break;
            }
            total += weight;
            let next = (at..said.len()).map(|place| (place, alike(&said[place], word))).find(|(_, found)| *found > 0.0);
            if let Some((place, found)) = next {
                matched += found * weight;
                at = place + 1;
                cut = is_cut(said, place, word);
            }
        }
        // What stands before the telling word, such as "St".
        let mut before = start;
        for (word, weight) in name.words[..name.first].iter().rev() {
            total += weight;
            if let Some(place) = (0..before).rev().find(|place| alike(&said[*place], word) > 0.0) {
                matched += weight;
                before = place;
            }
        }
        let score = (matched / total, matched);
        best = if score > best { score } else { best };
    }
    best
}

/// Whether the last word of a text is the beginning of this one: the bank has cut the rest of the name.
fn is_cut(said: &[String], at: usize, word: &str) -> bool {
    at + 1 == said.len() && said[at].len() < word.len() && word.starts_with(said[at].as_str())
}

/// Whether the name, written as one word or as several, stands at the beginning of these words; its weight.
fn run_together(said: &[String], name: &Name) -> Option<f64> {
    let whole: String = name.words.iter().map(|(word, _)| word.as_str()).collect();
    let mut text = String::new();
    for word in said {
        text.push_str(word);
        if text.len() >= whole.len() {
            break;
        }
    }
    (whole.len() >= 7 && text == whole).then(|| name.words.iter().map(|(_, weight)| weight).sum())
}

/// How alike two words are: the same, cut off, without vowels, or a slip of the pen; else 0.
fn alike(said: &str, word: &str) -> f64 {
    if said == word {
        return 1.0;
    }
    if said.as_bytes().first() != word.as_bytes().first() {
        return 0.0;
    }
    let (short, long) = (said.len(), word.len());
    if short >= 3 && short < long && word.starts_with(said) {
        return 0.95;
    }
    // BRIGHTWTR: letters are left out, none is put in.
    if short >= 4 && short < long && short * 10 >= long * 6 && is_in_order(said, word) {
        return 0.9;
    }
    let slips = match long.min(short) {
        0..5 => return 0.0,
        5..9 => 1,
        _ => 2,
    };
    if short.abs_diff(long) <= slips && strsim::osa_distance(said, word) <= slips { 0.9 } else { 0.0 }
}

fn is_in_order(said: &str, word: &str) -> bool {
    let mut letters = word.chars();
    said.chars().all(|letter| letters.any(|other| other == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<&'static str> {
        const ALL: [&str; 12] = [
            "TTS Group",
            "Brightwater Science",
            "Ohms & Watts Ltd",
            "The Paper and Card Company",
            "Magnetic World Ltd",
            "St Anne's C of E Primary School",
            "Westfield Primary School",
            "Light House Optics",
            "Star Dome Hire",
            "Findlater Education Ltd",
            "Star Ltd",
            "Kite Science",
        ];
        let mut parties = Parties::default();
        for name in ALL {
            parties.add(name, &[]);
        }
        parties.named(&[text]).into_iter().map(|named| ALL[named.party]).collect()
    }

    #[test]
    fn names_are_known_as_banks_write_them() {
        for (text, party) in [
            ("TTS GROUP LTD", "TTS Group"),
            ("TTS", "TTS Group"),
            ("BRIGHTWATER SCIENC", "Brightwater Science"),
            ("BRIGHTWTR SCIENCE", "Brightwater Science"),
            ("BRIGHTWATRE SCIENCE", "Brightwater Science"),
            ("OHMS AND WATTS", "Ohms & Watts Ltd"),
            ("PAPER & CARD CO", "The Paper and Card Company"),
            ("ST ANNES C OF E PRI", "St Anne's C of E Primary School"),
            ("WESTFIELD PRIMARY", "Westfield Primary School"),
            ("LIGHTHOUSE OPTICS", "Light House Optics"),
            ("STAR DOME HIRE 1042", "Star Dome Hire"),
            ("FINDLATER EDUCATIO", "Findlater Education Ltd"),
        ] {
            assert_eq!(named(text).first(), Some(&party), "{text}");
        }
        for text in [
            "WORLD OF MAGNETS",
            "SCHOOL MEALS CO",
            "PRIMARY SCHOOL",
            "WATER BOARD",
            "",
            "BRIDGEWATER SCIENCE",
            "SCIENCE",
            "ST MARYS C OF E PRI",
        ] {
            assert_eq!(named(text), Vec::<&str>::new(), "{text}");
        }
        assert!(!names_somebody(&["FASTER PAYMENT 000123"]) && names_somebody(&["WORLD OF MAGNETS"]));
    }

    #[test]
    fn one_party_has_many_names_and_what_was_confirmed() {
        let mut parties = Parties::default();
        let one = parties.add("Paper & Card Co", &["PCC".to_owned()]);
        assert_eq!(parties.add("The Paper and Card Company", &[]), one);
        parties.confirm("MKTP UK", "Paper & Card Co Ltd");
        assert_eq!(parties.named(&["PCC LONDON"]).len(), 1);
        assert_eq!(parties.named(&["MKTP UK*2K4"]).len(), 1);
        assert_eq!(parties.named(&["UK MKTP"]).len(), 0);
    }
}
