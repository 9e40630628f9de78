//! The school year on its pages: terms typed and imported, closed days, who may change what.

use crate::harness::{Bursar, Coordinator, Page, Ssl, TestApp, Wish, science_lead};

stories!(
    everybody_reads_the_school_year,
    a_coordinator_adds_changes_and_removes_a_term,
    a_wrong_term_is_said_at_its_field_and_kept,
    a_pasted_year_with_a_bad_line_shows_both_and_stores_nothing,
    a_file_full_of_faults_gets_a_short_answer,
    a_year_is_stored_by_the_second_press_and_says_what_it_replaces,
    what_changed_since_the_preview_is_shown_again,
    a_councils_calendar_is_understood,
    a_year_is_seen_at_a_glance_with_what_is_left_out,
    a_calendar_is_taken_however_it_was_saved,
    an_october_holiday_is_no_christmas,
    a_file_is_taken_by_what_is_in_it,
    an_upload_needs_token_and_origin,
    bookings_on_days_that_close_are_counted_and_stay,
    a_science_lead_keeps_inset_days_of_the_own_school,
    closed_days_come_from_a_file,
    whoever_may_not_changes_nothing,
    another_clusters_terms_and_closures_are_not_there,
);

const HEAD: &str = "academic_year,season,first_day,last_day,half_term_first,half_term_last\n";

fn terms(app: &TestApp) -> Vec<String> {
    app.raw().texts(
        "SELECT t.season || ' ' || t.first_day || ' ' || t.last_day AS t FROM terms t JOIN clusters c ON c.id = t.cluster_id
         WHERE c.slug = 'ashdale' ORDER BY t.first_day",
    )
}

fn term(app: &TestApp, cluster: &str, season: &str, year: i32) -> String {
    boxrota::base::ids::TermId(app.raw().number(&format!(
        "SELECT t.id AS n FROM terms t JOIN clusters c ON c.id = t.cluster_id WHERE c.slug = '{cluster}' AND season = '{season}' AND academic_year = {year}"
    )))
    .to_string()
}

fn logged(app: &TestApp, about: &str) -> Vec<String> {
    app.raw().texts(&format!("SELECT verb || ': ' || before || ' > ' || after AS t FROM changes WHERE about = '{about}' ORDER BY id"))
}

async fn paste(coordinator: &Coordinator, text: &str) -> Page {
    let form = coordinator.open("/terms/import").await.form("/terms/import").set("text", text);
    coordinator.browser.submit(&form).await
}

async fn everybody_reads_the_school_year(app: TestApp) {
    let head = Bursar::new(&app, "ashdale", "head@ashdale.example").await;
    let page = head.open("/people").await;
    let page = head.browser.open(&page.link("School year")).await;
    let page = page.says("School year 2026 to 2027").says("Autumn term 2026").says("Friday 18 December 2026").says("26 to 30 October 2026");
    let page = page.says("Early May").says("Friday 27 November 2026").says("INSET day: Training").says_not("Rules");
    assert!(page.links("Remove").is_empty() && page.links("Add").is_empty());
    head.browser.open(&page.link("Next year")).await.says("School year 2027 to 2028").says("Spring term 2028").says_not("Early May");
    head.get("/terms?year=2090").await.is(200).says("No terms of this year yet");
    head.get("/terms?year=1999").await.is(404);
    head.get("/terms?year=99999999").await.is(404);
}

