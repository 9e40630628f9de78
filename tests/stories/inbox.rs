//! The inbox and what leads to it: one list by urgency, its number in the menu of every page, and the weekly letter that names the same;
//! the navigation of each role, the header on help and errors, the change log's sentences, telephone numbers, what will be sent next.

use chrono::TimeDelta;

use crate::harness::{Bursar, Page, TestApp, Wish};
use crate::reminders::together;
use crate::week::{put, school, seen};

stories!(
    the_number_in_the_menu_is_that_of_the_list_and_the_letter_names_it_all,
    a_bursar_reads_what_may_have_to_be_bought_and_presses_nothing,
    a_loan_that_was_never_fetched_stands_there_until_it_is_dealt_with,
    requests_are_answered_in_place_and_the_next_one_opens,
    each_role_has_its_own_navigation,
    the_header_stays_on_help_and_errors,
    the_log_says_what_was_changed_an_act_a_line,
    a_telephone_number_is_where_the_address_is,
    what_will_be_sent_next_is_said_and_then_sent,
);

/// The number in the menu; 0 where it says none.
fn number(page: &Page) -> usize {
    page.all("nav[aria-label=Main] a[href$='/inbox'] .count").first().map_or(0, |text| text.trim().parse().expect("a number"))
}

/// Everything that can stand in the inbox, but for what is too long on its way.
async fn everything(app: &TestApp) {
    let (ash, beech, cedar) = (app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    // Late, and a booking at risk for it.
    let loan = beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-24")).await;
    beech.browser.submit(&beech.browser.open(&loan).await.form("/collected")).await.is(303);
    cedar.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    // A request, and one that waits for the same.
    ash.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-11-30", "2026-12-04")).await;
    // Never fetched.
    ash.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-11-23", "2026-11-24")).await;
    app.letters().await;
    app.at("2026-11-30T08:00:00Z");
    put(app, "SO2", &format!("place = 'missing', school_id = {}", school("Beech")));
    put(app, "MI1", "short_essentials = 'Lens: 1 of 2 missing'");
    app.raw().must(
        "INSERT INTO finds (cluster_id, id, copy_id, words, found_at) SELECT cluster_id, 7, id, 'In the bus shelter', '2026-11-28 09:00:00'
         FROM copies WHERE tag = 'SO2' AND cluster_id = (SELECT id FROM clusters WHERE slug = 'ashdale')",
    );
    app.raw().must(&format!("UPDATE roles SET to_day = '2026-11-28' WHERE kind = 'ssl' AND school_id = {}", school("Cedar")));
    app.raw().must(
        "INSERT INTO invitations (cluster_id, id, email, name, kind, school_id, from_day, token_hash, created_at, expires_at)
         SELECT cluster_id, 8, 'new@cedar.example', 'Pat Oduya', 'ssl', id, '2026-11-28', 'x', '2026-11-28 09:00:00', '2026-12-12 09:00:00'
         FROM schools WHERE short_name = 'Cedar' AND cluster_id = (SELECT id FROM clusters WHERE slug = 'ashdale')",
    );
    app.raw().must("UPDATE messages SET state = 'failed' WHERE id = (SELECT max(id) FROM messages WHERE kind = 'booking_reserved')");
    seen(app);
}

async fn the_number_in_the_menu_is_that_of_the_list_and_the_letter_names_it_all(app: TestApp) {
    let coordinator = app.coordinator().await;
    let (page, asked) = app.questions(coordinator.open("/inbox")).await;
    assert_eq!((number(&page.says("All is well")), number(&coordinator.open("/boxes").await)), (0, 0));
    assert!(asked <= 8, "{asked} questions");
    everything(&app).await;
    let (page, asked) = app.questions(coordinator.open("/inbox")).await;
    assert!(asked <= 8, "{asked} questions");
    let parts = [
        "Requests",
        "Late",
        "Bookings at risk",
        "Missing",
        "E-mails that were not sent",
        "Short of a part that it needs",
        "Found by somebody",
        "Never fetched",
        "Schools without a science lead",
        "Invited and not yet here",
    ];
    let headings: Vec<String> = page.all("main section > h2").iter().map(|text| text.trim().to_owned()).collect();
    assert_eq!(headings, parts, "by urgency");
    let lines = page.all("main .tasks > li").len() + page.all("main details.request").len();
    assert_eq!(lines, number(&page), "{}", page.words());
    for path in ["/week", "/boxes", "/people", "/calendar", "/mail", "/changes"] {
        let (other, asked) = app.questions(coordinator.open(path)).await;
        assert_eq!(number(&other), lines, "{path}");
        assert!(asked <= 8, "{path} asks {asked} questions");
    }
    let chips: Vec<String> = coordinator.open("/week").await.all(".attend .facts li");
    assert_eq!(chips.len(), parts.len(), "{chips:?}");

    // The weekly letter says the same, under the same headings.
    app.letters().await;
    let letters = together(&app).await;
    let letter = letters.iter().find(|letter| letter.kind == "weekly_digest").expect("the weekly letter");
    for part in parts {
        assert!(letter.text.lines().any(|line| line == part), "{part} is not in\n{}", letter.text);
    }
    for words in
        ["Ash asks for 30 November to 4 December 2026", "Pat Oduya", "Cedar", "In the bus shelter", "1 could not be sent", "never fetched"]
    {
        assert!(letter.text.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "{words} is not in\n{}", letter.text);
    }
    assert!(letter.text.contains("/c/ashdale/inbox"), "{}", letter.text);
}

async fn a_bursar_reads_what_may_have_to_be_bought_and_presses_nothing(app: TestApp) {
    everything(&app).await;
    app.letters().await;
    let bursar = Bursar::new(&app, "ashdale", "bursar@ashdale.example").await;
    let page =
        bursar.open("/inbox").await.says("Missing").says("Sound (SO2)").says("Short of a part").says_not("Requests").says_not("Late");
    assert_eq!((number(&page), number(&bursar.open("/boxes").await)), (2, 2));
    assert!(page.forms("").iter().all(|form| form.action == "/sign-out"), "{:?}", page.forms(""));
    app.ssl("Ash").await.get("/inbox").await.is(403).says("Only the coordinator and the bursar");
}

async fn a_loan_that_was_never_fetched_stands_there_until_it_is_dealt_with(app: TestApp) {
    let (beech, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    let loan = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-24", "2026-11-25")).await;
    app.letters().await;
    app.at("2026-11-25T18:00:00Z");
    coordinator.open("/inbox").await.says_not("Never fetched");
    app.at("2026-11-26T09:00:00Z");
    let page = coordinator.open("/inbox").await.says("Never fetched").says("Beech: Magnets (MG1), 24 to 25 November 2026");
    assert_eq!(number(&page), 1);
    // Only the coordinator deals with it, and once.
    let form = page.form("/settled");
    let token = beech.open("/calendar").await.form("/sign-out").value("csrf").to_owned();
    beech.browser.submit(&form.clone().tampered("csrf", &token)).await.is(403);
    coordinator.browser.send(&form).await.says("That is dealt with").says("All is well");
    coordinator.browser.send(&form).await.says("dealt with already");
    coordinator.browser.open(&loan).await.says("dealt with by");
    // One that was fetched is not among them, nor one that is older than four weeks.
    beech.books(&Wish::of(&app.resource("ashdale", "Sound"), "2026-11-26", "2026-11-27")).await;
    app.letters().await;
    app.at("2026-11-30T09:00:00Z");
    coordinator.open("/inbox").await.says("Never fetched");
    app.later(TimeDelta::days(27));
    app.coordinator().await.open("/inbox").await.says_not("Never fetched");
    app.letters().await;
}

async fn requests_are_answered_in_place_and_the_next_one_opens(app: TestApp) {
    let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
    let microscope = app.resource("ashdale", "Microscope");
    ash.books(&Wish::of(&microscope, "2026-11-30", "2026-12-04")).await;
    beech.books(&Wish::of(&microscope, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    let page = coordinator.open("/requests").await.says("2 requests wait");
    assert_eq!((page.all("details.request").len(), page.all("details.request[open]").len()), (2, 1));
    assert!(page.all("details.request[open] summary")[0].contains("Microscope for Ash"));
    let page = coordinator.browser.send(&page.form("/approve")).await.says("The request is approved").says("1 request waits");
    assert!(page.all("details.request[open] summary")[0].contains("Microscope for Beech"));
    assert_eq!(app.letters().await.len(), 1);
    coordinator.browser.send(&page.form("/approve")).await.says("All is well");
    app.letters().await;
}

async fn each_role_has_its_own_navigation(app: TestApp) {
    let names = |page: &Page| page.all("nav[aria-label=Main] a").iter().map(|text| text.trim().to_owned()).collect::<Vec<_>>();
    let ash = app.ssl("Ash").await;
    let page = ash.open("/week").await;
    assert_eq!(names(&page), ["This week", "Calendar", "Boxes", "Cluster"]);
    assert_eq!(names(&app.coordinator().await.open("/week").await), ["This week", "Inbox", "Calendar", "Boxes", "Cluster"]);
    let bursar = Bursar::new(&app, "ashdale", "bursar@ashdale.example").await;
    assert_eq!(names(&bursar.open("/boxes").await), ["Inbox", "Calendar", "Boxes", "Cluster"]);
    // All one's loans are a step away from This week, under the address that they always had.
    let loans = page.link("All your loans");
    assert_eq!(loans, "/c/ashdale/loans");
    let page = ash.browser.open(&loans).await;
    assert_eq!(page.all("nav[aria-label=Main] a[aria-current=page]"), ["This week"]);
    for path in ["/people", "/terms", "/meetings"] {
        let page = ash.open(path).await;
        assert_eq!(page.all("nav[aria-label=Main] a[aria-current=page]"), ["Cluster"], "{path}");
        assert_eq!(page.all("nav.tabs a").len(), 3, "{path}");
    }
}

async fn the_header_stays_on_help_and_errors(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    for path in ["/help", "/accessibility"] {
        let page = ash.browser.open(path).await;
        assert_eq!(page.attributes("nav[aria-label=Main] a", "href").len(), 4, "{path}");
        assert!(page.header("cache-control").contains("private"), "{path}");
        assert!(app.browser().open(path).await.attributes("nav a", "href").is_empty(), "{path}");
    }
    // Help leads to the pages that it speaks of.
    let help = ash.browser.open("/help").await;
    for path in ["/calendar", "/boxes", "/week", "/loans", "/waits", "/feeds", "/people", "/terms", "/meetings"] {
        assert!(help.attributes("main a", "href").contains(&format!("/c/ashdale{path}")), "{path}");
    }
    assert!(coordinator.browser.open("/help").await.attributes("main a", "href").contains(&"/c/ashdale/inbox".to_owned()));
    assert!(app.browser().open("/help").await.attributes("main a[href^='/c/']", "href").is_empty());
    for (page, status) in
        [(ash.get("/bookings/0000000000001").await, 404), (ash.get("/inbox").await, 403), (ash.browser.get("/nowhere").await, 404)]
    {
        assert_eq!(page.is(status).attributes("nav[aria-label=Main] a", "href").len(), 4);
    }
    app.browser().get("/nowhere").await.is(404);
}

async fn the_log_says_what_was_changed_an_act_a_line(app: TestApp) {
    let (ash, coordinator) = (app.ssl("Ash").await, app.coordinator().await);
    let request = ash.books(&Wish::of(&app.resource("ashdale", "Microscope"), "2026-12-07", "2026-12-18")).await;
    app.letters().await;
    let page = coordinator.open("/inbox").await;
    coordinator.browser.send(&page.form("/approve")).await;
    app.letters().await;
    let (page, asked) = app.questions(coordinator.open("/changes")).await;
    assert!(asked <= 8, "{asked} questions");
    let first = &page.all("tbody tr")[0];
    assert!(first.contains("Approved Microscope (MI1) for Ash, 7 to 18 December 2026"), "{first}");
    assert_eq!(page.link("Approved Microscope"), request);
    // What was marked missing ended a loan, too: one act, one line, its parts folded.
    let magnets = ash.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-11-23", "2026-11-24")).await;
    ash.browser.submit(&ash.browser.open(&magnets).await.form("/collected")).await.is(303);
    app.at("2026-11-26T09:00:00Z");
    let before = coordinator.open("/changes").await.all("tbody tr").len();
    let page = coordinator.open("/inbox").await;
    coordinator.browser.submit(&page.form("/missing")).await.is(303);
    app.letters().await;
    let page = coordinator.open("/changes").await;
    assert_eq!(page.all("tbody tr").len(), before + 1);
    let first = &page.all("tbody tr")[0];
    assert!(first.contains("Marked missing Magnets (MG1)") && first.contains("1 more part"), "{first}");
    assert!(page.all("tbody tr:first-child details:not([open])").len() == 1 && first.contains("the copy was marked missing"), "{first}");
}

async fn a_telephone_number_is_where_the_address_is(app: TestApp) {
    let (ash, beech, coordinator) = (app.ssl("Ash").await, app.ssl("Beech").await, app.coordinator().await);
    let form = ash.browser.open("/account/phone").await.form("/account/phone");
    let wrong = ash.browser.submit(&form.clone().set("phone", "ring the office")).await.is(422).says("Enter a telephone number");
    assert_eq!(wrong.form("/account/phone").value("phone"), "ring the office", "nothing is lost");
    ash.browser.send(&form.set("phone", " 01977  682000 ")).await.says("01977 682000");
    // Where members see the address, they see the number, and may call it.
    let page = beech.open("/people").await.says("science.lead@ash.example, 01977 682000");
    assert!(page.attributes("a.tel", "href").contains(&"tel:01977682000".to_owned()));
    beech.browser.open(&page.link("Science lead, Ash")).await.says("01977 682000");
    assert!(ash.browser.get("/account/data.json").await.text.contains("01977 682000"));
    // No log holds it, and the clusters' pages are new.
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes WHERE verb = 'changed the own telephone number'"), 1);
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM changes WHERE before LIKE '%01977%' OR after LIKE '%01977%'"), 0);
    // A school's own.
    let page = coordinator.open("/people").await;
    let here = page.link("Ash Primary School");
    let form = coordinator.browser.open(&format!("{here}/edit")).await.form("/edit");
    coordinator.browser.submit(&form.clone().set("phone", "x")).await.is(422).says("Enter a telephone number");
    coordinator.browser.submit(&form.set("phone", "+44 1977 682111")).await.is(303);
    beech.browser.open(&here).await.says("+44 1977 682111");
    // Erased with the rest.
    let form = ash.browser.open("/account/erase").await.form("/account/erase").set("email", "science.lead@ash.example");
    ash.browser.submit(&form).await;
    assert_eq!(app.raw().number("SELECT count(*) AS n FROM people WHERE phone <> ''"), 0);
    app.letters().await;
}

async fn what_will_be_sent_next_is_said_and_then_sent(app: TestApp) {
    let (beech, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    let loan = beech.books(&Wish::of(&app.resource("ashdale", "Magnets"), "2026-12-02", "2026-12-04")).await;
    app.letters().await;
    let page = coordinator.browser.open(&loan).await.says("What will be sent next").says("On Wednesday 25 November 2026 to Ash");
    page.says("to Beech: “A handover comes up in a week”");
    beech.browser.open(&loan).await.says("What will be sent next");
    app.ssl("Cedar").await.browser.open(&loan).await.says_not("What will be sent next");
    beech.open("/week").await.says("You will be reminded by e-mail on Wednesday 25 November");
    // Nobody looked on that day. The last school day before is foretold, and comes.
    app.at("2026-12-01T09:00:00Z");
    beech.open("/week").await.says("You will be reminded by e-mail on Tuesday 1 December");
    let told = crate::reminders::told(&crate::reminders::round(&app).await);
    assert!(told.contains(&"handover_day_before to science.lead@beech.example".to_owned()), "{told:?}");
    beech.open("/week").await.says_not("You will be reminded by e-mail on Tuesday 1 December");
}
