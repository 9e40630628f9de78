//! Reserving a box and what comes after: check answers, refusals with a way out, other days, approval, cancelling, next year again.

use chrono::TimeDelta;

use crate::harness::{Bursar, Person, Ssl, TestApp, Wish, World, all, science_lead};

stories!(
    a_science_lead_reserves_a_box,
    whoever_comes_second_hears_who_has_it_and_what_is_free,
    a_button_pressed_many_times_books_once,
    any_free_copy_is_taken_and_one_can_be_chosen,
    other_days_are_won_before_the_old_are_given_up,
    fewer_days_are_always_fine,
    a_cancelled_booking_frees_its_days_and_says_why,
    a_request_holds_its_days_until_it_is_answered,
    each_rule_has_its_own_words,
    days_for_travel_and_checking_are_kept_free,
    the_coordinator_books_for_a_school_and_sets_a_rule_aside,
    a_booking_is_repeated_next_year,
    a_box_is_fetched_and_given_back,
    whoever_only_reads_cannot_reserve,
    another_schools_booking_is_read_and_left_alone,
    what_no_form_of_ours_sends_changes_nothing,
    a_half_term_is_reserved_without_typing,
    weeks_are_tapped_and_nothing_typed_is_lost,
    a_year_is_planned_in_september,
    what_is_missing_is_said_before_one_books,
);

fn week(resource: &str) -> Wish {
    Wish::of(resource, "2026-11-30", "2026-12-04")
}

/// What stands in the tables of booking: a refusal leaves all of it as it was.
fn rows(app: &TestApp) -> Vec<i64> {
    let mut raw = app.raw();
    ["bookings", "booked_days", "messages", "changes"]
        .iter()
        .map(|table| raw.number(&format!("SELECT count(*) AS n FROM {table}")))
        .collect()
}

/// Presses a button on a booking's page, or on the page that asks why.
async fn press(person: &Person, path: &str, verb: &str, reason: Option<&str>) -> crate::harness::Page {
    let page = match reason {
        Some(_) => person.browser.open(&format!("{path}/{verb}")).await,
        None => person.browser.open(path).await,
    };
    let form = page.form(&format!("/{verb}"));
    let form = reason.iter().fold(form, |form, reason| form.set("reason", reason));
    person.browser.submit(&form).await
}

async fn a_science_lead_reserves_a_box(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let magnets = app.resource("ashdale", "Magnets");
    let wish = week(&magnets).with("purpose", "Forces & friction").with("pupils", 28);
    let page = ash.check(&wish).await.is(200);
    let page = page.says("Monday 30 November 2026").says("Friday 4 December 2026").says("Year 4").says("Forces & friction");
    assert_eq!(rows(&app)[..2], [0, 0], "checking answers books nothing");
    let answer = ash.browser.submit(&page.form("/reserve")).await.is(303);
    let page = ash.browser.follow(answer).await.is(200);
    let page = page.says("Magnets is reserved").says("30 November to 4 December 2026").says("Confirmed").says("28");
    // Once only: without the word in the address the panel is gone.
    let path = page.path.split('?').next().expect("a path").to_owned();
    ash.browser.open(&path).await.says_not("is reserved");
    ash.open("/loans").await.says("Magnets").says("30 November");
    let bars = app.ssl("Cedar").await.open("/calendar").await.all("a.bk");
    assert!(bars.len() == 1 && bars[0].starts_with("Ash Year 4, 30 November to 4 December"), "{bars:?}");

    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "{letters:#?}");
    let letter = &letters[0];
    assert_eq!(letter.to_address, ash.email);
    assert!(letter.text.contains("Magnets") && letter.text.contains(&path) && !letter.reason.is_empty(), "{}", letter.text);
    let entry = &letter.calendar.as_ref().expect("a calendar entry").text;
    // All-day, and the end is the day after the last.
    for line in ["DTSTART;VALUE=DATE:20261130", "DTEND;VALUE=DATE:20261205", "SEQUENCE:0", "BEGIN:VEVENT"] {
        assert!(entry.contains(line), "no {line} in\n{entry}");
    }
    let file = ash.browser.get(&format!("{path}/calendar.ics")).await.is(200);
    assert!(file.header("content-type").starts_with("text/calendar"), "{}", file.header("content-type"));
    assert!(file.text.contains("DTSTART;VALUE=DATE:20261130"));
}

