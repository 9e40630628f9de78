//! Where rules, database and clock meet: days that go at the last moment, loans that are out, people who have left, the ends
//! of the calendar, and whatever somebody writes into an address.

use chrono::TimeDelta;

use crate::harness::{Coordinator, Engine, Page, Person, TestApp, Wish, science_lead};

stories!(
    days_that_go_at_the_last_moment_are_a_refusal_in_words,
    a_box_fetched_at_the_last_moment_is_a_refusal_in_words,
    a_loan_that_needs_approval_and_is_out_is_lengthened_by_the_coordinator,
    days_are_given_up_though_the_copy_is_late_or_in_repair,
    a_change_that_is_declined_is_taken_out_of_calendars,
    a_reason_reaches_no_further_than_the_plan_is_read,
    a_late_loan_counts_among_the_bookings_of_its_school,
    who_has_left_hears_no_more,
    a_form_with_other_answers_is_another_wish,
    a_role_in_one_cluster_says_nothing_in_another,
    who_leads_another_school_now_leaves_the_old_ones_loans_alone,
    a_request_that_has_begun_still_waits,
    no_address_breaks_a_page,
    no_day_breaks_a_page,
    a_page_may_be_asked_for_its_head,
);

fn week(resource: &str) -> Wish {
    Wish::of(resource, "2026-11-30", "2026-12-04")
}

/// Presses a button on a booking's page.
async fn press(person: &Person, path: &str, verb: &str) -> Page {
    let form = person.browser.open(path).await.form(&format!("/{verb}"));
    person.browser.submit(&form).await
}

/// A booking of Magnets by Ash for the week, as somebody with psql makes it.
fn past_the_application(state: &str) -> String {
    format!(
        "INSERT INTO bookings (cluster_id, id, copy_id, school_id, person_id, kind, state, first_day, last_day, held_until, request_key, created_at, updated_at)
         SELECT c.cluster_id, 77, c.id, s.id, p.id, 'loan', '{state}', '2026-11-30', '2026-12-04', '2026-12-04', 'by hand', '2026-11-23 08:00:00', '2026-11-23 08:00:00'
         FROM copies c JOIN schools s ON s.cluster_id = c.cluster_id AND s.short_name = 'Ash' JOIN people p ON p.email = '{}' WHERE c.tag = 'MG1'",
        science_lead("Ash")
    )
}