async fn a_coordinator_adds_changes_and_removes_a_term(app: TestApp) {
    let coordinator = app.coordinator().await;
    let form = coordinator.open("/terms/new?year=2090").await.form("/terms/new");
    let days = [
        ("first", ["4", "9", "2090"]),
        ("last", ["20", "12", "2090"]),
        ("half-first", ["23", "10", "2090"]),
        ("half-last", ["27", "10", "2090"]),
    ];
    let mut form = form.set("season", "autumn");
    for (name, values) in days {
        for (part, value) in ["day", "month", "year"].iter().zip(values) {
            form = form.set(&format!("{name}-{part}"), value);
        }
    }
    let before = terms(&app).len();
    coordinator.browser.send(&form).await.says("The term is stored").says("Autumn term 2090").says("23 to 27 October 2090");
    // The button pressed twice stores one term.
    coordinator.browser.submit(&form).await.is(303);
    assert_eq!(terms(&app).len(), before + 1);
    let page = coordinator.open("/terms?year=2090").await;
    let edit = coordinator.browser.open(&page.link("Change Autumn")).await;
    let form = edit.form("/edit");
    assert_eq!([form.value("first-day"), form.value("half-last-month"), form.value("academic-year")], ["4", "10", "2090"]);
    let form = form.set("half-first-day", "").set("half-first-month", "").set("half-first-year", "");
    let form = form.set("half-last-day", "").set("half-last-month", "").set("half-last-year", "").set("first-day", "6");
    coordinator.browser.send(&form).await.says("The term is changed").says("6 September 2090").says("None");
    let page = coordinator.open("/terms?year=2090").await;
    let form = coordinator.browser.open(&page.link("Remove")).await.form("/remove");
    coordinator.browser.send(&form).await.says("The term is removed").says("No terms of this year yet");
    coordinator.browser.submit(&form).await.is(404);
    let log = logged(&app, "terms");
    assert_eq!(log.len(), 3, "{log:?}");
    assert!(
        log[1].contains("half-term 23 to 27 October 2090 > Autumn of 2090 to 2091, 6 September to 20 December 2090, no half-term"),
        "{log:?}"
    );
}

async fn a_wrong_term_is_said_at_its_field_and_kept(app: TestApp) {
    let coordinator = app.coordinator().await;
    let before = terms(&app);
    let form = coordinator.open("/terms/new?year=2026").await.form("/terms/new").set("season", "spring");
    let form = form.set("first-day", "31").set("first-month", "2").set("first-year", "2027").set("last-day", "x");
    let page = coordinator.browser.submit(&form).await.is(422).says("There is a problem").says("not a day in the calendar");
    let again = page.form("/terms/new");
    assert_eq!([again.value("season"), again.value("first-day"), again.value("last-day")], ["spring", "31", "x"]);
    assert_eq!(page.attributes(".errs a", "href"), ["#first", "#last"]);
    // A season that is there, and days of another term.
    let form = form.set("first-day", "1").set("last-day", "5").set("last-month", "3").set("last-year", "2027");
    coordinator.browser.submit(&form).await.is(422).says("Spring term 2027 is there already");
    assert_eq!(terms(&app), before);
}

async fn a_pasted_year_with_a_bad_line_shows_both_and_stores_nothing(app: TestApp) {
    let coordinator = app.coordinator().await;
    let before = terms(&app);
    let text = format!("{HEAD}2090-91,autumn,04/09/2090,20/12/2090,23/10/2090,27/10/2090\n2090-91,sprng,04/01/2091,30/03/2091,,\n");
    let page = paste(&coordinator, &text).await.is(422).says("1 problem to mend").says("Did you mean spring?").says("Autumn term 2090");
    assert_eq!(page.form("/terms/import").value("text").replace("\r\n", "\n").trim(), text.trim());
    assert!(page.forms("/terms/import").iter().all(|form| form.value("step").is_empty()), "no button stores it");
    // Nor does somebody who presses it all the same.
    let form = page.form("/terms/import").tampered("step", "store");
    coordinator.browser.submit(&form).await.is(422);
    assert_eq!(terms(&app), before);
    paste(&coordinator, "").await.is(422).says("Paste the dates, or choose a file");
    paste(&coordinator, "Hello").await.is(422).says("problem");
    paste(&coordinator, HEAD).await.is(422).says("No dates were found");
}