async fn whoever_comes_second_hears_who_has_it_and_what_is_free(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    ash.books(&week(&magnets)).await;
    assert_eq!(app.letters().await.len(), 1);
    let before = rows(&app);
    for (from, to) in
        [("2026-11-30", "2026-12-04"), ("2026-12-04", "2026-12-08"), ("2026-11-25", "2026-11-30"), ("2026-12-02", "2026-12-02")]
    {
        let page = beech.reserve(&Wish::of(&magnets, from, to)).await.is(422);
        let page = page.says("There is a problem").says("Ash has it").says("The nearest free days of the same length");
        // What was typed is still there, and the way out is one click: the answers to be checked, free this time.
        assert_eq!(page.form("/reserve/check").value("class"), "Year 4");
        let offers = page.attributes(".instead a", "href");
        assert!(!offers.is_empty());
        for offer in offers {
            let page = beech.browser.open(&offer).await;
            // Another box is looked at first; the same one only needs its answers checked.
            page.form(if offer.contains("/check") { "/reserve" } else { "/reserve/check" });
        }
    }
    // Another box that is free then is offered as well.
    beech.reserve(&week(&magnets)).await.says("Other boxes free").says("Sound");
    assert_eq!(rows(&app), before, "a refusal left something behind");
    // From the day after the last one it is free.
    beech.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    let letters = app.letters().await;
    assert_eq!(letters.iter().map(|letter| letter.kind.as_str()).collect::<Vec<_>>(), ["booking_reserved", "leg_changed"]);
    assert_eq!(letters[1].to_address, ash.email, "it hands the box to Beech now");
}

async fn a_button_pressed_many_times_books_once(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let wish = week(&app.resource("ashdale", "Sound"));
    let page = ash.check(&wish).await.is(200);
    let form = page.form("/reserve");
    let presses = (0..8).map(|_| {
        let (browser, form) = (ash.browser.clone(), form.clone());
        async move { browser.submit(&form).await }
    });
    let mut places: Vec<String> = all(presses.collect()).await.into_iter().map(|page| page.is(303).header("location").to_owned()).collect();
    // And again much later, from the page that the back button shows.
    app.later(TimeDelta::hours(3));
    places.push(ash.browser.submit(&form).await.is(303).header("location").to_owned());
    places.dedup();
    assert_eq!(places.len(), 1, "{places:?}");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings"), 1);
    assert_eq!(app.letters().await.len(), 1);
    // A fresh form is a fresh wish: the second copy.
    ash.books(&wish).await;
    assert_eq!(app.letters().await.len(), 1);
}

async fn any_free_copy_is_taken_and_one_can_be_chosen(app: TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let sound = app.resource("ashdale", "Sound");
    ash.books(&week(&sound)).await;
    beech.books(&week(&sound)).await;
    let tags = app
        .raw()
        .texts("SELECT c.tag AS t FROM bookings b JOIN copies c ON c.cluster_id = b.cluster_id AND c.id = b.copy_id ORDER BY c.tag");
    assert_eq!(tags, ["SO1", "SO2"]);
    cedar.reserve(&week(&sound)).await.is(422).says("Ash has it").says("Beech has it");
    // By hand: the second copy, though the first is free too.
    let later = Wish::of(&sound, "2026-12-07", "2026-12-09");
    let form = cedar.open(&format!("/boxes/{sound}/reserve")).await.form("/reserve/check");
    let second = form.offers("copy")[2].to_owned();
    let path = cedar.books(&later.with("copy", &second)).await;
    cedar.browser.open(&path).await.says("SO2");
    assert_eq!(app.letters().await.iter().filter(|letter| letter.kind == "booking_reserved").count(), 3);
}

