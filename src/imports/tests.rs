//! Folders right and wrong, as people make them.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::base::days::parse_iso;

/// A small folder in which everything is right.
fn folder() -> Files {
    let files = [
        ("cluster.csv", "name,slug,cohort_year,nation,lead_school\nSouth Milford,south-milford,2023,England,Saxton\n"),
        (
            "schools.csv",
            "name,short_name,letters,postcode,joined,left\n\
             Saxton CE Primary School,Saxton,SA,ls249qf,01/09/2023,\n\
             Brayton C of E Primary School,Brayton,BR,YO8 9DZ,2023-09-01,2027-07-31\n",
        ),
        (
            "people.csv",
            "name,email,role,school,from,to\n\
             \"Science lead, Saxton\",science.lead@saxton.example,ssl,Saxton,2023-09-01,\n\
             \"Science lead, Brayton\",science.lead@brayton.example,SSL,br,2023-09-01,\n\
             \"Science lead, Saxton\",Science.Lead@Saxton.example,coordinator,,2023-09-01,\n",
        ),
        ("settings.csv", "setting,value\nturnaround_days,2\napproval_needed,no\n"),
        (
            "terms.csv",
            "academic_year,season,first_day,last_day,half_term_first,half_term_last\n\
             2026-27,autumn,01/09/2026,18/12/2026,26/10/2026,30/10/2026\n\
             2026/27,Spring,2027-01-04,2027-03-25,,\n",
        ),
        ("closures.csv", "school,kind,first_day,last_day,note\n,bank holiday,2027-05-03,,\nSaxton,inset,2026-09-01,2026-09-02,Training\n"),
        (
            "resources.csv",
            "name,kind,topic,strand,year_from,year_to,summary,needs_approval,icon\n\
             Electricity,box,Electricity,physics,4,Year 6,Bulbs and batteries,\n\
             Body models,kit,\"Animals, including humans\",biology,R,6,,yes\n",
        ),
        (
            "contents.csv",
            "resource,item,quantity,consumable,essential,care_note\n\
             electricity,Buzzers (3 V),15,no,yes,\nElectricity,Batteries,30,yes,,Test first\n",
        ),
        ("copies.csv", "resource,tag,code,home_school,state\nElectricity,EL1,7k3-qx,Saxton,\nBody models,BM1,,Brayton,in service\n"),
        (
            "bookings.csv",
            "copy,school,person,kind,state,first_day,last_day,collected_on,returned_on,class,purpose,pupils\n\
             EL1,Saxton,,,,2026-09-07,2026-09-18,2026-09-07,2026-09-18,Year 4,Circuits,28\n\
             el1,Brayton,science.lead@brayton.example,loan,confirmed,21/09/2026,02/10/2026,,,Year 6,,\n\
             EL1,Saxton,,loan,cancelled,2026-09-14,2026-09-25,,,,,\n",
        ),
    ];
    files.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect()
}

fn today() -> Day {
    parse_iso("2026-09-25").unwrap()
}

/// The folder with one text in one file replaced.
fn with(file: &str, from: &str, to: &str) -> Files {
    let mut files = folder();
    let text = String::from_utf8(files[file].clone()).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    files.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
    files
}