async fn a_file_full_of_faults_gets_a_short_answer(app: TestApp) {
    let coordinator = app.coordinator().await;
    let (form, before) = (coordinator.open("/terms/import").await.form("/terms/import"), terms(&app));
    let full = |line: &str| format!("{HEAD}{}", line.repeat((500_000 - HEAD.len()) / line.len()));
    let extra = format!("{HEAD}{}\n", ",x".repeat(240_000));
    for file in [full("x,y,z,,,\n"), full("2090-91,autumn,04/09/2090,20/12/2090,,\n"), extra, format!("{}\n", "x,".repeat(250_000))] {
        let page = coordinator.browser.upload(&form, file.as_bytes()).await.is(422).says("problems to mend");
        let listed = page.all("td[data-h='What is wrong']").len();
        assert!((1..=50).contains(&listed), "{listed}");
        // Of a heading that is no heading a few words say it; of lines there are more than are listed.
        let words = page.words();
        let more = words.split_once("and ").and_then(|(_, rest)| rest.split_once(" more"));
        assert!(listed < 50 || more.is_some(), "{words:.300}");
        // The text goes along, so that it can be mended; what is said of it is short.
        assert!(page.text.len() < file.len() + 400_000, "{} bytes for {}", page.text.len(), file.len());
    }
    // Lines that clash with one another, and a calendar of events without a day.
    let clashing: String =
        (0..500).map(|n| format!("2090-91,autumn,04/09/2090,20/12/2090,,\n{}", if n % 2 == 0 { "" } else { "\n" })).collect();
    let page = coordinator.browser.upload(&form, format!("{HEAD}{clashing}").as_bytes()).await.is(422).says("more");
    assert_eq!(page.all("td[data-h='What is wrong']").len(), 50);
    let calendar = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", "BEGIN:VEVENT\nEND:VEVENT\n".repeat(20_000));
    coordinator.browser.upload(&form, calendar.as_bytes()).await.is(422).says("20,000 problems to mend").says("and 19,950 more");
    assert_eq!(terms(&app), before);
}

async fn a_year_is_stored_by_the_second_press_and_says_what_it_replaces(app: TestApp) {
    let coordinator = app.coordinator().await;
    let before = terms(&app);
    let text = format!("{HEAD}2026-27,summer,12/04/2027,23/07/2027,31/05/2027,04/06/2027\n2090-91,autumn,04/09/2090,20/12/2090,,\n");
    let page = paste(&coordinator, &text).await.is(200).says("Replaces 12 April to 21 July 2027").says("New");
    assert_eq!(terms(&app), before, "a preview stores nothing");
    let form = page.forms("/terms/import").into_iter().find(|form| form.value("step") == "store").expect("the button");
    coordinator.browser.send(&form).await.says("The dates are stored").says("Friday 23 July 2027");
    let after = terms(&app);
    assert!(after.len() == before.len() + 1 && after.contains(&"summer 2027-04-12 2027-07-23".to_owned()), "{after:?}");
    assert_eq!(logged(&app, "terms").len(), 2);
    // Pressed twice: what it would replace is not what was shown any more, and there is nothing to do.
    coordinator.browser.submit(&form).await.says("All of it is there already");
    assert_eq!(logged(&app, "terms").len(), 2);
}

async fn what_changed_since_the_preview_is_shown_again(app: TestApp) {
    let coordinator = app.coordinator().await;
    let page = paste(&coordinator, &format!("{HEAD}2026-27,summer,12/04/2027,23/07/2027,,\n")).await.is(200);
    let form = page.forms("/terms/import").into_iter().find(|form| form.value("step") == "store").expect("the button");
    app.raw().must("UPDATE terms SET last_day = '2027-07-20' WHERE season = 'summer' AND academic_year = 2026");
    let page = coordinator.browser.submit(&form).await.is(200).says("not what it was").says("Replaces 12 April to 20 July 2027");
    assert!(terms(&app).contains(&"summer 2027-04-12 2027-07-20".to_owned()));
    let form = page.forms("/terms/import").into_iter().find(|form| form.value("step") == "store").expect("the button");
    coordinator.browser.submit(&form).await.is(303);
    assert!(terms(&app).contains(&"summer 2027-04-12 2027-07-23".to_owned()));
}