async fn other_days_are_won_before_the_old_are_given_up(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let path = ash.books(&week(&magnets)).await;
    beech.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    let first = app.letters().await;
    let before = rows(&app);
    let form = ash.browser.open(&format!("{path}/change")).await.form("/change");
    let onto_beech = form.clone().set("from", "2026-12-03").set("to", "2026-12-08");
    let page = ash.browser.submit(&onto_beech).await.is(422).says("Beech has it");
    assert_eq!(page.form("/change").value("to"), "2026-12-08", "what was chosen is still there");
    assert_eq!(rows(&app), before, "a refused change left something behind");
    beech.reserve(&Wish::of(&magnets, "2026-11-30", "2026-11-30")).await.is(422).says("Ash has it");

    // To days that overlap its own: its own are not in the way.
    let page = ash.browser.send(&form.set("from", "2026-12-02").set("to", "2026-12-04")).await;
    page.says("The booking is changed").says("2 to 4 December 2026");
    beech.books(&Wish::of(&magnets, "2026-11-30", "2026-12-01")).await;
    let letters: Vec<_> = app.letters().await.into_iter().filter(|letter| letter.kind != "leg_changed").collect();
    assert_eq!(letters.len(), 2, "{:?}", letters.iter().map(|l| &l.title).collect::<Vec<_>>());
    let entry = |letter: &boxrota::mail::Message| letter.calendar.as_ref().expect("an entry").text.clone();
    let line = |text: &str, name: &str| text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    let (old, new) = (entry(&first[0]), entry(letters.iter().find(|letter| letter.to_address == ash.email).expect("Ash's letter")));
    assert_eq!(line(&old, "UID"), line(&new, "UID"));
    assert_eq!((line(&old, "SEQUENCE").as_str(), line(&new, "SEQUENCE").as_str()), ("SEQUENCE:0", "SEQUENCE:1"));
    assert_eq!(line(&new, "DTSTART"), "DTSTART;VALUE=DATE:20261202");
}

async fn fewer_days_are_always_fine(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let path = ash.books(&week(&app.resource("ashdale", "Magnets"))).await;
    let form = ash.browser.open(&format!("{path}/change")).await.form("/change").set("to", "2026-12-01");
    ash.browser.send(&form).await.says("30 November to 1 December 2026");
    // The same form once more is no second change.
    ash.browser.send(&form).await.says_not("is changed");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM booked_days"), 2);
    // The letter of the first dates was overtaken before the worker came round.
    assert_eq!(app.letters().await.len(), 1);
}

async fn a_cancelled_booking_frees_its_days_and_says_why(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let path = ash.books(&week(&magnets)).await;
    let booked = app.letters().await.remove(0);
    let answer = press(&ash, &path, "cancel", Some("")).await;
    assert!([303, 422].contains(&answer.status), "{}", answer.words());
    if answer.status == 422 {
        press(&ash, &path, "cancel", Some("The trip has moved")).await.is(303);
    }
    ash.browser.open(&path).await.says("Cancelled").says_not("Change the");
    // Twice is once.
    press(&ash, &path, "cancel", Some("The trip has moved")).await.is(303);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM booked_days"), 0);
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    let (old, new) = (booked.calendar.expect("an entry").text, letters[0].calendar.clone().expect("an entry").text);
    assert!(new.contains("METHOD:CANCEL") && new.contains("STATUS:CANCELLED") && new.contains("SEQUENCE:1"), "{new}");
    let uid = |text: &str| text.lines().find(|line| line.starts_with("UID")).map(str::to_owned);
    assert_eq!(uid(&old), uid(&new));
    beech.books(&week(&magnets)).await;
    assert_eq!(app.letters().await.len(), 1);
}

