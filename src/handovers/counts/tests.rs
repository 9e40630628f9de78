//! Counting: what a form says, what it refuses, where two sides differ.

use proptest::prelude::*;

use super::*;

fn torch() -> Expected {
    Expected {
        line: ContentsLineId(1),
        position: 1,
        item: "Torch".into(),
        quantity: 6,
        known: 6,
        loose: None,
        short_since: None,
        consumable: false,
        essential: true,
    }
}

fn rice() -> Expected {
    Expected { line: ContentsLineId(2), position: 2, item: "Rice".into(), quantity: 1, known: 1, consumable: true, ..torch() }
}

/// The form as it stands there, with some fields changed.
fn form(changes: &[(&str, i64, &str)]) -> Vec<(String, String)> {
    let name = |what: &str, line: i64| field(what, ContentsLineId(line));
    let mut typed = vec![
        ("how".to_owned(), "lines".to_owned()),
        (name("there", 1), "yes".to_owned()),
        (name("n", 1), String::new()),
        (name("why", 1), String::new()),
        (name("loose", 2), "plenty".to_owned()),
        (name("n", 2), String::new()),
    ];
    for (what, line, value) in changes {
        typed.retain(|(known, _)| *known != name(what, *line));
        typed.push((name(what, *line), (*value).to_owned()));
    }
    typed
}

fn one(changes: &[(&str, i64, &str)]) -> Result<CountLine, Vec<Fault>> {
    read(&form(changes), &[torch()]).map(|count| count.lines[0].clone())
}

fn all_there(mut typed: Vec<(String, String)>) -> Vec<(String, String)> {
    typed[0].1 = "all_there".into();
    typed
}

#[test]
fn what_is_left_ticked_is_as_it_was_known() {
    let count = read(&form(&[]), &[torch(), rice()]).unwrap();
    assert_eq!((count.lines[0].counted, count.lines[1].loose), (Some(6), Some(Loose::Plenty)));
    assert_eq!(count.summary(), "Everything was there");
    assert_eq!(count.short_essentials().as_deref(), Some(""));
    let short = Expected { known: 4, ..torch() };
    let count = read(&all_there(form(&[])), &[short]).unwrap();
    assert_eq!(count.lines[0].counted, Some(4), "what was missing is still missing");
    assert_eq!(count.short_essentials().as_deref(), Some("Torch: 2 of 6 missing"));
    assert_eq!(count.new_shortages(), Vec::<String>::new(), "and nothing new");
}

#[test]
fn what_is_unticked_says_how_many_and_why() {
    let line = one(&[("there", 1, ""), ("n", 1, "4"), ("why", 1, "missing"), ("note", 1, " on the\tbus ")]).unwrap();
    assert_eq!((line.counted, line.why, line.note.as_str()), (Some(4), Some(Why::Missing), "on the bus"));
    assert_eq!(line.short().as_deref(), Some("Torch: 2 of 6 missing"));
    assert_eq!(line.words(), "4 of 6, missing");
    let fault = |changes: &[(&str, i64, &str)]| one(changes).unwrap_err().remove(0);
    assert_eq!(fault(&[("there", 1, "")]).1, "Torch: enter how many there are, or choose \"Not counted\"");
    assert_eq!(fault(&[("there", 1, ""), ("why", 1, "broken")]).0, field("n", ContentsLineId(1)));
    assert_eq!(fault(&[("n", 1, "4")]).1, "Torch: choose why there are fewer than 6");
    for wrong in ["four", "-1", "1.5", "100001", "+4", "99999999999"] {
        assert_eq!(fault(&[("n", 1, wrong)]).1, "Torch: enter how many there are as a whole number, for example 6", "{wrong}");
    }
    assert!(fault(&[("note", 1, &"x".repeat(201))]).1.contains("200 characters"));
    assert_eq!(one(&[("n", 1, "7")]).unwrap().counted, Some(7), "one more than there should be");
}

