//! The rules of schools, as tables.

use super::*;
use proptest::prelude::*;

fn day(text: &str) -> Day {
    days::parse_iso(text).expect("a day")
}

fn period(first: &str, last: &str) -> Period {
    Period::new(day(first), day(last)).expect("a period")
}

fn spell(id: i64, joined: &str, left: Option<&str>, off: Option<(&str, &str)>) -> Spell {
    let stay = Stay { joined_on: day(joined), left_on: left.map(day), sabbatical: off.map(|(a, b)| period(a, b)) };
    Spell { id: MembershipId(id), stay, review_on: None, leave_reason: String::new() }
}

fn record(spells: Vec<Spell>) -> Record {
    let school = School {
        id: SchoolId(1),
        name: "Saxton CE Primary School".into(),
        short_name: "Saxton".into(),
        letters: "SX".into(),
        address: String::new(),
        postcode: "LS24 9QF".into(),
        phone: String::new(),
        stays: spells.iter().map(|spell| spell.stay).collect(),
    };
    Record { school, urn: None, trust: String::new(), spells, england: true }
}

fn known(id: i64, name: &str, letters: &str) -> Known {
    Known {
        id: SchoolId(id),
        name: format!("{name} Primary School"),
        short_name: name.into(),
        letters: letters.into(),
        urn: Some(format!("12166{id}")),
    }
}

fn filled() -> Typed {
    Typed::default()
        .with("name", " Saxton  CE Primary School ")
        .with("short_name", "Saxton")
        .with("letters", "sx")
        .with("urn", "121 667")
        .with("postcode", "ls249qf")
        .with_day("joined", day("2026-09-01"))
}

const TODAY: &str = "2026-11-23";

#[test]
fn a_form_becomes_a_school_or_says_what_would_be_right() {
    let school = NewSchool::read(&filled(), true, day(TODAY)).expect("a school");
    assert_eq!(school.names.name, "Saxton CE Primary School");
    assert_eq!((school.facts.letters.as_deref(), school.facts.urn.as_deref()), (Some("SX"), Some("121667")));
    assert_eq!((school.facts.postcode.as_str(), school.joined_on), ("LS24 9QF", day("2026-09-01")));
    for (field, value, said) in [
        ("name", " ", "Enter the name of the school"),
        ("short_name", "", "Enter a short name"),
        ("short_name", "The longest short name of a school", "Use 30 letters"),
        ("letters", "S", "two or three letters"),
        ("letters", "S1", "two or three letters"),
        ("urn", "12166", "six digits"),
        ("postcode", "LS24", "UK postcode"),
        ("joined-month", "13", "no such day"),
        ("joined-day", "", "a day, a month and a year"),
        ("joined-year", "26", "four digits"),
        ("joined-year", "2099", "Enter a day before"),
    ] {
        let errors = NewSchool::read(&filled().with(field, value), true, day(TODAY)).expect_err(field);
        let at = field.split('-').next().unwrap_or_default();
        assert!(errors.of(at).is_some_and(|message| message.contains(said)), "{field} {value:?}: {errors:?}");
        assert_eq!(errors.iter().count(), 1);
    }
    let abroad = |urn: &str, england: bool| NewSchool::read(&filled().with("urn", urn), england, day(TODAY)).is_ok();
    assert!(abroad("6602035", false) && !abroad("6602035", true) && abroad("", true) && !abroad("W12", false));
}

#[test]
fn names_letters_and_numbers_belong_to_one_school() {
    let all = [known(1, "Saxton", "SX"), known(2, "Brayton", "BR")];
    let names = |name: &str, short: &str| Names { name: name.into(), short_name: short.into() };
    assert_eq!(names_are_free(&names("Brayton primary school", "B"), None, &all).expect_err("taken").0, "name");
    assert_eq!(names_are_free(&names("Brayton Academy", "brayton"), None, &all).expect_err("taken").0, "short_name");
    assert_eq!(names_are_free(&names("Brayton Primary School", "Brayton"), Some(SchoolId(2)), &all), Ok(()));
    let facts = |code: Option<&str>, urn: Option<&str>| Facts {
        letters: code.map(Into::into),
        urn: urn.map(Into::into),
        address: String::new(),
        postcode: String::new(),
        trust: String::new(),
        phone: String::new(),
    };
    assert_eq!(letters(&facts(Some("BR"), None), "Barlby", None, &all), Err(("letters", Refusal::LettersTaken(all[1].name.clone()))));
    assert_eq!(letters(&facts(Some("BR"), None), "Brayton", Some(SchoolId(2)), &all), Ok("BR".into()));
    assert_eq!(letters(&facts(None, Some("121661")), "Barlby", None, &all), Err(("urn", Refusal::UrnTaken(all[0].name.clone()))));
    assert_eq!(letters(&facts(None, None), "Barlby", None, &all), Ok("BA".into()));
}