async fn a_request_holds_its_days_until_it_is_answered(app: TestApp) {
    let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
    let microscope = app.resource("ashdale", "Microscope");
    let wish = week(&microscope);
    let answer = ash.reserve(&wish).await.is(303);
    let page = ash.browser.follow(answer).await.says("Microscope is requested").says("Waiting for approval");
    let path = page.path.split('?').next().expect("a path").to_owned();
    assert!(page.forms("/approve").is_empty(), "a science lead sees no button to approve");
    let mut told: Vec<String> = app.letters().await.into_iter().map(|letter| letter.to_address).collect();
    told.sort();
    assert_eq!(told, [coordinator.email.clone(), ash.email.clone()]);
    beech.reserve(&wish).await.is(422).says("Ash has");

    // Only the coordinator answers; a form of one's own making does not help.
    let token = ash.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
    ash.browser.post(&format!("{path}/approve"), &[("csrf".into(), token)]).await.is(403);
    ash.get("/requests").await.is(403);
    // An address from a letter that was sent leads to the inbox.
    coordinator.get("/requests").await.is(303);
    let page = coordinator.open("/requests").await.says("Microscope for Ash").says("30 November 2026");
    let form = page.form(&format!("{}/approve", path.rsplit('/').next().expect("an id")));
    coordinator.browser.send(&form).await.says("The request is approved").says_not("Microscope for Ash");
    coordinator.browser.send(&form).await;
    coordinator.browser.open(&path).await.says("Confirmed");
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "approved twice, told once");
    assert!(letters[0].calendar.is_some());
    coordinator.open("/requests").await.says("All is well");

    // A declined one frees its days, and the school reads why.
    let other = Wish::of(&microscope, "2026-12-07", "2026-12-11");
    let path = ash.books(&other).await;
    app.letters().await;
    press(&coordinator, &path, "decline", Some("It is being mended")).await.is(303);
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].to_address == ash.email && letters[0].text.contains("It is being mended"), "{}", letters[0].text);
    beech.books(&other).await;
    assert_eq!(app.letters().await.len(), 2);
}

async fn each_rule_has_its_own_words(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let magnets = app.resource("ashdale", "Magnets");
    let before = rows(&app);
    let refused = async |from: &str, to: &str, words: &str| {
        // Through the address, as a bookmark or an edited link does.
        let page = ash.get(&Wish::of(&magnets, from, to).to_be_checked()).await.is(422);
        page.says(words);
    };
    refused("2027-01-04", "2027-02-26", "Friday 12 February 2027").await;
    refused("2026-11-16", "2026-11-20", "today or later").await;
    refused("2026-12-04", "2026-11-30", "4 December 2026 or later").await;
    refused("2030-09-09", "2030-09-10", "2028").await;
    refused("", "2026-12-04", "Choose").await;
    refused("2026-02-30", "2026-12-04", "Choose").await;
    assert_eq!(rows(&app), before);
    // Ash's own INSET day is no school day of Ash; the form does not list it.
    let form = ash.open(&format!("/boxes/{magnets}/reserve")).await.form("/reserve/check");
    assert!(form.offers("from").contains(&"2026-11-26") && !form.offers("from").contains(&"2026-11-27"));
    assert!(!form.offers("from").contains(&"2026-11-28") && !form.offers("from").contains(&"2026-12-21"));
    let form = app.ssl("Beech").await.open(&format!("/boxes/{magnets}/reserve")).await.form("/reserve/check");
    assert!(form.offers("from").contains(&"2026-11-27"));
    // Three loans of a school at the same time, and no fourth.
    let sound = app.resource("ashdale", "Sound");
    for resource in [&sound, &sound, &magnets] {
        ash.books(&Wish::of(resource, "2026-11-30", "2026-12-01")).await;
    }
    refused("2026-12-01", "2026-12-08", "3 loans at the same time, and Ash has that many on 1 December 2026").await;
    assert_eq!(app.letters().await.len(), 3);
}