/// A year as a council publishes it, folded lines and all.
const COUNCIL: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//A County Council//School term dates//EN\r\n\
BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Autumn term starts\r\nDTSTART;VALUE=DATE:20900904\r\nDTEND;VALUE=DATE:20900905\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Half term\r\nDTSTART;VALUE=DATE:20901021\r\nDTEND;VALUE=DATE:20901030\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:3\r\nSUMMARY:School clo\r\n sed\r\nDTSTART;VALUE=DATE:20901110\r\nDTEND;VALUE=DATE:20901111\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:4\r\nSUMMARY:Christmas holiday\r\nDTSTART;VALUE=DATE:20901222\r\nDTEND;VALUE=DATE:20910108\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:5\r\nSUMMARY:Spring term ends\r\nDTSTART;VALUE=DATE:20910330\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:6\r\nSUMMARY:Library week\r\nDTSTART;VALUE=DATE:20910312\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

async fn a_councils_calendar_is_understood(app: TestApp) {
    let coordinator = app.coordinator().await;
    let form = coordinator.open("/terms/import").await.form("/terms/import");
    let page = coordinator.browser.upload(&form, COUNCIL.as_bytes()).await.is(200);
    let page =
        page.says("Autumn term 2090").says("Monday 4 September 2090").says("Thursday 21 December 2090").says("23 to 27 October 2090");
    let page = page.says("Spring term 2091").says("School closed").says("Library week");
    let form = page.forms("/terms/import").into_iter().find(|form| form.value("step") == "store").expect("the button");
    coordinator.browser.send(&form).await.says("The dates are stored").says("Friday 10 November 2090");
    assert!(terms(&app).contains(&"spring 2091-01-08 2091-03-30".to_owned()), "{:?}", terms(&app));
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM closures WHERE first_day = '2090-11-10' AND last_day = '2090-11-10'"), 1);
    // An event without a readable day is said with its line, and nothing is stored.
    let page = paste(&coordinator, &COUNCIL.replace("20900904", "4 Sept")).await.is(422);
    page.says("is not a day");
}

async fn a_year_is_seen_at_a_glance_with_what_is_left_out(app: TestApp) {
    let coordinator = app.coordinator().await;
    let (before, form) = (terms(&app), coordinator.open("/terms/import").await.form("/terms/import"));
    let page = coordinator.browser.upload(&form, COUNCIL.as_bytes()).await.is(200);
    let page = page.says("The calendar has 6 events: 5 used, 1 left out").says("Left out: 1 event").says("Line 34: \"Library week\"");
    let page =
        page.says("At a glance").says("2090 to 2091").says("closed on Friday (Closed)").says("Line 10: Half-term of Autumn term 2090");
    assert_eq!(page.all("ol.glance > li").len(), 30, "a cell for each week from September to March");
    assert_eq!(page.all("ol.glance i.h").len(), 5);
    assert_eq!(terms(&app), before, "a preview stores nothing");
    // At most fifty are listed.
    let choir = "BEGIN:VEVENT\r\nSUMMARY:Choir\r\nDTSTART;VALUE=DATE:20901110\r\nEND:VEVENT\r\n".repeat(120);
    let text = COUNCIL.replace("END:VCALENDAR", &format!("{choir}END:VCALENDAR"));
    let page = coordinator.browser.upload(&form, text.as_bytes()).await.is(200).says("Left out: 121 events").says("and 71 more");
    assert!(page.words().matches("\"Choir\"").count() < 50);
    // An end that two events say differently is shown before it is stored.
    let text = COUNCIL.replace(
        "SUMMARY:Library week\r\nDTSTART;VALUE=DATE:20910312",
        "SUMMARY:Easter holidays\r\nDTSTART;VALUE=DATE:20910326\r\nDTEND;VALUE=DATE:20910410",
    );
    coordinator
        .browser
        .upload(&form, text.as_bytes())
        .await
        .is(200)
        .says("Look at this before you store the dates")
        .says("Friday 30 March 2091");
}