#[test]
fn letters_come_from_the_name() {
    assert_eq!(suggest("Monk Fryston", &[]), "MF");
    assert_eq!(suggest("Saxton", &[]), "SA");
    assert_eq!(suggest("Saxton", &["SA"]), "SX");
    assert_eq!(suggest("St Mary's", &["SM"]), "SMS");
    assert_eq!(suggest("Ô", &[]), "SA");
}

#[test]
fn an_old_name_ends_the_day_before_the_new_one() {
    let now = Names { name: "Saxton School".into(), short_name: "Saxton".into() };
    let new = Names { name: "Saxton Academy".into(), ..now.clone() };
    let former = [FormerName { names: new.clone(), until: day("2024-08-31") }];
    let from = |text: &str| rename(&new, day(text), &now, &former, day(TODAY));
    assert_eq!(from("2026-09-01"), Ok(day("2026-08-31")));
    assert_eq!(from(TODAY), Ok(day("2026-11-22")));
    assert_eq!(from("2026-11-24"), Err(("from", Refusal::NameToCome)));
    assert_eq!(from("2024-09-01"), Err(("from", Refusal::NameTooEarly(day("2024-08-31")))));
    assert_eq!(rename(&now, day(TODAY), &now, &[], day(TODAY)), Err(("name", Refusal::SameName)));
}

#[test]
fn the_lead_goes_on_in_order() {
    let school = record(vec![spell(1, "2021-09-01", Some("2027-08-31"), Some(("2026-09-01", "2026-12-31")))]).school;
    let other = Lead { id: LeadSchoolId(1), school: SchoolId(2), from: day("2023-09-01"), to: None };
    let from = |text: &str| lead(&school, day(text), Some((&other, "Brayton")));
    assert_eq!(from("2026-11-23"), Ok(()));
    assert_eq!(from("2023-09-01"), Err(Refusal::LeadTooEarly { by: "Brayton".into(), from: other.from }));
    assert_eq!(from("2027-09-01"), Err(Refusal::NotIn(day("2027-09-01"))));
    let own = Lead { school: school.id, ..other };
    assert_eq!(lead(&school, day(TODAY), Some((&own, "Saxton"))), Err(Refusal::LeadsAlready(own.from)));
    assert_eq!(lead(&school, day(TODAY), None), Ok(()));
}

#[test]
fn a_sabbatical_lies_within_one_time_and_keeps_the_one_before() {
    let wish = |a: &str, b: &str| Sabbatical { days: period(a, b), review_on: None };
    let school =
        record(vec![spell(1, "2021-09-01", Some("2023-08-31"), None), spell(2, "2024-09-01", None, Some(("2025-01-01", "2025-07-31")))]);
    let today = day(TODAY);
    assert_eq!(rest(&school, &wish("2024-01-01", "2024-12-31"), today), Err(("from", Refusal::NotIn(day("2024-01-01")))));
    assert_eq!(rest(&school, &wish("2023-01-01", "2023-12-31"), today), Err(("to", Refusal::LeavesBefore(day("2023-08-31")))));
    assert_eq!(rest(&school, &wish("2022-01-01", "2022-07-31"), today), Ok(Rest::Into(MembershipId(1))));
    assert_eq!(rest(&school, &wish("2025-01-01", "2025-08-31"), today), Ok(Rest::Into(MembershipId(2))), "its days are mended");
    assert_eq!(rest(&school, &wish("2027-01-01", "2027-07-31"), today), Ok(Rest::After(school.spells[1].clone())));
    let off = period("2027-01-01", "2027-07-31");
    assert_eq!(back_early(off, day("2027-04-01")), Ok(Period::new(day("2027-01-01"), day("2027-03-31"))));
    assert_eq!(back_early(off, day("2027-01-01")), Ok(None));
    assert_eq!(back_early(off, day("2027-08-01")), Err(Refusal::EndsAnyway(off.last())));
}