async fn days_for_travel_and_checking_are_kept_free(app: TestApp) {
    app.found(&World::rush(2).with("turnaround_days", 3)).await;
    let sound = app.resource("rush", "Sound");
    let lead = async |n: usize| Ssl::new(&app, "rush", &science_lead(&format!("School {n}"))).await;
    let (one, two) = (lead(1).await, lead(2).await);
    one.books(&Wish::of(&sound, "2026-12-07", "2026-12-08")).await;
    // Wednesday to Friday are for travel; the days before need three free days of their own.
    two.reserve(&Wish::of(&sound, "2026-12-11", "2026-12-11")).await.is(422).says("School 1 has it");
    two.reserve(&Wish::of(&sound, "2026-12-04", "2026-12-04")).await.is(422).says("School 1 has it");
    two.books(&Wish::of(&sound, "2026-12-14", "2026-12-14")).await;
    assert_eq!(app.letters().await.len(), 2);
}

async fn the_coordinator_books_for_a_school_and_sets_a_rule_aside(app: TestApp) {
    let coordinator = app.coordinator().await;
    let magnets = app.resource("ashdale", "Magnets");
    let form = coordinator.open(&format!("/boxes/{magnets}/reserve")).await.form("/reserve/check");
    let cedar = coordinator
        .open(&format!("/boxes/{magnets}/reserve"))
        .await
        .attributes("select[name=school] option", "value")
        .into_iter()
        .find(|id| !id.is_empty() && form.offers("school").last() == Some(&id.as_str()))
        .expect("Cedar is offered last");
    let long = Wish::of(&magnets, "2027-01-04", "2027-02-26").with("school", &cedar);
    let page = coordinator.get(&long.to_be_checked()).await.is(422).says("a half-term at most").says("Reason for setting the rule aside");
    let page = coordinator.browser.submit(&page.form("/reserve/check").set("reason", "A project of more than a half-term")).await.is(200);
    let page = coordinator.browser.send(&page.form("/reserve")).await;
    page.says("Magnets at Cedar").says("A project of more than a half-term");
    let letters = app.letters().await;
    assert!(letters.iter().any(|letter| letter.to_address == "science.lead@cedar.example"), "the school hears of it");
    // For a school, within the rules: like anybody.
    let path = coordinator.books(&Wish::of(&magnets, "2027-03-15", "2027-03-16").with("school", &cedar)).await;
    coordinator.browser.open(&path).await.says("Magnets at Cedar");
    assert!(!app.letters().await.is_empty());
    // Nobody sets the plan aside, whatever the reason.
    let page = coordinator.get(&long.with("reason", "Because").to_be_checked()).await.is(422);
    page.says("Cedar has it");
}

async fn a_booking_is_repeated_next_year(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let magnets = app.resource("ashdale", "Magnets");
    let path = ash.books(&week(&magnets).with("purpose", "Forces")).await;
    app.letters().await;
    let page = ash.browser.get(&format!("{path}/repeat")).await;
    let page = ash.browser.follow(page).await.is(200);
    let form = page.form("/reserve/check");
    // The same week of next year's autumn term, on the same weekdays.
    assert_eq!((form.value("from"), form.value("to")), ("2027-11-29", "2027-12-03"));
    assert_eq!((form.value("class"), form.value("purpose")), ("Year 4", "Forces"));
    let page = ash.browser.submit(&form).await.is(200);
    ash.browser.send(&page.form("/reserve")).await.says("29 November to 3 December 2027");
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings WHERE repeated_from IS NOT NULL"), 1);
    assert_eq!(app.letters().await.len(), 1);
}