async fn a_calendar_is_taken_however_it_was_saved(app: TestApp) {
    let coordinator = app.coordinator().await;
    let form = coordinator.open("/terms/import").await.form("/terms/import");
    let text = COUNCIL.replace("Library week", "Café – St Peter’s");
    let old: Vec<u8> = text
        .chars()
        .map(|letter| match letter {
            'é' => 0xE9,
            '–' => 0x96,
            '’' => 0x92,
            other => u8::try_from(other).expect("a plain letter"),
        })
        .collect();
    let torn = text.replace("Café", "Caf\u{FFFD}").into_bytes();
    let at = torn.windows(3).position(|three| three == "\u{FFFD}".as_bytes()).expect("the letter");
    let torn = [&torn[..at], b"\xC3\r\n \xA9", &torn[at + 3..]].concat();
    for file in [text.clone().into_bytes(), format!("\u{FEFF}{text}").into_bytes(), text.replace("\r\n", "\r").into_bytes(), old, torn] {
        let page = coordinator.browser.upload(&form, &file).await.is(200).says("Monday 4 September 2090").says("Thursday 21 December 2090");
        page.says("23 to 27 October 2090").says("Line 34: \"Café – St Peter’s\"");
    }
    paste(&coordinator, &format!("\u{FEFF}{text}")).await.is(200).says("Monday 4 September 2090").says("Café – St Peter’s");
    // Days as they are written, and the first line that Excel puts in front.
    let sep = format!("sep=,\n{HEAD}2090-91,autumn,04-09-2090,20.12.2090,,\nx,y,z,,,\n");
    paste(&coordinator, &sep).await.is(422).says("Autumn term 2090").says("Line 4");
}

async fn an_october_holiday_is_no_christmas(app: TestApp) {
    let coordinator = app.coordinator().await;
    app.raw().must("DELETE FROM terms");
    let event = |name: &str, first: &str, end: &str| {
        format!("BEGIN:VEVENT\r\nSUMMARY:{name}\r\nDTSTART;VALUE=DATE:{first}\r\nDTEND;VALUE=DATE:{end}\r\nEND:VEVENT\r\n")
    };
    let text = [
        event("Autumn term starts", "20260818", "20260819"),
        event("October holiday", "20261012", "20261017"),
        event("In-service day", "20261019", "20261020"),
        event("Christmas holiday", "20261223", "20270106"),
        event("Spring term ends", "20270402", "20270403"),
    ];
    let text = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", text.concat());
    let page = paste(&coordinator, &text).await.is(200).says("12 to 16 October 2026").says("Tuesday 22 December 2026");
    let form = page.forms("/terms/import").into_iter().find(|form| form.value("step") == "store").expect("the button");
    coordinator.browser.send(&form).await.says("The dates are stored");
    assert_eq!(terms(&app), ["autumn 2026-08-18 2026-12-22", "spring 2027-01-06 2027-04-02"]);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM closures WHERE first_day = '2026-10-19' AND kind = 'inset'"), 1);
    // Nor does anything else come in that cannot be: typed lines and forms are held to the same months.
    let wrong = format!(
        "{HEAD}2027-28,spring,18/10/2027,31/03/2028,,\n2027-28,autumn,17/08/2027,08/10/2027,,\n2028-29,autumn,04/09/2028,23/12/2028,,\n"
    );
    let page = paste(&coordinator, &wrong).await.is(422).says("Spring term would begin on 18 October 2027");
    page.says("Autumn term would end on 8 October 2027").says("Saturday 23 December 2028 is at a weekend");
}