async fn days_that_go_at_the_last_moment_are_a_refusal_in_words(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let magnets = app.resource("ashdale", "Magnets");
    let other = beech.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    let form = beech.check(&week(&magnets)).await.is(200).form("/reserve");
    let change = beech.browser.open(&format!("{other}/change")).await.form("/change").set("from", "2026-12-03").set("to", "2026-12-08");
    // Somebody else holds the days in a transaction that is not over: nobody can see it yet. SQLite lets nobody read then.
    if app.ground.engine == Engine::Postgres {
        for form in [&form, &change] {
            let mut raw = app.raw();
            raw.must(&format!("BEGIN; {}", past_the_application("confirmed")));
            let sent = actix_web::rt::spawn({
                let (browser, form) = (beech.browser.clone(), form.clone());
                async move { browser.submit(&form).await }
            });
            actix_web::rt::time::sleep(std::time::Duration::from_millis(500)).await;
            raw.must("COMMIT");
            let page = sent.await.expect("an answer").is(422);
            page.says("Ash has MG1 from 30 November to 4 December 2026").says("What you can have instead");
            raw.must("DELETE FROM bookings WHERE id = 77");
        }
    }
    // And when nobody can say who holds them, the answer is still one for people.
    app.raw().must(&past_the_application("cancelled"));
    app.raw().must("INSERT INTO booked_days (cluster_id, copy_id, day, booking_id) SELECT cluster_id, copy_id, '2026-12-04', id FROM bookings WHERE id = 77");
    for (form, field) in [(&form, "to"), (&change, "to")] {
        let page = beech.browser.submit(form).await.is(422).says("Somebody else has just taken one of these days");
        let again = page.forms("/reserve/check").into_iter().chain(page.forms("/change")).next().expect("the form again");
        assert_eq!(again.value(field), form.value(field), "what was chosen is still there");
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings"), 2);
    assert!(app.letters().await.is_empty());
}

async fn a_box_fetched_at_the_last_moment_is_a_refusal_in_words(app: TestApp) {
    if app.ground.engine == Engine::Sqlite {
        // One writer at a time: there is no last moment.
        return;
    }
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let path = beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-23")).await;
    ash.books(&Wish::of(&magnets, "2026-11-24", "2026-11-25")).await;
    app.letters().await;
    let mut raw = app.raw();
    raw.must("BEGIN; UPDATE bookings SET collected_on = '2026-11-23' WHERE first_day = '2026-11-24'");
    let form = beech.browser.open(&path).await.form("/collected");
    let sent = actix_web::rt::spawn({
        let browser = beech.browser.clone();
        async move { browser.submit(&form).await }
    });
    actix_web::rt::time::sleep(std::time::Duration::from_millis(500)).await;
    raw.must("COMMIT");
    sent.await.expect("an answer").is(422).says("Ash still has MG1");
}

async fn a_loan_that_needs_approval_and_is_out_is_lengthened_by_the_coordinator(app: TestApp) {
    let (beech, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    let path = beech.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-11-23", "2026-11-25")).await;
    press(&coordinator, &path, "approve").await.is(303);
    press(&beech, &path, "collected").await.is(303);
    app.letters().await;
    let longer = beech.browser.open(&format!("{path}/change")).await.form("/change").set("to", "2026-11-30");
    beech.browser.submit(&longer).await.is(422).says("Ask the coordinator");
    // Shorter is always fine.
    let shorter = longer.set("to", "2026-11-24");
    beech.browser.submit(&shorter).await.is(303);
    let form = coordinator.browser.open(&format!("{path}/change")).await.form("/change").set("to", "2026-11-30");
    coordinator.browser.send(&form).await.says("23 to 30 November 2026").says("Out now");
    assert!(!app.letters().await.is_empty());
}

async fn days_are_given_up_though_the_copy_is_late_or_in_repair(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let late = ash.books(&Wish::of(&magnets, "2026-11-23", "2026-11-24")).await;
    let path = beech.books(&week(&magnets)).await;
    press(&ash, &late, "collected").await.is(303);
    app.later(TimeDelta::days(2));
    let shorten = async |to: &str| {
        let form = beech.browser.open(&format!("{path}/change")).await.form("/change").set("to", to);
        beech.browser.send(&form).await.says("The booking is changed");
    };
    shorten("2026-12-03").await;
    app.raw().must("UPDATE copies SET state = 'repair' WHERE tag = 'MG1'");
    shorten("2026-12-02").await;
    // Nor does a longer turnaround since then stand in the way, when somebody else comes right after.
    app.raw().must("UPDATE copies SET state = 'in_service' WHERE tag = 'MG1'");
    press(&ash, &late, "returned").await.is(303);
    ash.books(&Wish::of(&magnets, "2026-12-03", "2026-12-04")).await;
    app.raw().must("UPDATE resources SET turnaround_days = 5 WHERE name = 'Magnets'");
    shorten("2026-12-01").await;
    app.letters().await;
}

async fn a_change_that_is_declined_is_taken_out_of_calendars(app: TestApp) {
    let (beech, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    let path = beech.books(&week(&app.resource("ashdale", "Microscope"))).await;
    press(&coordinator, &path, "approve").await.is(303);
    app.letters().await;
    // Whoever changes it hears before that it becomes a request again.
    let page = beech.browser.open(&format!("{path}/change")).await.says("your booking becomes a request again");
    beech.browser.send(&page.form("/change").set("from", "2026-12-07").set("to", "2026-12-08")).await.says("The change is requested");
    let changed = app.letters().await.into_iter().find(|letter| letter.to_address == beech.email).expect("a letter to Beech");
    assert!(changed.calendar.expect("an entry").text.contains("STATUS:TENTATIVE"));
    let form = coordinator.browser.open(&format!("{path}/decline")).await.form("/decline").set("reason", "It is being mended");
    coordinator.browser.submit(&form).await.is(303);
    let declined = app.letters().await.remove(0);
    let entry = declined.calendar.expect("an entry").text;
    assert!(entry.contains("METHOD:CANCEL") && entry.contains("SEQUENCE:3"), "{entry}");
    // Of a first request only its page gives an entry; whoever took it is rid of it.
    let path = beech.books(&week(&app.resource("ashdale", "Microscope"))).await;
    let form = coordinator.browser.open(&format!("{path}/decline")).await.form("/decline").set("reason", "Still being mended");
    coordinator.browser.submit(&form).await.is(303);
    let entry = app.letters().await.remove(0).calendar.expect("an entry").text;
    assert!(entry.contains("METHOD:CANCEL"), "{entry}");
}

async fn a_reason_reaches_no_further_than_the_plan_is_read(app: TestApp) {
    let coordinator = app.coordinator().await;
    let magnets = app.resource("ashdale", "Magnets");
    let cedar = app.raw().number("SELECT id AS n FROM schools WHERE short_name = 'Cedar'");
    let cedar = boxrota::base::ids::SchoolId(cedar).to_string();
    let far = |from: &str, to: &str| Wish::of(&magnets, from, to).with("school", &cedar).with("reason", "A project");
    app.raw().must("UPDATE resources SET turnaround_days = 5 WHERE name = 'Magnets'");
    coordinator.get(&far("2028-12-04", "2028-12-08").to_be_checked()).await.is(200);
    let form = coordinator.get(&far("2028-12-04", "2028-12-08").to_be_checked()).await.form("/reserve");
    for (from, to) in [("2040-11-05", "2040-11-09"), ("2099-12-28", "2099-12-31")] {
        let page = coordinator.get(&far(from, to).to_be_checked()).await.is(422).says("not even with a reason");
        assert_eq!(page.form("/reserve/check").value("reason"), "A project");
        coordinator.browser.submit(&form.clone().tampered("from", from).tampered("to", to)).await.is(422);
    }
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings"), 0);
}

async fn a_late_loan_counts_among_the_bookings_of_its_school(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let (magnets, sound) = (app.resource("ashdale", "Magnets"), app.resource("ashdale", "Sound"));
    let path = beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-24")).await;
    press(&beech, &path, "collected").await.is(303);
    app.letters().await;
    app.raw().must("UPDATE settings SET most_live_bookings = 1");
    app.later(TimeDelta::days(2));
    beech.reserve(&week(&sound)).await.is(422).says("1 loan at the same time");
    press(&beech, &path, "returned").await.is(303);
    beech.books(&week(&sound)).await;
    app.letters().await;
}

async fn who_has_left_hears_no_more(app: TestApp) {
    let (cedar, coordinator) = (app.ssl("Cedar").await, app.coordinator().await);
    let path = cedar.books(&week(&app.resource("ashdale", "Magnets"))).await;
    app.letters().await;
    let lead = science_lead("Cedar");
    app.raw().must(&format!("UPDATE roles SET to_day = '2026-11-22' WHERE person_id = (SELECT id FROM people WHERE email = '{lead}')"));
    let form = coordinator.browser.open(&format!("{path}/cancel")).await.form("/cancel").set("reason", "Nobody leads science at Cedar");
    coordinator.browser.submit(&form).await.is(303);
    let told: Vec<String> = app.letters().await.into_iter().map(|letter| letter.to_address).collect();
    assert!(!told.contains(&lead), "{told:?}");
}

async fn a_form_with_other_answers_is_another_wish(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let form = ash.check(&week(&magnets)).await.is(200).form("/reserve");
    let place = async |person: &Person, form| person.browser.submit(&form).await.is(303).header("location").to_owned();
    let first = place(&ash, form.clone()).await;
    assert_eq!(place(&ash, form.clone()).await, first, "the same form sent twice books once");
    // Back, other days, sent again: nobody is told that the first booking is what was asked for.
    let second = place(&ash, form.clone().tampered("from", "2026-12-07").tampered("to", "2026-12-11")).await;
    assert_ne!(second, first);
    // Another person's key is no key to another person's booking.
    let own = beech.check(&Wish::of(&magnets, "2026-12-14", "2026-12-15")).await.is(200).form("/reserve");
    let third = place(&beech, own.tampered("key", form.value("key"))).await;
    assert!(third != first && third != second);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings"), 3);
    assert_eq!(app.letters().await.len(), 3);
}

async fn a_request_that_has_begun_still_waits(app: TestApp) {
    let (beech, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    beech.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-11-23", "2026-11-26")).await;
    app.letters().await;
    coordinator.open("/calendar").await.says("1 request to approve");
    app.later(TimeDelta::days(1));
    coordinator.open("/requests").await.says("Microscope for Beech");
    coordinator.open("/calendar").await.says("1 request to approve");
}

async fn a_role_in_one_cluster_says_nothing_in_another(app: TestApp) {
    let lead = science_lead("Ash");
    app.raw().must(&format!(
        "INSERT INTO roles (cluster_id, id, person_id, kind, school_id, from_day)
         SELECT c.id, 7, p.id, 'bursar', s.id, '2026-01-01' FROM clusters c JOIN schools s ON s.cluster_id = c.id AND s.short_name = 'Oak'
         JOIN people p ON p.email = '{lead}' WHERE c.slug = 'birchwood'"
    ));
    let ash = app.ssl("Ash").await;
    let oak = app.resource("birchwood", "Sound");
    let own = ash.books(&week(&app.resource("ashdale", "Magnets"))).await;
    app.letters().await;
    let page = ash.browser.open("/").await.is(200).says("Your clusters").says("Ashdale").says("Birchwood");
    assert_eq!(page.links("Birchwood"), ["/c/birchwood/week"]);
    let elsewhere = |page: &Page| page.attributes("header .drop a[href$='/week']", "href");
    let page = ash.browser.open("/c/birchwood/calendar").await;
    assert_eq!(elsewhere(&page), ["/c/ashdale/week"]);
    assert!(page.all("a.free").is_empty(), "a bursar books nothing");
    for (path, status) in [
        (format!("/c/birchwood/boxes/{oak}"), 200),
        (format!("/c/birchwood/boxes/{oak}/reserve"), 403),
        ("/c/birchwood/requests".to_owned(), 303),
        (own.replacen("ashdale", "birchwood", 1), 404),
        (format!("/c/ashdale/boxes/{oak}"), 404),
    ] {
        assert_eq!(ash.browser.get(&path).await.status, status, "{path}");
    }
    ash.browser.open("/c/birchwood/mail").await.says("No e-mails yet");
    assert_eq!(ash.browser.open("/c/birchwood").await.path, "/c/birchwood/week");
    // The last day of the role there is the last of that cluster, and of that cluster alone.
    app.raw().must("UPDATE roles SET to_day = '2026-11-22' WHERE id = 7");
    ash.browser.get("/c/birchwood/calendar").await.is(404);
    ash.browser.get("/c/birchwood").await.is(404);
    assert_eq!(elsewhere(&ash.open("/calendar").await), Vec::<String>::new());
}

async fn who_leads_another_school_now_leaves_the_old_ones_loans_alone(app: TestApp) {
    let (cedar, beech) = (app.ssl("Cedar").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let path = cedar.books(&Wish::of(&magnets, "2026-11-23", "2026-11-24")).await;
    app.letters().await;
    let change = cedar.browser.open(&format!("{path}/change")).await.form("/change").set("to", "2026-11-23");
    let collect = cedar.browser.open(&path).await.form("/collected");
    let cancel = cedar.browser.open(&format!("{path}/cancel")).await.form("/cancel").set("reason", "Mine");
    app.raw().must(&format!(
        "UPDATE roles SET school_id = (SELECT id FROM schools WHERE short_name = 'Beech') WHERE person_id = (SELECT id FROM people WHERE email = '{}')",
        cedar.email
    ));
    for form in [&change, &collect, &cancel] {
        cedar.browser.submit(form).await.is(403).says("Only the school that made this booking");
    }
    // What he booked stays Cedar's, and Beech's other lead has as little to do with it.
    beech.browser.submit(&collect).await.is(403);
    cedar.books(&week(&magnets)).await;
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM bookings b JOIN schools s ON s.cluster_id = b.cluster_id AND s.id = b.school_id WHERE s.short_name = 'Beech'"), 1);
    app.letters().await;
}

/// What people and programs write where a day, a number, an id or a word belongs.
const ODD: [&str; 17] = [
    "",
    "-1",
    "0",
    "18446744073709551616",
    "2026-02-30",
    "2026-12-04",
    "2000-01-01",
    "2099-12-31",
    "9999-12-31",
    "%00",
    "%ff%fe",
    "%F0%9F%A7%B2",
    "%3Cscript%3E",
    "%0d%0aSet-Cookie:%20a=b",
    "0000000000000",
    "ZZZZZZZZZZZZZ",
    "%27%20OR%201=1--",
];

async fn no_address_breaks_a_page(app: TestApp) {
    let beech = app.ssl("Beech").await;
    let (magnets, sound) = (app.resource("ashdale", "Magnets"), app.resource("ashdale", "Sound"));
    let path = beech.books(&week(&magnets)).await;
    app.letters().await;
    let coordinator: Coordinator = app.coordinator().await;
    let pages: [(String, &[&str]); 9] = [
        ("/c/ashdale/calendar".into(), &["view", "from", "year", "topic", "kind", "q", "free"]),
        ("/c/ashdale/boxes".into(), &["q", "kind", "year", "topic", "from", "to", "page"]),
        (format!("/c/ashdale/boxes/{sound}"), &["from", "to", "done"]),
        (
            format!("/c/ashdale/boxes/{sound}/reserve"),
            &["from", "to", "copy", "school", "class", "pupils", "reason", "restock", "repeat", "key"],
        ),
        (
            format!("/c/ashdale/boxes/{sound}/reserve/check"),
            &["from", "to", "copy", "school", "class", "purpose", "pupils", "reason", "restock", "repeat", "key"],
        ),
        (format!("{path}/change"), &["from", "to", "copy", "reason"]),
        (path.clone(), &["done"]),
        ("/c/ashdale/mail".into(), &["show", "older", "newer", "done"]),
        ("/sign-in".into(), &["next"]),
    ];
    let long = "x".repeat(9_000);
    for (page, names) in &pages {
        for name in *names {
            for odd in ODD.iter().copied().chain([long.as_str()]) {
                // The rest of the form as it should be, so that the odd part is really looked at.
                let rest: String = [("from", "2026-12-07"), ("to", "2026-12-08"), ("class", "Y4")]
                    .iter()
                    .filter(|(known, _)| known != name && names.contains(known))
                    .map(|(name, value)| format!("&{name}={value}"))
                    .collect();
                let asked = format!("{page}?{name}={odd}{rest}");
                let answer = coordinator.browser.get(&asked).await;
                let shown: String = asked.chars().take(120).collect();
                assert!(answer.status < 500, "{shown}: {}", answer.status);
                assert!(answer.header("set-cookie").is_empty() || answer.path.starts_with("/sign-in"), "{shown}");
            }
        }
    }
    for odd in ODD.iter().copied().filter(|odd| !odd.is_empty()).chain([long.as_str()]) {
        for page in [
            format!("/c/{odd}/calendar"),
            format!("/c/ashdale/boxes/{odd}"),
            format!("/c/ashdale/bookings/{odd}"),
            format!("/c/ashdale/bookings/{odd}/change"),
            format!("/c/ashdale/mail/{odd}"),
            format!("/feed/{odd}.ics"),
            format!("/sign-in/{odd}"),
            format!("/assets/{odd}"),
        ] {
            let answer = coordinator.browser.get(&page).await;
            assert!([400, 404, 414, 422].contains(&answer.status), "{page}: {}", answer.status);
        }
    }
    // Watchers ask for the head alone.
    for path in ["/healthz", "/livez"] {
        let answer =
            crate::harness::client().build().expect("a client").head(format!("{}{path}", app.origin)).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
    }
    // Forms, sent by a tool.
    let form = beech.check(&Wish::of(&sound, "2026-12-07", "2026-12-08")).await.is(200).form("/reserve");
    let change = beech.browser.open(&format!("{path}/change")).await.form("/change");
    let cancel = beech.browser.open(&format!("{path}/cancel")).await.form("/cancel");
    let decoded = |odd: &str| {
        let bytes: Vec<u8> = url::form_urlencoded::parse(format!("a={odd}").as_bytes())
            .next()
            .map(|(_, value)| value.into_owned().into())
            .unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    for (form, names) in [
        (&form, &["from", "to", "copy", "school", "pupils", "repeat", "key"][..]),
        (&change, &["from", "to", "copy"]),
        (&cancel, &["csrf"]),
    ] {
        for name in names {
            for odd in ODD.iter().copied().chain([long.as_str()]) {
                let answer = beech.browser.submit(&form.clone().tampered(name, &decoded(odd))).await;
                assert!(answer.status < 500, "{} {name}={odd}: {}", form.action, answer.status);
            }
        }
    }
    app.letters().await;
}

async fn no_day_breaks_a_page(app: TestApp) {
    let magnets = app.resource("ashdale", "Magnets");
    app.raw().must("UPDATE resources SET turnaround_days = 2 WHERE name = 'Magnets'");
    // Both clock changes, a leap day, Christmas, years without a term, the last days there are, and none that anybody planned for.
    for now in [
        "2026-03-29T00:30:00Z",
        "2026-03-29T01:30:00Z",
        "2026-10-25T00:30:00Z",
        "2026-12-25T12:00:00Z",
        "2028-02-29T23:59:59Z",
        "2060-08-31T23:30:00Z",
        "2098-06-01T12:00:00Z",
        "2099-12-30T12:00:00Z",
    ] {
        app.at(now);
        let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
        for person in [&*ash, &*coordinator] {
            for path in ["/calendar", "/calendar?view=month", "/calendar?view=list", "/boxes", "/loans", "/feeds", "/mail"] {
                let page = person.get(path).await;
                assert_eq!(page.status, 200, "{now} {path}");
            }
            for path in [format!("/boxes/{magnets}"), format!("/boxes/{magnets}/reserve")] {
                let page = person.get(&path).await;
                assert_eq!(page.status, 200, "{now} {path}");
            }
        }
        let day = boxrota::base::clock::today(now.parse().expect("a time"));
        for days in [0, 1, 7] {
            let last = boxrota::base::days::add(day, days);
            let page = ash.get(&Wish::of(&magnets, &day.to_string(), &last.to_string()).to_be_checked()).await;
            assert!([200, 422].contains(&page.status), "{now} +{days}: {}", page.status);
            for form in page.forms("/reserve") {
                let answer = ash.browser.submit(&form).await;
                assert!([303, 422].contains(&answer.status), "{now} +{days}: {}", answer.status);
            }
        }
        app.letters().await;
        app.raw().must("UPDATE bookings SET state = 'cancelled'");
    }
}

async fn a_page_may_be_asked_for_its_head(app: TestApp) {
    let ash = app.ssl("Ash").await;
    for path in
        ["/c/ashdale/calendar", "/c/ashdale/boxes", "/sign-in", "/help", "/healthz", "/livez", "/nowhere", "/c/birchwood/calendar", "/"]
    {
        let (whole, head) = (ash.browser.get(path).await, ash.browser.head(path).await);
        assert_eq!((head.status, head.text.as_str()), (whole.status, ""), "{path}");
        for name in ["content-type", "location", "content-security-policy", "cache-control"] {
            assert_eq!(head.header(name), whole.header(name), "{path}: {name}");
        }
    }
    // What changes something is not there for it.
    assert_eq!(ash.browser.head("/sign-out").await.status, 404);
    ash.open("/calendar").await;
}