async fn a_box_is_fetched_and_given_back(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let path = ash.books(&Wish::of(&magnets, "2026-11-23", "2026-11-24")).await;
    let next = beech.books(&Wish::of(&magnets, "2026-11-25", "2026-11-26")).await;
    app.letters().await;
    press(&ash, &path, "collected", None).await.is(303);
    ash.browser.open(&path).await.says("Out now").says("Fetched on");
    // It is not back in time: late, and the next loan at risk.
    app.later(TimeDelta::days(2));
    ash.browser.open(&path).await.says("Late");
    let page = beech.browser.open(&next).await.says("at risk").says("Ash has not given it back");
    for form in page.forms("/collected") {
        beech.browser.submit(&form).await.is(422);
    }
    press(&ash, &path, "returned", None).await.is(303);
    press(&beech, &next, "collected", None).await.is(303);
    ash.browser.open(&path).await.says("Returned");
    // That Beech fetches it out of the store now needs no letter any more: Beech has it.
    assert!(app.letters().await.is_empty());
}

async fn whoever_only_reads_cannot_reserve(app: TestApp) {
    let magnets = app.resource("ashdale", "Magnets");
    for email in ["bursar@ashdale.example", "head@ashdale.example"] {
        let reader = Bursar::new(&app, "ashdale", email).await;
        reader.open("/calendar").await;
        reader.get(&format!("/boxes/{magnets}/reserve")).await.is(403).says("Only science leads and the coordinator");
        reader.get(&week(&magnets).to_be_checked()).await.is(403);
        let token = reader.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
        let fields = [("csrf", token.as_str()), ("from", "2026-11-30"), ("to", "2026-12-04"), ("key", "0123456789abcdefghjkmnpqrstvwxyz")];
        let fields: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        reader.browser.post(&format!("{}/boxes/{magnets}/reserve", reader.base), &fields).await.is(403);
    }
    assert_eq!(rows(&app)[0], 0);
}

async fn another_schools_booking_is_read_and_left_alone(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let path = ash.books(&week(&app.resource("ashdale", "Magnets"))).await;
    app.letters().await;
    let before = rows(&app);
    let page = beech.browser.open(&path).await.says("Magnets at Ash");
    assert!(page.links("Change").is_empty() && page.links("Cancel").is_empty() && page.forms("/collected").is_empty());
    let token = beech.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
    for verb in ["change", "cancel", "collected", "returned"] {
        let fields = [("csrf", token.as_str()), ("from", "2026-12-07"), ("to", "2026-12-08"), ("reason", "Mine")];
        let fields: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = beech.browser.post(&format!("{path}/{verb}"), &fields).await;
        answer.is(403).says("Only the school that made this booking");
    }
    assert_eq!(rows(&app), before);
}

async fn what_no_form_of_ours_sends_changes_nothing(app: TestApp) {
    let ash: Ssl = app.ssl("Ash").await;
    let magnets = app.resource("ashdale", "Magnets");
    let form = ash.check(&week(&magnets)).await.is(200).form("/reserve");
    let beech = app.raw().number("SELECT id AS n FROM schools WHERE short_name = 'Beech'");
    let beech = boxrota::base::ids::SchoolId(beech).to_string();
    let oak = app.resource("birchwood", "Sound");
    let strange_copy = boxrota::base::ids::CopyId(app.raw().number("SELECT max(id) AS n FROM copies")).to_string();
    for (why, form) in [
        ("no key", form.clone().without("key")),
        ("a key of one's own", form.clone().tampered("key", "1")),
        ("another school", form.clone().tampered("school", &beech)),
        ("no day", form.clone().tampered("from", "tomorrow")),
        ("the other way round", form.clone().tampered("to", "2026-11-24")),
        ("another cluster's copy", form.clone().tampered("copy", &strange_copy)),
        ("no number", form.clone().tampered("pupils", "many")),
        ("a rule set aside by no coordinator", form.clone().tampered("to", "2027-02-26").tampered("reason", "I want to")),
        ("a very long text", form.clone().tampered("purpose", &"x".repeat(5000))),
        ("another cluster's box", form.clone().sent_to(&format!("/c/ashdale/boxes/{oak}/reserve"))),
        ("no id", form.clone().sent_to("/c/ashdale/boxes/1/reserve")),
    ] {
        let answer = ash.browser.submit(&form).await;
        assert!([400, 403, 404, 422].contains(&answer.status), "{why}: {} {}", answer.status, answer.words());
    }
    assert_eq!(rows(&app)[..3], [0, 0, 0]);
    // Text is text: markup in it stays what was typed.
    let answer = ash.browser.submit(&form.tampered("class", "<script>alert(1)</script>")).await.is(303);
    let page = ash.browser.follow(answer).await;
    assert!(!page.text.contains("<script>alert") && page.text.contains("&lt;script&gt;"));
    app.letters().await;
}