async fn a_file_is_taken_by_what_is_in_it(app: TestApp) {
    let coordinator = app.coordinator().await;
    let form = coordinator.open("/terms/import").await.form("/terms/import").set("text", "what was typed");
    let before = terms(&app);
    let huge = vec![b'a'; 512 * 1024 + 1];
    for (file, words) in [
        (&b"PK\x03\x04\x14\x00"[..], "is a spreadsheet"),
        (b"\xFF\xFEa\x00c\x00", "UTF-16"),
        (b"academic_year\nP\x81ques", "Line 2 cannot be read. The byte 0x81"),
        (b"\x89PNG\r\n\x1A\n\x00", "no text"),
        (&huge, "larger than 512 KB"),
    ] {
        let page = coordinator.browser.upload(&form, file).await.is(422).says(words);
        assert_eq!(page.form("/terms/import").value("text").trim(), "what was typed");
        assert_eq!(page.attributes(".errs a", "href"), ["#file"]);
    }
    // No file chosen: the text counts. A file with a byte-order mark: the file counts.
    coordinator.browser.upload(&form, b"").await.is(422).says("There is no column of this name");
    let good = format!("\u{FEFF}{HEAD}2090-91,autumn,04/09/2090,20/12/2090,,\n");
    coordinator.browser.upload(&form, good.as_bytes()).await.is(200).says("Autumn term 2090");
    // What is far too large is not even read.
    let far = coordinator.browser.upload(&form, &vec![b'a'; 17 * 1024 * 1024]).await;
    assert_eq!(far.status, 400);
    assert_eq!(terms(&app), before);
}

async fn an_upload_needs_token_and_origin(app: TestApp) {
    let coordinator = app.coordinator().await;
    let text = format!("{HEAD}2090-91,autumn,04/09/2090,20/12/2090,,\n");
    let form = coordinator.open("/terms/import").await.form("/terms/import").tampered("step", "store");
    let before = terms(&app);
    coordinator.browser.upload(&form.clone().without("csrf"), text.as_bytes()).await.is(403);
    coordinator.browser.upload(&form.clone().tampered("csrf", "0123456789abcdef0123456789abcdef"), text.as_bytes()).await.is(403);
    // The same from another origin: the browser says so.
    let mut elsewhere = coordinator.browser.clone();
    let own = std::mem::replace(&mut elsewhere.origin, "http://evil.example".into());
    let fields = form.fields.clone();
    let headers = [("origin", "http://evil.example"), ("content-type", "multipart/form-data; boundary=x")];
    elsewhere.origin = own;
    elsewhere.post_with("/c/ashdale/terms/import", &fields, &headers).await.is(403);
    let ash = app.ssl("Ash").await;
    let token = ash.open("/terms").await.form("/sign-out").value("csrf").to_owned();
    ash.browser.upload(&form.clone().tampered("csrf", &token), text.as_bytes()).await.is(403);
    assert_eq!(terms(&app), before);
    coordinator.browser.upload(&form, text.as_bytes()).await.is(303);
}

async fn bookings_on_days_that_close_are_counted_and_stay(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let path = ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-14", "2026-12-18")).await;
    app.letters().await;
    let text = format!("{HEAD}2026-27,autumn,07/09/2026,17/12/2026,26/10/2026,30/10/2026\n");
    let page = paste(&coordinator, &text).await.is(200).says("1 booking to come would then start or end on a day that is no school day");
    let form = page.forms("/terms/import").into_iter().find(|form| form.value("step") == "store").expect("the button");
    coordinator.browser.send(&form).await.says("1 booking to come now starts or ends");
    ash.browser.open(&path).await.says("18 December 2026");
    // Closed days say the same.
    let form = coordinator.open("/closures/new").await.form("/closures/new").set("kind", "closure");
    let form = form.set("first-day", "14").set("first-month", "12").set("first-year", "2026").set("note", "Snow");
    coordinator.browser.send(&form).await.says("1 booking to come now starts or ends").says("Closed: Snow");
    ash.browser.open(&path).await.says("14 December 2026");
    assert!(app.letters().await.is_empty());
}