#[test]
fn more_than_belongs_in_it_is_said() {
    let count = read(&form(&[("n", 1, "8")]), &[torch(), rice()]).unwrap();
    assert_eq!(count.summary(), "More was there than belongs in it: Torch");
    assert_eq!(count.lines[0].words(), "8, where 6 belong");
    assert_eq!(Expected { known: 8, ..torch() }.words(), "8, where 6 belong");
    assert_eq!(count.short_essentials().as_deref(), Some(""), "and nothing is missing");
}

#[test]
fn one_line_can_be_said_without_counting_the_rest() {
    let some = |changes: &[(&str, i64, &str)], of: &[Expected]| {
        let mut typed = form(changes);
        typed[0].1 = SOME.into();
        read(&typed, of)
    };
    let short = Expected { known: 4, ..torch() };
    // What was missing is made good, and nobody has looked at the rice.
    let good = some(&[("there", 1, ""), ("n", 1, "6")], &[short.clone(), rice()]).unwrap();
    assert_eq!((good.lines[0].counted, good.lines[1].looked_at(), good.how), (Some(6), false, How::Lines));
    assert_eq!(good.summary(), "Said of some lines alone. Torch: 6");
    assert_eq!((good.short_essentials().as_deref(), good.new_essential_shortages()), (Some(""), vec![]));
    // Something breaks, and what was known to be missing elsewhere stays so.
    let lamp = Expected { line: ContentsLineId(3), item: "Lamp".into(), known: 5, ..torch() };
    let broken = some(&[("there", 1, ""), ("n", 1, "5"), ("why", 1, "broken"), ("there", 3, "yes")], &[torch(), lamp]).unwrap();
    assert_eq!(broken.new_essential_shortages(), ["Torch: 1 of 6 broken"]);
    assert_eq!(broken.short_essentials().as_deref(), Some("Torch: 1 of 6 broken; Lamp: 1 of 6 missing"));
    assert_eq!(some(&[], &[torch(), rice()]).unwrap_err()[0].0, "how", "nothing was said");
}

#[test]
fn none_and_not_counted_are_different() {
    let none = one(&[("n", 1, "0"), ("why", 1, "missing")]).unwrap();
    let unknown = one(&[("there", 1, ""), ("why", 1, "not_counted")]).unwrap();
    assert_eq!((none.counted, unknown.counted), (Some(0), None));
    assert_eq!((none.words(), unknown.words()), ("0 of 6, missing".into(), "Not counted".into()));
    assert_eq!((none.known(), unknown.known()), (0, 6));
    assert!(one(&[("n", 1, "0"), ("why", 1, "not_counted")]).unwrap_err()[0].1.contains("Leave one"));
    let nothing = read(&[("how".into(), "none".into())], &[torch()]).unwrap();
    assert_eq!((nothing.short_essentials(), nothing.summary().as_str()), (None, "Nothing was counted"));
}

#[test]
fn consumables_are_asked_loosely() {
    let of = |changes: &[(&str, i64, &str)]| read(&form(changes), &[rice()]).unwrap().lines[0].clone();
    assert_eq!(of(&[("loose", 2, "low")]).loose, Some(Loose::Low));
    let number = of(&[("loose", 2, "low"), ("n", 2, "3")]);
    assert_eq!((number.counted, number.loose), (Some(3), None), "a number says more");
    let none = of(&[("loose", 2, "none")]);
    assert_eq!((none.known(), none.short().as_deref()), (0, Some("Rice: none left")));
    assert_eq!(of(&[("loose", 2, "")]).why, Some(Why::NotCounted));
}

#[test]
fn all_there_does_not_swallow_what_was_said() {
    let typed = all_there(form(&[("n", 1, "4"), ("why", 1, "missing")]));
    assert_eq!(read(&typed, &[torch()]).unwrap_err()[0].0, "how");
}

