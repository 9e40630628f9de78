//! What an event's name says, in the words of councils and schools of the four nations: not yet when, and not yet of which term.

use super::events::Event;
use crate::year::Season;

/// A name, ready to be looked through: small letters without accents, words between single blanks.
pub struct Words(String);

impl Words {
    /// The words of a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut text = String::from(" ");
        for letter in name.to_lowercase().chars() {
            match plain(letter) {
                Some(letter) if letter.is_alphanumeric() => text.push(letter),
                // "St Andrew's" is one word, whatever its apostrophe.
                None => {}
                _ if text.ends_with(' ') => {}
                _ => text.push(' '),
            }
        }
        if !text.ends_with(' ') {
            text.push(' ');
        }
        Self(text)
    }

    /// Whether one of the phrases is in it, as whole words; commas stand between them.
    #[must_use]
    pub fn has(&self, phrases: &str) -> bool {
        self.place(phrases).is_some()
    }

    /// Where the first of the phrases stands.
    fn place(&self, phrases: &str) -> Option<usize> {
        // The text begins and ends with a blank, so that every word has one on both sides.
        let whole = |at: usize, phrase: &str| {
            self.0.get(..at)?.ends_with(' ').then_some(()).and(self.0.get(at + phrase.len()..)?.starts_with(' ').then_some(at))
        };
        phrases.split(", ").filter_map(|phrase| self.0.match_indices(phrase).find_map(|(at, _)| whole(at, phrase))).min()
    }

    /// Whether it has no other words than these, days and numbers.
    fn only(&self, phrases: &[&str]) -> bool {
        let among = |some: &str, word: &str| some.split(", ").any(|phrase| phrase == word);
        let known =
            |word: &str| word.bytes().all(|byte| byte.is_ascii_digit()) || phrases.iter().chain(&[DATES]).any(|some| among(some, word));
        self.0.split_whitespace().all(known)
    }
}

/// Without its accent; nothing for what only joins letters.
fn plain(letter: char) -> Option<char> {
    Some(match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ŵ' => 'w',
        'ý' | 'ŷ' | 'ÿ' => 'y',
        '\'' | '’' | '‘' | 'ʼ' | '`' | '´' => return None,
        other => other,
    })
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The staff are in and the pupils are not.
    Staff,
    /// A bank holiday.
    Bank,
    /// Closed days.
    Closed,
    /// Days without school, perhaps called half-term, perhaps by the name of a long holiday.
    Break {
        /// It says that it is a half-term.
        half: bool,
        /// It says that it is the holiday of Christmas, Easter or the summer.
        long: bool,
    },
    /// The first day of a holiday or half-term.
    BreakStarts,
    /// The last day of a holiday or half-term.
    BreakEnds,
    /// "Half term starts": the holiday, or the weeks of teaching that are called so.
    HalfStarts,
    /// "Half term ends".
    HalfEnds,
    /// The first day at school, after a holiday or a half-term.
    Opens(Voice),
    /// The last day at school before one.
    Closes(Voice),
    /// The days from the first to the last day of a term, or of a part of it.
    Term,
    /// Nothing about school days.
    Other,
}

/// How surely a first or last day is that of everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voice {
    /// Of some only, or of something else at the school.
    Some,
    /// It speaks of the school, or of a holiday.
    School,
    /// It speaks of the term.
    Term,
    /// It speaks of the pupils.
    Pupils,
}

const HALF: &str = "half term, half terms, halfterm, ½ term, 1 2 term, mid term, midterm, hanner tymor, meadhan teirm, meadhan teirme, lar \
    tearma, half term break";
const HOLIDAY: &str = "holiday, holidays, hols, break, vacation, recess, gwyliau, saor laithean, saoire, tattie, whitsun, whit week, week \
    off, october week, gwyliaur";
const LONG: &str = "christmas, xmas, nadolig, nollaig, nollag, easter, pasg, caisg, casca, summer, haf, samhradh, festive, winter";
const OPENS: &str = "start, starts, starting, begin, begins, beginning, open, opens, opening, reopen, reopens, return, returns, returning, \
    resume, resumes, restart, restarts, recommence, recommences, commence, commences, back to school, back in school, back \
    at school, first day, first school day, pupils back, children back, all back, dechrau, dechreuol, cychwyn, agor, \
    ailagor, toiseachadh, fosgladh";
const CLOSES: &str = "end, ends, ending, finish, finishes, finishing, close, closes, closing, closure after school, break up, breaks up, \
    breakup, breaking up, last day, last school day, final day, diwedd, gorffen, cau, crìochnachadh, criochnachadh";
const FIRST_OF: &str = "start, starts, begin, begins, beginning, commence, commences, first day, dechrau";
const LAST_OF: &str = "end, ends, ending, finish, finishes, last day, final day, diwedd";
const LEAVES: &str = "close, closes, closing, break up, breaks up, breakup, breaking up, finish for, finishes for, ends for, before, for \
    half term, end of term, last day of term, last school day, closure after school, last day at school, last day in \
    school";