async fn a_science_lead_keeps_inset_days_of_the_own_school(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let form = ash.open("/closures/new").await.form("/closures/new");
    let form = form.set("first-day", "4").set("first-month", "12").set("first-year", "2026");
    assert_eq!(form.offers("school").len(), 1);
    ash.browser.send(&form).await.says("The closed days are stored").says("Friday 4 December 2026");
    ash.browser.submit(&form).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM closures WHERE first_day = '2026-12-04'"), 1, "sent twice, it is there once");
    // The calendar knows at once: a loan of Ash does not end on it, one of Beech may.
    let at = format!("/boxes/{}/reserve?from=2026-11-30&to=2026-12-03", app.resource("ashdale", "Magnets"));
    let offers = async |lead: &Ssl| lead.open(&at).await.form("/reserve/check").offers("to").contains(&"2026-12-04");
    assert!(!offers(&ash).await && offers(&beech).await);
    // Not another school's, not the cluster's, not another kind.
    let other = beech.open("/closures/new").await.form("/closures/new").value("school").to_owned();
    ash.browser.submit(&form.clone().tampered("school", &other)).await.is(403).says("own school");
    ash.browser.submit(&form.clone().tampered("school", "")).await.is(403);
    ash.browser.submit(&form.clone().tampered("kind", "closure")).await.is(403);
    ash.browser.submit(&form.clone().tampered("school", "0000000000001")).await.is(404);
    let page = ash.browser.submit(&form.clone().tampered("first-month", "13")).await.is(422);
    assert_eq!(page.form("/closures/new").value("first-month"), "13");
    // Beech sees it and cannot remove it.
    let remove = ash.open("/terms").await.link("Remove 4 December 2026");
    assert!(beech.open("/terms").await.links("Remove").is_empty());
    beech.browser.get(&remove).await.is(403);
    let gone = ash.browser.open(&remove).await.form("/remove");
    let token = beech.open("/terms").await.form("/sign-out").value("csrf").to_owned();
    beech.browser.submit(&gone.clone().tampered("csrf", &token)).await.is(403);
    ash.browser.send(&gone).await.says("The closed days are removed").says_not("4 December 2026");
    assert_eq!(logged(&app, "closures").len(), 2);
}

async fn closed_days_come_from_a_file(app: TestApp) {
    let coordinator = app.coordinator().await;
    let form = coordinator.open("/closures/import").await.form("/closures/import");
    let bad = "school,kind,first_day,last_day,note\nBeech,inset,04/12/2026,,Training\nOak,inset,04/12/2026,,\n,bank_hol,2027-05-31,,\n";
    let page =
        coordinator.browser.upload(&form, bad.as_bytes()).await.is(422).says("There is no school \"Oak\"").says("bank_hol").says("Beech");
    let again = page.form("/closures/import");
    assert!(again.value("text").contains("Oak,inset"), "the file's text is there to be mended");
    let good = "school,kind,first_day,last_day,note\nBeech,inset,04/12/2026,,Training\nAsh,inset,27/11/2026,,Training\n,bank_holiday,2027-05-31,,Spring\n";
    let page = coordinator.browser.submit(&again.set("text", good)).await.is(200).says("There already").says("New");
    let store = page.forms("/closures/import").into_iter().find(|form| form.value("step") == "store").expect("the button");
    coordinator.browser.send(&store).await.says("The dates are stored");
    assert_eq!(
        app.raw().number("SELECT count(*) AS n FROM closures c JOIN schools s ON s.id = c.school_id WHERE s.short_name = 'Beech'"),
        1
    );
    assert_eq!(logged(&app, "closures").len(), 2, "what is there already is not stored again");
    coordinator.browser.upload(&form, COUNCIL.as_bytes()).await.is(422).says("This is a calendar file");
    // As Excel saves and copies: another apostrophe than the school's, other letters, quotation marks and line breaks in a cell.
    app.raw().must("UPDATE schools SET short_name = 'St Peter’s' WHERE short_name = 'Beech'");
    let old = b"school,kind,first_day,last_day,note\r\nSt Peter\x92s,inset,11/12/2026,,Training\r\n";
    coordinator.browser.upload(&form, old).await.is(200).says("Friday 11 December 2026").says("St Peter’s").says("New");
    let pasted = "school\tkind\tfirst_day\tlast_day\tnote\r\nst peter's\tinset\t11/12/2026\t\t\"He said \"\"no school\"\"\"\r\nSt Peter`s\tinset\t15-12-2026\t\t\"two\r\nlines\"\r\n";
    let page = coordinator.browser.submit(&form.set("text", pasted)).await.is(200).says("He said \"no school\"").says("two lines");
    let store = page.forms("/closures/import").into_iter().find(|form| form.value("step") == "store").expect("the button");
    coordinator.browser.send(&store).await.says("The dates are stored");
    assert_eq!(
        app.raw().texts("SELECT note AS t FROM closures WHERE first_day >= '2026-12-11' AND first_day < '2026-12-20' ORDER BY first_day"),
        ["He said \"no school\"", "two lines"]
    );
}