#[test]
fn only_what_both_have_looked_at_can_differ() {
    let count = |changes: &[(&str, i64, &str)]| read(&form(changes), &[torch(), rice()]).unwrap();
    let full = count(&[]);
    assert_eq!(differences(&full, &full), []);
    let short = count(&[("n", 1, "4"), ("why", 1, "missing"), ("loose", 2, "low")]);
    let found = differences(&full, &short);
    assert_eq!(found.iter().map(|one| one.item.as_str()).collect::<Vec<_>>(), ["Torch", "Rice"]);
    assert_eq!(found[0].words(), "Torch: handed over as 6, received as 4 of 6, missing");
    let unknown = count(&[("there", 1, ""), ("why", 1, "not_counted"), ("n", 2, "3")]);
    assert_eq!(differences(&full, &unknown), [], "not counted says nothing, and 3 bags may be plenty");
    let empty = count(&[("n", 2, "0")]);
    assert_eq!(differences(&full, &empty).len(), 1, "none is not plenty");
}

proptest! {
    /// Whatever is sent, it is a count or says at a field of the form what is wrong.
    #[test]
    fn no_form_panics(number in ".{0,12}", why in "(missing|broken|used_up|not_counted|x|)", there in "(yes|)", loose in "(plenty|low|none|x|)") {
        let typed = form(&[("n", 1, &number), ("why", 1, &why), ("there", 1, &there), ("loose", 2, &loose), ("n", 2, &number)]);
        match read(&typed, &[torch(), rice()]) {
            Ok(count) => {
                for line in count.lines {
                    // What the table's checks ask.
                    prop_assert!(line.counted.is_none() || line.loose.is_none());
                    prop_assert!(line.loose.is_none() || line.of.consumable);
                    prop_assert!(line.why != Some(Why::NotCounted) || line.counted.is_none());
                    prop_assert!(line.counted.is_none_or(|number| number <= MOST));
                }
            }
            Err(faults) => prop_assert!(!faults.is_empty()),
        }
    }

    /// A count never differs from itself, and differing does not depend on whose is whose.
    #[test]
    fn differing_is_mutual(a in prop::option::of(0u32..9), b in prop::option::of(0u32..9)) {
        let count = |number: Option<u32>| Count {
            how: How::Lines,
            lines: vec![CountLine { of: torch(), counted: number, loose: None, why: None, note: String::new() }],
        };
        let (one, other) = (count(a), count(b));
        prop_assert_eq!(differences(&one, &one).len(), 0);
        prop_assert_eq!(differences(&one, &other).len(), differences(&other, &one).len());
        prop_assert_eq!(differences(&one, &other).len(), usize::from(a.is_some() && b.is_some() && a != b));
    }
}

#[test]
fn what_was_typed_can_be_read_again() {
    let mut typed = form(&[("there", 1, ""), ("n", 1, "4"), ("why", 1, "missing"), ("note", 1, "on the bus")]);
    typed.extend([("condition", "worn"), ("note", "Sorry"), ("seen", "3")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let pair = |label: &str, words: &str| (label.to_owned(), words.to_owned());
    let whole = [pair("The box itself", "Worn"), pair("Note", "Sorry")];
    let lines = [pair("Torch", "4, Missing, on the bus"), pair("Rice", "Plenty")];
    assert_eq!(as_typed(&typed, &[torch(), rice()]), [lines, whole.clone()].concat());
    typed[0].1 = "none".into();
    assert_eq!(as_typed(&typed, &[torch(), rice()]), whole);
    assert_eq!(as_typed(&form(&[]), &[torch()]), [pair("Torch", "All there")]);
    assert_eq!(as_typed(&form(&[("loose", 2, "")]), &[rice()]), [pair("Rice", "Not counted")]);
    assert_eq!(as_typed(&form(&[("there", 1, "")]), &[torch()]), [pair("Torch", "Not counted")]);
}