#[test]
fn the_days_of_a_sabbatical_are_read_in_order() {
    let typed = |a: &str, b: &str| Typed::default().with_day("from", day(a)).with_day("to", day(b));
    let read = |typed: &Typed| Sabbatical::read(typed, day(TODAY));
    let fine = typed("2027-01-01", "2027-07-31").with_day("review", day("2027-05-01"));
    assert_eq!(read(&fine).expect("a sabbatical").review_on, Some(day("2027-05-01")));
    assert!(read(&typed("2027-07-31", "2027-01-01")).expect_err("order").of("to").is_some());
    assert!(read(&fine.with_day("review", day("2027-08-01"))).expect_err("review").of("review").is_some());
    assert!(read(&Typed::default()).expect_err("empty").iter().count() == 2);
}

#[test]
fn nobody_leaves_with_a_box_unless_there_is_a_reason() {
    let school = record(vec![spell(1, "2021-09-01", None, Some(("2026-09-01", "2027-07-31")))]);
    let wish = |last: &str, held: &[&str], reason: &str| Wish {
        last: day(last),
        reason: reason.into(),
        held: held.iter().map(ToString::to_string).collect(),
        leads: false,
        coordinated: true,
    };
    let (today, fine) = (day(TODAY), wish("2026-12-31", &[], ""));
    let held = |reason: &str| leave(&school, &wish("2026-12-31", &["SO1"], reason), today);
    assert_eq!(held(""), Err(("reason", Refusal::Holds("SO1".into()))));
    let gone = held("The box is lost").expect("a leave");
    assert_eq!((gone.reason.as_str(), gone.sabbatical), ("The box is lost", Some(period("2026-09-01", "2026-12-31"))));
    let gone = leave(&school, &wish("2026-08-31", &[], "No need"), today).expect("a leave");
    assert_eq!((gone.reason.as_str(), gone.sabbatical), ("", None));
    let early = leave(&school, &wish("2021-08-31", &[], ""), today);
    assert_eq!(early, Err(("last", Refusal::BeforeJoined(day("2021-09-01")))));
    assert_eq!(leave(&school, &Wish { leads: true, ..fine.clone() }, today), Err(("last", Refusal::LeadLeaves)));
    assert_eq!(leave(&school, &Wish { coordinated: false, ..fine.clone() }, today), Err(("last", Refusal::CoordinatorLeaves)));
    let left = record(vec![spell(1, "2021-09-01", Some("2026-08-31"), None)]);
    assert_eq!(leave(&left, &fine, today), Err(("last", Refusal::LeftAlready)));
    assert_eq!(rejoin(&left, day("2026-08-31")), Err(Refusal::Overlaps(day("2026-08-31"))));
    assert_eq!(rejoin(&left, day("2026-09-01")), Ok(()));
    assert_eq!(rejoin(&school, day("2030-09-01")), Err(Refusal::StillIn));
}

proptest! {
    #[test]
    fn suggested_letters_are_free_and_fit(name in ".{0,20}", taken in proptest::collection::vec("[A-Z]{2}", 0..60)) {
        let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
        let code = suggest(&name, &taken);
        prop_assert!((2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase()), "{}", code);
        prop_assert!(!taken.contains(&code.as_str()));
    }

    #[test]
    fn whatever_is_typed_is_read_or_refused(a in ".{0,6}", b in ".{0,6}", c in ".{0,6}") {
        let _ = Typed::default().with("x-day", &a).with("x-month", &b).with("x-year", &c).day("x", "a day");
    }
}

#[test]
fn a_school_stands_as_its_dates_say() {
    let stay = |joined: &str, left: Option<&str>, off: Option<(&str, &str)>| Stay {
        joined_on: day(joined),
        left_on: left.map(day),
        sabbatical: off.and_then(|(a, b)| Period::new(day(a), day(b))),
    };
    let school = School {
        id: SchoolId(1),
        name: "Saxton CE Primary School".into(),
        short_name: "Saxton".into(),
        letters: "SX".into(),
        address: String::new(),
        postcode: String::new(),
        phone: String::new(),
        stays: vec![
            stay("2021-09-01", Some("2023-08-31"), None),
            stay("2025-09-01", Some("2027-08-31"), Some(("2026-09-01", "2026-12-31"))),
        ],
    };
    assert_eq!(school.standing(day("2020-01-01")), Standing::Before(day("2021-09-01")));
    assert_eq!(school.standing(day("2023-08-31")), Standing::In);
    assert_eq!(school.standing(day("2023-09-01")), Standing::Before(day("2025-09-01")));
    assert!(matches!(school.standing(day("2026-12-31")), Standing::Sabbatical(_)));
    assert_eq!(school.standing(day("2027-01-01")), Standing::In);
    assert_eq!(school.standing(day("2027-09-01")), Standing::Left(day("2027-08-31")));
}