async fn whoever_may_not_changes_nothing(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let head = Bursar::new(&app, "ashdale", "head@ashdale.example").await;
    let id = term(&app, "ashdale", "autumn", 2026);
    let token = |page: Page| page.form("/sign-out").value("csrf").to_owned();
    let (ash_token, head_token) = (token(ash.open("/terms").await), token(head.open("/terms").await));
    let before = terms(&app);
    let mut forms = vec![
        coordinator.open("/terms/new").await.form("/terms/new"),
        coordinator.open(&format!("/terms/{id}/edit")).await.form("/edit"),
        coordinator.open(&format!("/terms/{id}/remove")).await.form("/remove"),
        coordinator.open("/terms/import").await.form("/terms/import"),
        coordinator.open("/closures/import").await.form("/closures/import"),
    ];
    for form in &forms {
        ash.browser.get(&form.action).await.is(403);
        ash.browser.submit(&form.clone().tampered("csrf", &ash_token)).await.is(403);
    }
    forms.push(coordinator.open("/closures/new").await.form("/closures/new"));
    for form in &forms {
        head.browser.get(&form.action).await.is(403);
        head.browser.submit(&form.clone().tampered("csrf", &head_token)).await.is(403);
        coordinator.browser.submit(&form.clone().without("csrf")).await.is(403);
        app.browser().get(&form.action).await.is(303);
    }
    assert_eq!(terms(&app), before);
    assert!(logged(&app, "terms").is_empty() && logged(&app, "closures").is_empty());
}

async fn another_clusters_terms_and_closures_are_not_there(app: TestApp) {
    let (ash, oak) = (app.ssl("Ash").await, Ssl::new(&app, "birchwood", &science_lead("Oak")).await);
    let coordinator = Coordinator::new(&app, "birchwood", "coordinator@birchwood.example").await;
    let id = term(&app, "ashdale", "autumn", 2026);
    for path in [format!("/terms/{id}/edit"), format!("/terms/{id}/remove")] {
        coordinator.get(&path).await.is(404);
        let token = coordinator.open("/terms").await.form("/sign-out").value("csrf").to_owned();
        let fields = vec![("csrf".to_owned(), token)];
        coordinator.browser.post(&format!("{}{path}", coordinator.base), &fields).await.is(404);
    }
    let remove = ash.open("/terms").await.link("Remove 27 November 2026");
    for browser in [&oak.browser, &coordinator.browser] {
        browser.get(&remove).await.is(404);
        browser.get(&remove.replacen("ashdale", "birchwood", 1)).await.is(404);
    }
    // A school of Ashdale cannot be closed from Birchwood.
    let school = ash.open("/closures/new").await.form("/closures/new").value("school").to_owned();
    let form = coordinator.open("/closures/new").await.form("/closures/new").tampered("school", &school);
    coordinator.browser.submit(&form).await.is(404);
    // The same season and year of another cluster stands in nobody's way.
    let page = paste(&coordinator, &format!("{HEAD}2026-27,summer,12/04/2027,23/07/2027,,\n")).await.is(200);
    let form = page.forms("/terms/import").into_iter().find(|form| form.value("step") == "store").expect("the button");
    coordinator.browser.submit(&form).await.is(303);
    assert!(terms(&app).contains(&"summer 2027-04-12 2027-07-21".to_owned()));
}