/// Presses a button of the reserve form, as a browser without a script does: the whole form goes along.
async fn tap(who: &Ssl, page: &crate::harness::Page, button: &str) -> crate::harness::Page {
    let value = page.buttons(button).into_iter().next().unwrap_or_else(|| panic!("no button {button:?}:\n{}", page.words()));
    let form = page.form("/reserve/check");
    let mut fields: Vec<(String, String)> = form.fields.clone();
    fields.push(value);
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    who.browser.open(&format!("{}?{query}", form.action.trim_end_matches("/check"))).await.is(200)
}

async fn a_half_term_is_reserved_without_typing(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let magnets = app.resource("ashdale", "Magnets");
    let first = ash.open(&format!("/boxes/{magnets}/reserve")).await;
    assert_eq!(first.form("/reserve/check").value("class"), "", "among four year groups nobody guesses");
    ash.books(&Wish::of(&magnets, "2026-11-23", "2026-11-24").with("class", "Year 5")).await;
    app.letters().await;
    // From the second time on the class of last time is chosen: a half-term, check, reserve.
    let page = ash.open(&format!("/boxes/{magnets}/reserve")).await;
    assert_eq!(page.form("/reserve/check").value("class"), "Year 5");
    let page = tap(&ash, &page, "Next half-term").await.says("Chosen: Monday 4 January 2027 to Friday 12 February 2027");
    let page = ash.browser.submit(&page.form("/reserve/check")).await.is(200).says("Year 5");
    let answer = ash.browser.submit(&page.form("/reserve")).await.is(303);
    ash.browser.follow(answer).await.says("Magnets is reserved");
    app.letters().await;
    // What has been taken is no button, and says who has it.
    let page = app.ssl("Beech").await.open(&format!("/boxes/{magnets}/reserve")).await;
    assert!(page.buttons("Next half-term").is_empty());
    page.says("Next half-term 4 Jan to 12 Feb: Ash");
}

async fn weeks_are_tapped_and_nothing_typed_is_lost(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let magnets = app.resource("ashdale", "Magnets");
    app.ssl("Beech").await.books(&Wish::of(&magnets, "2026-12-14", "2026-12-18")).await;
    app.letters().await;
    let page = ash.open(&format!("/boxes/{magnets}/reserve?purpose=Ramps&class_other=Owls")).await;
    let page = tap(&ash, &page, "30 Nov to 4 Dec").await;
    let page = tap(&ash, &page, "7 Dec to 11 Dec").await.says("Chosen: Monday 30 November 2026 to Friday 11 December 2026");
    let form = page.form("/reserve/check");
    let kept = ["from", "to", "purpose", "class"].map(|name| form.value(name).to_owned());
    assert_eq!(kept, ["2026-11-30", "2026-12-11", "Ramps", "Owls"]);
    assert!(page.buttons("14 Dec").is_empty(), "Beech has it");
    // Weeks of another term keep what is chosen.
    let page = tap(&ash, &page, "Later: Spring term 2027").await.says("Spring term 2027").says("Chosen: Monday 30 November 2026");
    assert!(!page.buttons("11 Jan to 15 Jan").is_empty());
    // A third tap begins anew; nonsense in the address changes nothing.
    tap(&ash, &page, "11 Jan to 15 Jan").await.says("Chosen: Monday 11 January 2027 to Friday 15 January 2027");
    ash.open(&format!("/boxes/{magnets}/reserve?pick=2027-02-30_x&at=then&from=2026-11-30&to=2026-12-04"))
        .await
        .says("Chosen: Monday 30 November");
}