/// What is said about such a folder.
fn said(files: &Files) -> Vec<String> {
    match read(files, today()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.list().iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_right_folder_becomes_a_cluster() {
    let cluster = read(&folder(), today()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((cluster.slug.as_str(), cluster.nation, cluster.cohort_year), ("south-milford", "england", Some(2023)));
    assert_eq!(cluster.schools.iter().map(|s| (s.postcode.as_str(), s.lead)).collect::<Vec<_>>(), [("LS24 9QF", true), ("YO8 9DZ", false)]);
    assert_eq!(cluster.people.len(), 2, "one address is one person");
    assert_eq!(
        cluster.roles.iter().map(|r| (r.person, r.kind, r.school)).collect::<Vec<_>>(),
        [(0, "ssl", Some(0)), (1, "ssl", Some(1)), (0, "coordinator", None)]
    );
    assert_eq!(cluster.settings, Settings { turnaround_days: 2, ..Settings::default() });
    assert_eq!(cluster.terms[1].half_term, None);
    assert_eq!(cluster.closures[0].days.len_days(), 1);
    assert_eq!(cluster.resources[1].year_from, 0);
    assert_eq!((cluster.resources[0].icon.as_str(), cluster.resources[1].icon.as_str()), ("zap", "bone"), "the topics' pictures");
    assert_eq!(cluster.resources[0].contents.len(), 2);
    assert!(cluster.resources[0].search_words().contains("buzzers (3 v)"));
    assert_eq!((cluster.copies[0].code.as_deref(), cluster.copies[1].code.as_deref()), (Some("7K3QX"), None));
    assert_eq!(cluster.bookings[0].person, 0, "whoever leads science at the school");
    assert_eq!(cluster.bookings[0].held_until.to_string(), "2026-09-20");
    assert_eq!(cluster.bookings[1].days.to_string(), "21 September to 2 October 2026");
}

#[test]
fn the_small_files_may_be_left_out_and_the_needed_ones_not() {
    let mut files = folder();
    files.retain(|name, _| FILES[..3].contains(&name.as_str()));
    assert_eq!(said(&files), Vec::<String>::new());
    files.remove("schools.csv");
    assert_eq!(said(&files), ["schools.csv: The file is missing. Every cluster needs it: add it to the folder."]);
    assert_eq!(said(&Files::new()).len(), 3);
    files = folder();
    files.insert("resource.csv".into(), Vec::new());
    assert_eq!(
        said(&files),
        ["resource.csv: No file of this name is imported. Did you mean resources.csv? Rename it, or take it out of the folder."]
    );
}

/// Every fault a row can have, once: where it is found, and the words that must be in what is said.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_fault_is_said_with_line_column_and_cure() {
    let faults: &[(&str, &str, &str, &str)] = &[
        ("cluster.csv", "south-milford", "South Milford", "line 2, column slug: \"South Milford\" cannot stand in an address."),
        (
            "cluster.csv",
            "England",
            "Englnd",
            "line 2, column nation: \"Englnd\" is none of the words for this column. Did you mean england?",
        ),
        ("cluster.csv", "2023,England", "year,England", "line 2, column cohort_year: \"year\" is not a number that fits here."),
        ("cluster.csv", "Saxton", "Oakfield", "line 2, column lead_school: There is no school \"Oakfield\"."),
        ("cluster.csv", "Saxton\n", "Saxton\nX,y-z,,wales,\n", "There is more than one cluster."),
        (
            "schools.csv",
            "Brayton C of E Primary School",
            "Saxton CE Primary School",
            "line 3, column name: \"saxton ce primary school\" is on line 2 already.",
        ),
        ("schools.csv", "SA,", "S1,", "line 2, column letters: \"S1\" does not fit. Write two or three letters"),
        ("schools.csv", "ls249qf", "LS24", "line 2, column postcode: \"LS24\" is not a postcode. Write a UK postcode like LS25 5AU."),
        ("schools.csv", "01/09/2023", "31/09/2023", "line 2, column joined: \"31/09/2023\" is not a day. There is no such day"),
        ("schools.csv", "2027-07-31", "2022-07-31", "line 3, column left: 2022-07-31 is before joined"),
        (
            "people.csv",
            "lead@brayton.example,SSL",
            "lead.brayton,SSL",
            "line 3, column email: \"science.lead.brayton\" is not an e-mail address.",
        ),
        ("people.csv", "SSL,br", "SSL,", "line 3, column school: A person of the role ssl needs a school."),
        ("people.csv", "SSL,br", "SSL,Braytn", "line 3, column school: There is no school \"Braytn\". Did you mean Brayton?"),
        (
            "people.csv",
            "SSL,br",
            "teacher,br",
            "line 3, column role: \"teacher\" is none of the words for this column. Write one of: ssl, deputy, coordinator",
        ),
        (
            "people.csv",
            "\"Science lead, Saxton\",Science.Lead",
            "\"Coordinator\",Science.Lead",
            "line 4, column name: science.lead@saxton.example is",
        ),
        (
            "settings.csv",
            "turnaround_days",
            "turnaround",
            "line 2, column setting: There is no setting \"turnaround\". Did you mean turnaround_days?",
        ),
        (
            "settings.csv",
            ",2\n",
            ",two\n",
            "line 2, column value: \"two\" is not a number that fits here. Write a whole number from 0 to 28.",
        ),
        ("terms.csv", "2026-27", "2026-28", "line 2, column academic_year: \"2026-28\" is not an academic year."),
        (
            "terms.csv",
            "2026-27",
            "2024-25",
            "line 2, column first_day: 1 September to 18 December 2026 does not lie in the academic year 2024-25.",
        ),
        ("terms.csv", "Spring,2027-01-04", "Spring,2026-12-04", "line 3, column first_day: The term from 4 December 2026"),
        ("terms.csv", "Spring", "Autumn", "line 3, column season: \"autumn of 2026-27\" is on line 2 already."),
        ("terms.csv", "26/10/2026", "26/8/2026", "line 2, column half_term_first: The half-term"),
        ("terms.csv", ",30/10/2026", ",", "line 2, column half_term_last: The last day is missing."),
        ("closures.csv", "inset", "insett", "line 3, column kind: \"insett\" is none of the words for this column. Did you mean inset?"),
        ("closures.csv", "2026-09-02", "2025-09-02", "line 3, column last_day: 2025-09-02 is before first_day"),
        ("resources.csv", "Year 6", "Year 9", "line 2, column year_to: \"year 9\" is not a year group."),
        ("resources.csv", "R,6", "6,R", "line 3, column year_to: Year 0 comes before year 6."),
        ("resources.csv", "batteries,\n", "batteries,,zapp\n", "line 2, column icon: There is no picture \"zapp\". Did you mean zap?"),
        ("resources.csv", "physics", "magic", "line 2, column strand: \"magic\""),
        (
            "contents.csv",
            "electricity",
            "electrcity",
            "line 2, column resource: There is no resource \"electrcity\". Did you mean Electricity?",
        ),
        ("contents.csv", ",15,", ",fifteen,", "line 2, column quantity: \"fifteen\" is not a number that fits here."),
        ("contents.csv", ",30,", ",0,", "line 3, column quantity: \"0\" is not a number that fits here."),
        ("contents.csv", "30,yes", "30,perhaps", "line 3, column consumable: \"perhaps\" is neither yes nor no."),
        ("copies.csv", "BM1", "el1", "line 3, column tag: \"EL1\" is on line 2 already."),
        ("copies.csv", "7k3-qx", "7K!", "line 2, column code: \"7K!\" cannot be read off a lid."),
        ("copies.csv", "Saxton", "", "line 2, column home_school: The school is missing."),
        ("bookings.csv", "el1,", "EL9,", "line 3, column copy: There is no copy with the tag \"EL9\". Did you mean EL1?"),
        (
            "bookings.csv",
            "science.lead@brayton",
            "lead@brayton",
            "line 3, column person: Nobody in people.csv has the address \"lead@brayton.example\".",
        ),
        (
            "bookings.csv",
            "21/09/2026",
            "09/21/2026",
            "line 3, column first_day: \"09/21/2026\" is not a day. There is no month 21. Write the day first, like 21/9/2026.",
        ),
        ("bookings.csv", "21/09/2026", "-3 Mon", "School weeks such as \"-3 Mon\" stand only in the demo's own pattern."),
        ("bookings.csv", "02/10/2026", "02/09/2026", "line 3, column last_day: 2026-09-02 is before first_day"),
        ("bookings.csv", "02/10/2026", "02/10/2027", "line 3, column last_day: 21 September 2026 to 2 October 2027 is longer than a year."),
        (
            "bookings.csv",
            "2026-09-18,2026-09-07,2026-09-18",
            "2026-09-18,,2026-09-18",
            "line 2, column collected_on: The copy came back but was never collected.",
        ),
        (
            "bookings.csv",
            "2026-09-07,2026-09-18,Year",
            "2026-09-07,2026-10-01,Year",
            "line 2, column returned_on: 2026-10-01 is still to come.",
        ),
        (
            "bookings.csv",
            "2026-09-25,,",
            "2026-09-25,2026-09-14,",
            "line 4, column collected_on: A cancelled booking cannot have been collected.",
        ),
        ("bookings.csv", ",28\n", ",2800\n", "line 2, column pupils: \"2800\" is not a number that fits here."),
        (
            "bookings.csv",
            "2026-09-07,2026-09-18,2026-09-07",
            "2022-09-07,2022-09-08,2022-09-07",
            "line 2, column school: Saxton is a member from 1 September 2023 on",
        ),
    ];
    for (file, from, to, words) in faults {
        let said = said(&with(file, from, to));
        assert!(said.iter().any(|line| line.starts_with(file) && line.contains(words)), "{file}: {from} -> {to} says {said:#?}");
    }
}

#[test]
fn bookings_that_overlap_are_named_with_both_lines() {
    let back_to_back = with("bookings.csv", "21/09/2026", "19/09/2026");
    assert_eq!(
        said(&back_to_back),
        [
            "bookings.csv, line 3, column first_day: EL1 is booked twice: by Brayton from 19 September to 2 October 2026 here, and by Saxton \
         from 7 to 18 September 2026 on line 2, kept free until 20 September 2026 for the turnaround. Start after 20 September 2026, or take another copy."
        ]
    );
    let revived = with("bookings.csv", "cancelled", "requested");
    assert_eq!(said(&revived).len(), 2, "one request, two bookings in its way");
    let out_twice = with("bookings.csv", "02/10/2026,,", "02/10/2026,2026-09-21,");
    let mut files = out_twice;
    let text = String::from_utf8(files["bookings.csv"].clone()).unwrap().replacen("2026-09-07,2026-09-18,Year 4", "2026-09-07,,Year 4", 1);
    files.insert("bookings.csv".into(), text.into_bytes());
    assert!(said(&files)[0].contains("line 3, column returned_on: EL1 is out here and on line 2"), "{:?}", said(&files));
}

#[test]
fn all_problems_are_reported_and_none_twice() {
    let mut files = with("schools.csv", "YO8 9DZ", "nowhere");
    files.insert("copies.csv".into(), b"resource,tag,home_school\nElectricity,EL1,Saxton\nMagic,EL2,Saxton\n".to_vec());
    files.insert("bookings.csv".into(), b"copy,school,first_day,last_day\nEL1,Saxton,x,y\nEL1,Saxtn,2026-09-07,2026-09-08\n".to_vec());
    let said = said(&files);
    let places: Vec<&str> = said.iter().filter_map(|line| line.split(':').next()).collect();
    for place in [
        "schools.csv, line 3, column postcode",
        "copies.csv, line 3, column resource",
        "bookings.csv, line 2, column first_day",
        "bookings.csv, line 2, column last_day",
        "bookings.csv, line 3, column school",
    ] {
        assert_eq!(places.iter().filter(|found| **found == place).count(), 1, "{place} in {said:#?}");
    }
}

#[test]
fn a_fault_is_one_problem_and_not_one_more_for_each_line_that_refers_to_it() {
    assert_eq!(said(&with("schools.csv", "postcode", "pc")).len(), 2, "an unknown column and a missing one");
    assert_eq!(said(&with("copies.csv", "tag", "tags")).len(), 2);
    for (file, from, to) in [
        ("schools.csv", "ls249qf", "LS24"),
        ("people.csv", "SSL,br,2023-09-01", "SSL,br,soon"),
        ("people.csv", "ssl,Saxton,2023-09-01", "ssl,Saxton,soon"),
        ("resources.csv", "physics", "magic"),
        ("copies.csv", "7k3-qx", "?"),
    ] {
        let said = said(&with(file, from, to));
        assert!(said.len() == 1 && said[0].starts_with(file), "{said:#?}");
    }
}

#[test]
fn a_file_needs_those_it_refers_to() {
    let mut files = folder();
    files.remove("copies.csv");
    assert_eq!(said(&files), ["copies.csv: The file is missing. What stands in bookings.csv refers to it: add it to the folder."]);
}

/// Names are the same whatever their apostrophes, hyphens, blanks and capitals, where a school is named and where doubles are looked for.
#[test]
fn a_name_is_known_by_its_letters() {
    let mut files = with("schools.csv", "Saxton,SA", "St Peter’s,SA");
    for file in ["cluster.csv", "people.csv", "closures.csv", "copies.csv", "bookings.csv"] {
        if let Some(bytes) = files.get_mut(file) {
            let text = String::from_utf8(bytes.clone()).unwrap();
            *bytes = text.replace("Saxton", "ST  Peter's\u{200B}").into_bytes();
        }
    }
    // What is no school's name changed with it.
    let people = String::from_utf8(files["people.csv"].clone()).unwrap();
    files.insert("people.csv".into(), people.replace("@ST  Peter's\u{200B}.example", "@saxton.example").into_bytes());
    assert_eq!(said(&files), Vec::<String>::new());
    let double = with("schools.csv", "Brayton C of E Primary School,Brayton", "Brayton C of E Primary School,saxton ");
    assert!(said(&double).iter().any(|line| line.contains("column short_name: \"saxton\" is on line 2 already")));
}

#[test]
fn an_extract_of_schools_is_taken_by_its_headers() {
    let gias = b"\"URN\",\"LA (code)\",\"LA (name)\",\"EstablishmentName\",\"OpenDate\",\"Street\",\"Locality\",\"Address3\",\"Town\",\"Postcode\",\"HeadTitle (name)\"\r\n\
        100001,\"207\",\"Example\",\"St Peter\x92s CofE Primary School\",\"01-09-2012\",\"Appleton Road\",\"North End\",\"\",\"Exeter\",\"EX1 1AA\",\"Ms\"\r\n";
    let mut files = Files::from([("schools.csv".to_owned(), gias.to_vec())]);
    let said_of = |files: &Files| said(files).into_iter().filter(|line| line.starts_with("schools.csv")).collect::<Vec<_>>();
    let said = said_of(&files);
    assert!(said.len() == 1 && said[0].contains("missing: short_name, letters, joined"), "{said:#?}");
    let text = String::from_utf8_lossy(gias)
        .replace('\u{FFFD}', "’")
        .replace("\"URN\"", "short_name,letters,joined,\"URN\"")
        .replace("100001", "St Peter's,SP,01-09-2012,100001");
    files.insert("schools.csv".into(), text.into_bytes());
    assert_eq!(said_of(&files), Vec::<String>::new());
    let mut problems = Problems::default();
    let sheet = sheets::read("schools.csv", &files["schools.csv"], who::SCHOOLS, LIMITS, &mut problems).unwrap();
    let school = &who::schools(&sheet, None, &mut problems)[0];
    assert_eq!((school.name.as_str(), school.address.as_str()), ("St Peter’s CofE Primary School", "Appleton Road, North End, Exeter"));
    assert_eq!((school.urn.as_deref(), school.joined.to_string().as_str()), (Some("100001"), "2012-09-01"));
}

proptest! {
    /// Whatever is done to a file, reading answers with a cluster or with problems.
    #[test]
    fn no_file_makes_it_panic(which in 0usize..10, at in 0usize..400, bytes in proptest::collection::vec(any::<u8>(), 0..6)) {
        let mut files = folder();
        if let Some(file) = files.get_mut(FILES[which]) {
            let at = at.min(file.len());
            file.splice(at..(at + bytes.len()).min(file.len()), bytes);
        }
        if let Err(problems) = read(&files, today()) {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.list().iter().all(|problem| !problem.wrong.is_empty() && !problem.right.is_empty()));
        }
    }

    /// What is read without a problem has no overlap: the database's own guard never has to speak.
    #[test]
    fn what_passes_has_no_overlap(loans in proptest::collection::vec((0i64..60, 0i64..12, 0u8..4), 0..14)) {
        let mut text = "copy,school,state,first_day,last_day\n".to_owned();
        let origin = parse_iso("2026-09-07").unwrap();
        for (start, len, state) in &loans {
            let first = crate::base::days::add(origin, *start);
            let state = ["requested", "confirmed", "declined", "cancelled"][usize::from(*state)];
            let last = crate::base::days::add(first, *len);
            let _ = writeln!(text, "EL1,Saxton,{state},{first},{last}");
        }
        let mut files = folder();
        files.insert("bookings.csv".into(), text.into_bytes());
        let live: Vec<Period> = loans
            .iter()
            .filter(|(.., state)| *state < 2)
            .filter_map(|(start, len, _)| {
                let first = crate::base::days::add(origin, *start);
                Period::new(first, crate::base::days::add(first, len + 2))
            })
            .collect();
        let clash = live.iter().enumerate().any(|(at, one)| live[at + 1..].iter().any(|two| one.overlaps(*two)));
        prop_assert_eq!(read(&files, today()).is_err(), clash);
    }
}