const RETURNS: &str = "return, returns, returning, reopen, reopens, re open, re opens, resume, resumes, back, after, following, open, opens, \
    restart, restarts, recommence, recommences, start of term, agor, ailagor";
const TERM: &str = "term, terms, tymor, teirm, tearma, semester, michaelmas, hilary, lent";
const PUPILS: &str = "pupil, pupils, children, student, students, learners, all, everyone, everybody, disgyblion, plant, sgoilearan";
// In Scotland the school year is a session; other sessions have a name in front.
const SCHOOL: &str = "school, schools, academy, college, ysgol, ysgolion, sgoil, sgoiltean, classes, academic year, session ends, session \
    starts, session begins, end of session, start of session, last day of session, first day of session";
const SOME: &str = "year 1, year 2, year 3, year 4, year 5, year 6, year 7, year 8, year 9, year 10, year 11, year 12, year 13, reception, \
    nursery, early years, eyfs, foundation, sixth form, part time, induction, new, p1, p7, s1, y7, y6, yr, preschool, pre \
    school";
const NOISE: &str = "party, disco, concert, assembly, service, fair, fayre, play, production, trip, meeting, evening, club, clubs, camp, \
    deadline, exam, exams, mock, mocks, report, reports, photo, photos, competition, match, parents, pta, governors, \
    applications, admissions, booking, registration, lunch, breakfast, swimming, lessons, bikeability, tests, sats, \
    homework, reading, childcare, sale, open day, open morning, open afternoon, open days, results, library, challenge, \
    tournament, office, pool, road, gate, kitchen, car park, twilight, workshop, collective, rehearsal, celebration";
const STAFF: &str = "inset, insets, in service, inservice, in svc, pd, p d day, professional development, professional learning, staff \
    development, staff training, training day, training days, teacher training, teachers training, non pupil, nonpupil, \
    pupil free, teachers day, teachers days, teacher day, teacher days, baker day, baker days, staff day, staff days, \
    staff only, school development, development day, development days, cpd, hms, hyfforddiant, in sheirbheis, inseirbheis, \
    planning day, planning days, no pupils, staff return, staff returns, staff resume, staff resumes, teachers return, \
    teachers resume, staff back, pupils not in school, sdd, sdds";
const CLOSED: &str = "closed, closure, closures, non school day, non school days, no school, not open, shut, ar gau, duinte, dunta, \
    occasional day, occasional days, occasional holiday, polling, local holiday, casual holiday, non attendance, september \
    weekend, holiday weekend, long weekend, may weekend, spring weekend, victoria day";
const OF_SCHOOL: &str = "school closed, schools closed, closed to pupils, school is closed, school will be closed";
const BANK: &str = "bank holiday, bank holidays, bank hol, public holiday, public holidays, may day, early may, good friday, easter \
    monday, boxing day, christmas day, new years day, new year s day, gwyl y banc, gwyl banc, calan mai, dydd gwener y \
    groglith, llun y pasg, st patricks day, latha a bhuinn dara, orangemens day, battle of the boyne, twelfth of july, \
    12th july";
const DATES: &str = "monday, tuesday, wednesday, thursday, friday, saturday, sunday, mon, tue, tues, wed, thu, thur, thurs, fri, january, \
    february, march, april, may, june, july, august, september, october, november, december, jan, feb, mar, apr, jun, jul, \
    aug, sep, sept, oct, nov, dec, 1st, 2nd, 3rd, the, to, on, at, and, for, of, am, pm";
const SEASONS: &[(&str, Season)] = &[
    ("autumn", Season::Autumn),
    ("michaelmas", Season::Autumn),
    ("spring", Season::Spring),
    ("lent", Season::Spring),
    ("summer", Season::Summer),
    ("trinity", Season::Summer),
];

/// The season that a name gives a term: "autumn term", "term: summer". Not every "summer" is one.
#[must_use]
pub fn named(words: &Words) -> Option<Season> {
    let of = |name: &str| words.has(&format!("{name} term, term {name}, {name} terms"));
    SEASONS.iter().find(|(name, _)| of(name)).map(|(_, season)| *season)
}

/// Whether a name speaks of a part of the year by its number: "Term 3", "Half Term 2", "Autumn 1". That is a time of teaching.
#[must_use]
pub fn numbered(words: &Words) -> bool {
    let parts = ["term", "half term", "autumn", "spring", "summer", "winter", "tymor", "teirm", "semester"];
    let numbers = ["1", "2", "3", "4", "5", "6", "one", "two", "three", "four", "five", "six", "1a", "1b", "2a", "2b"];
    words.has("first half of, second half of, 1st half, 2nd half, first half, second half")
        || parts.iter().any(|part| words.has(part) && numbers.iter().any(|number| words.has(&format!("{part} {number}"))))
}