async fn a_year_is_planned_in_september(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let (magnets, sound) = (app.resource("ashdale", "Magnets"), app.resource("ashdale", "Sound"));
    // Six loans one after the other, where three at the same time are allowed.
    for days in ["2026-11-30", "2027-01-11", "2027-01-18", "2027-03-01", "2027-05-10", "2027-06-14"] {
        ash.books(&Wish::of(&magnets, days, days)).await;
    }
    ash.books(&Wish::of(&sound, "2027-01-11", "2027-01-15")).await;
    ash.books(&Wish::of(&sound, "2027-01-11", "2027-01-15")).await;
    app.letters().await;
    let microscope = app.resource("ashdale", "Microscope");
    ash.reserve(&Wish::of(&microscope, "2027-01-04", "2027-01-15"))
        .await
        .is(422)
        .says("A school can have 3 loans at the same time, and Ash has that many on 11 January 2027");
    let form = ash.open(&format!("/boxes/{microscope}/reserve?from=2027-01-11&to=2027-01-15")).await;
    form.says("A school can have 3 loans at the same time; on these days it has 3").says("You have 3 loans then");
    ash.reserve(&Wish::of(&microscope, "2027-01-12", "2027-01-15")).await.is(303);
    app.letters().await;
    // A change is held to it, too.
    let path = ash.books(&Wish::of(&magnets, "2027-02-01", "2027-02-01")).await;
    let change = ash.browser.open(&format!("{path}/change")).await.form("/change");
    let onto = change.tampered("from", "2027-01-12").tampered("to", "2027-01-14");
    ash.browser.submit(&onto).await.is(422).says("3 loans at the same time");
    app.letters().await;
}

async fn what_is_missing_is_said_before_one_books(app: TestApp) {
    use crate::handing_over::{copy, line, send};
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-27")).await;
    app.letters().await;
    let mg1 = copy(&app, "ashdale", "MG1");
    ash.open("/boxes").await.says_not("Missing:");
    let fork = line(&app, "Tuning fork");
    let (there, n, why) = (format!("there-{fork}"), format!("n-{fork}"), format!("why-{fork}"));
    send(&beech, &mg1, "receive", &[(&there, ""), (&n, "4"), (&why, "missing")]).await.is(303);
    app.letters().await;
    // On the card, on the box with its contents, where one reserves, and among the answers.
    ash.open("/boxes").await.says("Missing: Tuning fork, 4 of 6 now");
    ash.open(&format!("/boxes/{magnets}")).await.says("Missing: Tuning fork, 4 of 6 now").says("6 4 of 6 now");
    ash.open(&format!("/boxes/{magnets}/reserve")).await.says("Missing: Tuning fork, 4 of 6 now");
    let wish = Wish::of(&magnets, "2026-12-07", "2026-12-08");
    ash.check(&wish).await.is(200).says("Missing now").says("Tuning fork, 4 of 6 now");
    // Another copy that is whole comes first, by hand and where any will do.
    let mut raw = app.raw();
    raw.must("INSERT INTO copies (cluster_id, id, resource_id, tag, code, home_school_id) SELECT cluster_id, id + 500, resource_id, 'MG2', 'ZZ9ZZ9', home_school_id FROM copies WHERE tag = 'MG1'");
    let page = ash.open(&format!("/boxes/{magnets}/reserve")).await;
    assert_eq!(page.form("/reserve/check").offers("copy")[1..], [copy(&app, "ashdale", "MG2"), mg1]);
    ash.check(&wish).await.says("MG2").says_not("Missing now");
}
