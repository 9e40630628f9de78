//! What may be typed for a new cluster, and what is made of it.

use super::*;

#[test]
fn a_short_name_is_made_from_the_name() {
    for (name, made) in [
        ("South Milford", "south-milford"),
        ("  St Mary's & St John’s, Leeds! ", "st-marys-st-johns-leeds"),
        ("Year 2026", "year-2026"),
        ("---", ""),
    ] {
        assert_eq!(slug_from(name), made, "{name}");
    }
    assert!(slug_from(&"long name ".repeat(20)).len() <= LONGEST_SLUG);
    assert_eq!(slug("", "Ysgol"), Ok("ysgol".into()));
    assert_eq!(slug(" North-Selby ", "x"), Ok("north-selby".into()));
    assert_eq!(slug("", "学校"), Err(Fault::NoSlug));
    for wrong in ["a", "-ab", "ab-", "a b", "a/b", "ünder", "a.b", &"x".repeat(61)] {
        assert_eq!(slug(wrong, "Fine"), Err(Fault::Slug), "{wrong}");
    }
}

#[test]
fn a_school_gets_a_short_name_and_letters() {
    for (name, short, two) in [
        ("Saxton C of E Primary School", "Saxton", "SA"),
        ("Saxton Church of England Primary School", "Saxton", "SA"),
        ("Church Fenton Community Primary School", "Fenton", "FE"),
        ("South Milford Primary School", "South Milford", "SM"),
        ("St Mary's RC Primary School", "St Mary's", "SM"),
        ("Primary School", "Primary School", "PS"),
    ] {
        assert_eq!(short_name_from(name), short);
        assert_eq!(letters_from(short), two, "{short}");
    }
    assert_eq!(letters_from("É"), "XX");
    assert_eq!(letters(" sx", "Saxton"), Ok("SX".into()));
    assert_eq!(letters("S1", "Saxton"), Err(Fault::Letters));
    assert_eq!(letters("SAX", "Saxton"), Err(Fault::Letters));
    assert!(short_name_from(&"Very".repeat(20)).chars().count() <= LONGEST_SHORT_NAME);
}

#[test]
fn text_is_one_plain_line() {
    assert_eq!(cluster_name("  South   Milford "), Ok("South Milford".into()));
    assert_eq!(cluster_name(" "), Err(Fault::Missing("the name of the cluster, like South Milford")));
    assert_eq!(person_name("A\r\nBcc: x@evil.example"), Err(Fault::NotPlain("The name")));
    assert!(matches!(school_name(&"x".repeat(121)), Err(Fault::TooLong { letters: 121, .. })));
    assert_eq!(address("1 High Street,\r\nSaxton\r\n\r\nLeeds"), Ok("1 High Street, Saxton, Leeds".into()));
}

#[test]
fn years_days_and_numbers_are_what_they_can_be() {
    assert_eq!(cohort_year(" 2024 "), Ok(Some(2024)));
    assert_eq!(cohort_year(""), Ok(None));
    assert!(["24", "1989", "2100", "last"].iter().all(|text| cohort_year(text) == Err(Fault::Year)));
    assert_eq!(urn("121 456"), Ok(Some("121456".into())));
    assert_eq!(urn(""), Ok(None));
    assert!(["12145", "1214567", "12145a"].iter().all(|text| urn(text) == Err(Fault::Urn)));
    assert_eq!(day("1", "9", "2026"), Ok(chrono::NaiveDate::from_ymd_opt(2026, 9, 1).unwrap()));
    assert!(
        [("31", "9", "2026"), ("", "9", "2026"), ("1", "9", "26"), ("x", "9", "2026")]
            .iter()
            .all(|(d, m, y)| day(d, m, y) == Err(Fault::Day))
    );
    assert_eq!(nation("northern_ireland"), Ok(Nation::NorthernIreland));
    assert_eq!(nation("france"), Err(Fault::Nation));
}

#[test]
fn an_address_for_setting_up_works_for_a_day_and_for_the_first_cluster() {
    let now: chrono::DateTime<chrono::Utc> = "2026-11-23T09:00:00Z".parse().unwrap();
    let until = now + SET_UP_LASTS;
    assert_eq!(may_set_up(false, Some(until), now), Ok(()));
    assert_eq!(may_set_up(false, Some(until), until), Err(SetUpRefusal::Expired));
    assert_eq!(may_set_up(false, None, now), Err(SetUpRefusal::NotThere));
    assert_eq!(may_set_up(true, Some(until), now), Err(SetUpRefusal::NotThere));
    assert_eq!(may_set_up(true, Some(until), until), Err(SetUpRefusal::NotThere));
}