/// What an event says. Its length decides where its words leave it open: "Half Term 1" of seven weeks is taught, one of a week is not.
#[must_use]
pub fn meaning(event: &Event) -> Vec<Meaning> {
    let words = Words::of(&event.summary);
    let length = event.days.len_days();
    let (half, holiday, long) = (words.has(HALF), words.has(HOLIDAY), words.has(LONG));
    let noise = words.has(NOISE);
    let of_term =
        words.has(TERM) && !(words.has("half term, mid term") && !words.has("end of term, term ends, term starts, start of term"));
    let taught = numbered(&words) || words.has(TERM) && !half || half && length >= 24;
    if length >= 17 && taught && !words.has(CLOSED) && !(holiday && !numbered(&words)) && !noise {
        return vec![if length > 150 { Meaning::Other } else { Meaning::Term }];
    }
    let (opens, closes) = (words.place(OPENS), words.place(CLOSES));
    let staff = words.has("staff, teachers") && !words.has(PUPILS);
    // "Pupils return after INSET" is said of the pupils.
    let back = opens.is_some() && words.has(PUPILS) && words.has("after, following");
    if (words.has(STAFF) || staff && opens.is_some()) && !back && !words.has("twilight") {
        let also = of_term && !words.has(PUPILS) && length == 1;
        return match (opens, closes) {
            _ if only_hours(event) => vec![Meaning::Other],
            (Some(_), None) if also && !staff => vec![Meaning::Staff, Meaning::Opens(Voice::Term)],
            (None, Some(_)) if also => vec![Meaning::Staff, Meaning::Closes(Voice::Term)],
            _ => vec![Meaning::Staff],
        };
    }
    // Two verbs: the first one counts, as in "End of term: back to school on 5 January".
    let opens_first = opens.is_some_and(|at| closes.is_none_or(|other| at < other));
    let closes_first = closes.is_some_and(|at| opens.is_none_or(|other| at < other));
    let voice = voice(&words, half || holiday || long);
    let leaves = closes_first && (words.has(LEAVES) || named(&words).is_some());
    let returns = opens_first && (words.has(RETURNS) || named(&words).is_some()) || words.has("after, following") && opens.is_some();
    let early = words.has("early closure, early finish, early closing, half day, nursery closed");
    let shut = words.has(CLOSED) && !words.has("closure after school");
    if shut && !(returns && words.has("after, following")) {
        return vec![match () {
            () if only_hours(event) || early || noise && !words.has(OF_SCHOOL) => Meaning::Other,
            () if half => Meaning::Break { half: true, long },
            () if words.has(BANK) && length < 5 => Meaning::Bank,
            () if length >= 5 || holiday && long => Meaning::Break { half: false, long },
            () => Meaning::Closed,
        }];
    }
    if words.has(BANK) && !(opens.is_some() || closes.is_some()) {
        return vec![if length >= 5 { Meaning::Break { half, long } } else { Meaning::Bank }];
    }
    if noise || staff {
        // "Autumn term ends: carol service" says when, "End of term service" does not.
        return vec![marker(opens_first, closes_first, Voice::Some, named(&words).is_some() && length <= 2)];
    }
    if half || holiday {
        let teaching = numbered(&words) && !holiday;
        return vec![match () {
            () if length > 1 => Meaning::Break { half, long },
            () if teaching && opens_first => Meaning::Opens(Voice::Term),
            () if teaching && closes_first => Meaning::Closes(Voice::Term),
            () if leaves && !words.has("last day of half term holiday, last day of holiday, last day of holidays") => {
                Meaning::Closes(Voice::School.max(voice.unwrap_or(Voice::School)))
            }
            () if returns => Meaning::Opens(Voice::School.max(voice.unwrap_or(Voice::School))),
            () if half && !holiday && opens_first && words.has(FIRST_OF) => Meaning::HalfStarts,
            () if half && !holiday && closes_first && words.has(LAST_OF) => Meaning::HalfEnds,
            () if opens_first && words.has(FIRST_OF) => Meaning::BreakStarts,
            () if closes_first && words.has(LAST_OF) => Meaning::BreakEnds,
            () => Meaning::Break { half, long },
        }];
    }
    let known = length <= 5 && (voice.is_some() || words.only(&[OPENS, CLOSES, LONG, "re, up, day, last, first, back, closure, after"]));
    vec![marker(opens_first, closes_first, voice.unwrap_or(Voice::School), known)]
}

fn marker(opens: bool, closes: bool, voice: Voice, known: bool) -> Meaning {
    match (known, opens, closes) {
        (true, true, false) => Meaning::Opens(voice),
        (true, false, true) => Meaning::Closes(voice),
        _ => Meaning::Other,
    }
}

/// Of whom a first or last day is said; `None` where it is of nothing that has to do with school.
fn voice(words: &Words, of_holiday: bool) -> Option<Voice> {
    let spoken = if words.has(PUPILS) {
        Voice::Pupils
    } else if words.has(TERM) || numbered(words) {
        Voice::Term
    } else if words.has(SCHOOL) || of_holiday {
        Voice::School
    } else {
        return None;
    };
    Some(if words.has(SOME) && !words.has("new term, new school year") { Voice::Some } else { spoken })
}

/// Whether an event takes some hours of a day, so that there is school before or after it.
#[must_use]
pub fn only_hours(event: &Event) -> bool {
    event.days.len_days() == 1 && event.hours.is_some_and(|hours| hours < 4)
}
