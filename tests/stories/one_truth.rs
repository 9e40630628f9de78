//! One truth on every page: where a copy is, how it stands, for which days and what it lacks is written beside its tag, and is the same
//! as in one table of facts that is read from the rows. The day on which a box is fetched is one day, wherever it is read.

use std::collections::BTreeMap;

use boxrota::base::ids::{BookingId, LegId, SchoolId};
use chrono::NaiveDate;
use scraper::{ElementRef, Html, Node, Selector};

use crate::attention::copy;
use crate::every_page::walk;
use crate::harness::{Bursar, Chance, Coordinator, Page, Person, Ssl, TestApp, Wish, truth};
use crate::week::seen;

stories!(
    a_box_that_was_found_at_a_school_is_there_on_every_page,
    the_day_to_fetch_is_one_day,
    a_moved_handover_moves_its_entry,
    late_comes_first_on_the_copys_page,
    every_tag_stands_beside_its_facts
);

/// What is written beside a tag: place, state, days, what is missing.
type Beside = [String; 4];

/// The facts of a cluster's copies by tag, and of its bookings by id, read from the rows.
struct Facts {
    copies: BTreeMap<String, Beside>,
    loans: BTreeMap<String, (String, Beside)>,
}

/// What a state that only the school days can tell is written as: a journey may or may not take too long.
const EITHER: &str = "at-risk or confirmed";

impl Facts {
    fn read(app: &TestApp) -> Self {
        let today = app.clock.now().date_naive();
        let rows = app.raw().texts(
            "SELECT p.tag || '|' || p.state || '|' || k.place || '|' || CAST(k.school_id AS TEXT) || '|' || CAST(COALESCE(k.to_school_id, 0) AS TEXT) || '|'
                 || CAST(COALESCE(k.booking_id, 0) AS TEXT) || '|' || COALESCE(CAST(b.first_day AS TEXT), '') || '|' || COALESCE(CAST(b.last_day AS TEXT), '') || '|'
                 || k.short_essentials AS t
             FROM copies p JOIN clusters c ON c.id = p.cluster_id JOIN custody k ON k.cluster_id = p.cluster_id AND k.copy_id = p.id
             LEFT JOIN bookings b ON b.cluster_id = k.cluster_id AND b.id = k.booking_id
             WHERE c.slug = 'ashdale'",
        );
        let (mut copies, mut whole) = (BTreeMap::new(), BTreeMap::new());
        for row in rows {
            let row: Vec<String> = row.split('|').map(str::to_owned).collect();
            let id = |n: usize| SchoolId(row[n].parse().expect("an id"));
            let to = if row[4] == "0" { String::new() } else { format!(" {}", id(4)) };
            let place = format!("{} {}{to}", row[2], id(3));
            let last: Option<NaiveDate> = row[7].parse().ok();
            let state = match (row[2].as_str(), last, row[1].as_str()) {
                ("missing", ..) => "missing",
                ("transit", ..) => "on-its-way",
                ("school", Some(last), _) if last < today => "late",
                ("school", Some(_), _) => "out",
                ("school", None, _) => "without-booking",
                (_, _, "repair") => "repair",
                (_, _, "retired") => "retired",
                _ => "in-store",
            };
            let days = if row[7].is_empty() { String::new() } else { format!("{}/{}", row[6], row[7]) };
            copies.insert(row[0].clone(), [place, state.to_owned(), days, row[8].clone()]);
            whole.insert(row[0].clone(), row);
        }
        let rows = app.raw().texts(
            "SELECT CAST(b.id AS TEXT) || '|' || p.tag || '|' || b.state || '|' || CAST(b.first_day AS TEXT) || '|' || CAST(b.last_day AS TEXT) || '|'
                 || COALESCE(CAST(b.collected_on AS TEXT), '') || '|' || COALESCE(CAST(b.returned_on AS TEXT), '') || '|' || CAST(b.school_id AS TEXT) || '|'
                 || COALESCE(CAST(b.offer_until AS TEXT), '') || '|' || b.kind AS t
             FROM bookings b JOIN copies p ON p.cluster_id = b.cluster_id AND p.id = b.copy_id JOIN clusters c ON c.id = b.cluster_id
             WHERE c.slug = 'ashdale'",
        );
        let mut loans = BTreeMap::new();
        for row in rows {
            let row: Vec<&str> = row.split('|').collect();
            let of: &Vec<String> = &whole[row[1]];
            let (first, last): (NaiveDate, NaiveDate) = (row[3].parse().expect("a day"), row[4].parse().expect("a day"));
            let out = !row[5].is_empty() && row[6].is_empty();
            let late_elsewhere =
                of[2] == "school" && of[5] != row[0] && of[3] != row[7] && of[7].parse::<NaiveDate>().is_ok_and(|last| last < today);
            let loan = row[9] == "loan";
            let risky = late_elsewhere || (loan && (of[2] == "missing" || of[1] != "in_service" || !of[8].is_empty()));
            let state = match row[2] {
                "declined" => "declined",
                "cancelled" => "cancelled",
                _ if out && last < today && row[2] == "confirmed" => "late",
                _ if !row[6].is_empty() => "returned",
                _ if out => "out",
                "requested" if !row[8].is_empty() => "offered",
                "requested" if first < today => "not-answered",
                "requested" => "waiting",
                _ if last < today => "over",
                _ if risky => "at-risk",
                _ if loan && of[2] == "transit" => EITHER,
                _ => "confirmed",
            };
            let id = BookingId(row[0].parse().expect("an id")).to_string();
            let beside = [copies[row[1]][0].clone(), state.to_owned(), format!("{first}/{last}"), of[8].clone()];
            loans.insert(id, (row[1].to_owned(), beside));
        }
        Self { copies, loans }
    }

    /// What is wrong on a page.
    fn faults(&self, page: &Page) -> Vec<String> {
        if !page.header("content-type").starts_with("text/html") {
            return Vec::new();
        }
        let html = Html::parse_document(&page.text);
        let mut faults = Vec::new();
        for element in html.select(&Selector::parse("[data-copy]").expect("a selector")) {
            let said = |name: &str| element.attr(name).unwrap_or("(nothing)").to_owned();
            let beside = [said("data-place"), said("data-state"), said("data-days"), said("data-missing")];
            let tag = said("data-copy");
            let known = match element.attr("data-loan") {
                Some(loan) => self.loans.get(loan).filter(|(of, _)| *of == tag).map(|(_, beside)| beside),
                None => self.copies.get(&tag),
            };
            let same = |known: &Beside| {
                let either = known[1] == EITHER && EITHER.split(" or ").any(|state| state == beside[1]);
                (either || known[1] == beside[1]) && (&known[0], &known[2], &known[3]) == (&beside[0], &beside[2], &beside[3])
            };
            if !known.is_some_and(same) {
                faults.push(format!("{}: {tag} is said to be {beside:?}, and is {known:?}", page.path));
            }
        }
        for node in html.tree.nodes() {
            let Node::Text(text) = node.value() else { continue };
            for tag in self.copies.keys().filter(|tag| has_word(text, tag)) {
                let mut above = node.ancestors().filter_map(ElementRef::wrap);
                if !above.any(|element| element.attr("data-copy") == Some(tag) || may_name_it(element)) && !is_record(&page.path) {
                    faults.push(format!("{}: {tag} stands alone in {:?}", page.path, text.trim()));
                }
            }
        }
        faults
    }
}

/// What may name a copy without its facts: a page's title and heading, the way back to it, what is said to a screen reader of a button
/// or link, buttons, and what happened in the past.
fn may_name_it(element: ElementRef<'_>) -> bool {
    let is = |class: &str| element.value().classes().any(|one| one == class);
    ["title", "h1", "button", "script"].contains(&element.value().name()) || is("back") || is("vh") || element.attr("data-record").is_some()
}

/// Pages that say what was: the change log, e-mails that were sent, handovers, a copy's history.
fn is_record(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or(path);
    ["/changes", "/mail", "/handovers/"].iter().any(|part| path.contains(part)) || path.ends_with("/history")
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric()).any(|one| one == word)
}

/// Every page that each of these people finds by links says what the rows say.
async fn compare(app: &TestApp, people: &[&Person]) {
    let facts = Facts::read(app);
    let mut faults = Vec::new();
    let mut copies = 0;
    for person in people {
        let mut pages: Vec<Page> = walk(app, person).await.into_values().map(|(page, _)| page).collect();
        for tag in facts.copies.keys() {
            pages.push(person.get(&format!("/copies/{}", copy(app, tag))).await);
        }
        for page in &pages {
            copies += Html::parse_document(&page.text).select(&Selector::parse("[data-copy]").expect("a selector")).count();
            faults.extend(facts.faults(page));
        }
    }
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{} of {copies}:\n{}", faults.len(), faults.join("\n"));
    assert!(copies > 30, "only {copies} copies were looked at");
}

async fn a_box_that_was_found_at_a_school_is_there_on_every_page(app: TestApp) {
    let (beech, coordinator) = (app.ssl("Beech").await, app.coordinator().await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-25")).await;
    app.letters().await;
    beech.browser.submit(&beech.browser.open(&booking).await.form("/collected")).await.is(303);
    let token = coordinator.open("/week").await.form("/sign-out").value("csrf").to_owned();
    let press = async |word: &str, field: (&str, &str)| {
        let at = format!("/c/ashdale/attention/{}/{word}", copy(&app, "MG1"));
        let fields = [("csrf".to_owned(), token.clone()), (field.0.to_owned(), field.1.to_owned())];
        coordinator.browser.post(&at, &fields).await.is(303);
    };
    press("missing", ("sure", "yes")).await;
    press("found", ("at", "school")).await;
    app.letters().await;
    for path in ["/boxes", &format!("/boxes/{magnets}"), &format!("/copies/{}", copy(&app, "MG1"))] {
        let page = beech.open(path).await.says("At Beech").says_not("In store at Ash, free");
        assert!(Facts::read(&app).faults(&page).is_empty(), "{path}");
    }
    let row = beech.open("/calendar?view=term").await;
    let rows: Vec<String> = row.all("li.r").into_iter().filter(|row| row.contains("Magnets")).collect();
    assert!(rows[0].contains("Beech, not booked") && !rows[0].contains("free now"), "{rows:?}");
    compare(&app, &[&*beech, &*coordinator]).await;
}

/// Lines of a calendar file as they were before folding.
fn lines(file: &str) -> Vec<String> {
    file.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
}

/// The entries of a file, each with its lines.
fn entries(file: &str) -> Vec<Vec<String>> {
    let lines = lines(file);
    lines.split(|line| line == "BEGIN:VEVENT").skip(1).map(<[String]>::to_vec).collect()
}

/// The address of a person's feed.
async fn feed(app: &TestApp, person: &Person) -> String {
    let page = person.browser.send(&person.open("/feeds").await.form("/feeds")).await;
    let address = page.attributes("input[data-select]", "value").remove(0);
    address.strip_prefix(&app.origin).map_or_else(|| url::Url::parse(&address).expect("an address").path().to_owned(), str::to_owned)
}

async fn the_day_to_fetch_is_one_day(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    ash.books(&Wish::of(&magnets, "2026-11-23", "2026-12-01")).await;
    app.letters().await;
    // Its use begins on Monday week; it is fetched when Ash has done with it.
    let booking = beech.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    let letters = app.letters().await;
    let letter = letters.iter().find(|one| one.kind == "booking_reserved").expect("the confirmation");
    let contact = "(Science lead, Ash, science.lead@ash.example)";
    let fetch = format!("Tue 1 December from Ash {contact}");
    let used = "from Monday 7 December 2026 to Friday 11 December 2026";
    let home = format!("Fri 11 December to the store at Ash {contact}");
    let address = feed(&app, &beech).await;
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [format!("Fetch: {fetch}"), format!("Use it: {used}"), format!("Hand it over: {home}")] {
        assert!(folded(&letter.text).contains(&words), "{words} is not in\n{}", letter.text);
        assert!(
            folded(&beech.browser.open(&booking).await.words()).contains(&words.replacen(':', "", 1)),
            "{words} is not on the loan's page"
        );
        let entry = letter.calendar.as_ref().expect("an entry").text.clone();
        let own = beech.browser.get(&format!("{booking}/calendar.ics")).await.is(200).text;
        let fed = app.browser().get(&address).await.is(200).text;
        for file in [entry, own, fed] {
            let entry =
                entries(&file).into_iter().find(|entry| entry.iter().any(|line| line.starts_with("UID:booking-"))).expect("the loan");
            let said = entry.iter().find(|line| line.starts_with("DESCRIPTION:")).expect("a description").replace("\\,", ",");
            assert!(said.contains(&words), "{words} is not in {said}");
        }
    }
    // The week says it on that day, with whom to speak.
    app.at("2026-11-30T09:00:00Z");
    let page = beech.open("/week").await;
    assert_eq!(page.all("section[aria-labelledby=to-do] h3.day"), ["Tomorrow, Tuesday 1 December"]);
    page.says("Fetch Magnets (MG1) from Ash").says("Science lead, Ash");
}

async fn a_moved_handover_moves_its_entry(app: TestApp) {
    let (ash, beech) = (app.ssl("Ash").await, app.ssl("Beech").await);
    let magnets = app.resource("ashdale", "Magnets");
    let own = ash.books(&Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    beech.books(&Wish::of(&magnets, "2026-12-07", "2026-12-11")).await;
    app.letters().await;
    let address = feed(&app, &beech).await;
    let legs = app.raw().texts(
        "SELECT CAST(id AS TEXT) AS t FROM legs WHERE state = 'planned' AND from_booking_id IS NOT NULL AND to_booking_id IS NOT NULL",
    );
    let uid = format!("UID:handover-{}@boxrota", LegId(legs[0].parse().expect("an id")));
    let entry = async || {
        let file = app.browser().get(&address).await.is(200).text;
        let uids: Vec<String> = lines(&file).into_iter().filter(|line| line.starts_with("UID:")).collect();
        let mut once = uids.clone();
        once.sort();
        once.dedup();
        assert_eq!(uids.len(), once.len(), "somebody sees it twice");
        let mut of = entries(&file).into_iter().filter(|entry| entry.contains(&uid));
        let found = of.next().expect("the handover");
        let said = |name: &str| found.iter().find(|line| line.starts_with(name)).cloned().unwrap_or_default();
        (said("DTSTART"), said("SEQUENCE"), said("SUMMARY"))
    };
    let (day, first, words) = entry().await;
    assert_eq!((day.as_str(), words.as_str()), ("DTSTART;VALUE=DATE:20261204", "SUMMARY:Fetch Magnets (MG1) from Ash"));
    let form = ash.browser.open(&format!("{own}/change")).await.form("/change").set("to", "2026-12-03");
    ash.browser.submit(&form).await.is(303);
    app.letters().await;
    let (day, later, _) = entry().await;
    let number = |line: &str| line.trim_start_matches("SEQUENCE:").parse::<u32>().expect("a number");
    assert_eq!(day, "DTSTART;VALUE=DATE:20261203");
    assert!(number(&later) > number(&first), "{first} and then {later}");
}

async fn late_comes_first_on_the_copys_page(app: TestApp) {
    let (beech, cedar) = (app.ssl("Beech").await, app.ssl("Cedar").await);
    let magnets = app.resource("ashdale", "Magnets");
    let booking = beech.books(&Wish::of(&magnets, "2026-11-23", "2026-11-25")).await;
    cedar.books(&Wish::of(&magnets, "2026-11-30", "2026-12-04")).await;
    app.letters().await;
    let path = format!("/copies/{}", copy(&app, "MG1"));
    // Before it is fetched nobody reads that there is nothing to do, where somebody is next.
    for person in [&*beech, &*cedar, &*app.coordinator().await] {
        person.open(&path).await.says("Beech fetches it from the store at Ash").says_not("Nothing to do now");
    }
    beech.browser.submit(&beech.browser.open(&booking).await.form("/collected")).await.is(303);
    app.at("2026-11-27T09:00:00Z");
    seen(&app);
    let page = cedar.open(&path).await.says("Cedar fetches it from Beech");
    assert_eq!(page.all("main .banner.bad h2"), ["Late: it was due back on Wednesday 25 November 2026"]);
    assert_eq!(page.all("main .head .pill"), ["Late"]);
    let (late, rest) = (page.words().find("Late: it was due back"), page.words().find("Where it is"));
    assert!(late.is_some() && late < rest, "late comes first");
}

/// Does something that a page offers: books, presses a button of the loans, hands over, counts, loses, finds.
async fn something(app: &TestApp, chance: &mut Chance, leads: &[Ssl], coordinator: &Coordinator) {
    let who = chance.pick(leads);
    let tags = ["SO1", "SO2", "MG1", "MI1"];
    let tag = *chance.pick(&tags);
    match chance.below(7) {
        0 | 1 => {
            let title = *chance.pick(&["Sound", "Magnets", "Microscope"]);
            let monday = app.clock.now().date_naive() + chrono::TimeDelta::days(7 * i64::try_from(chance.below(4)).unwrap());
            let monday = monday.week(chrono::Weekday::Mon).first_day() + chrono::TimeDelta::days(i64::try_from(chance.below(3)).unwrap());
            let from = monday.max(app.clock.now().date_naive());
            let to = from + chrono::TimeDelta::days(i64::try_from(chance.below(3)).unwrap());
            let wish = Wish::of(&app.resource("ashdale", title), &from.to_string(), &to.to_string());
            let query = wish.to_be_checked();
            let page = who.get(&query).await;
            if let Some(form) = page.forms("/reserve").into_iter().next().filter(|_| page.status == 200) {
                who.browser.submit(&form).await;
            }
        }
        2 => {
            let links = who.open("/loans").await.attributes("main a[href*='/bookings/']", "href");
            if !links.is_empty() {
                let page = who.browser.get(chance.pick(&links).as_str()).await;
                let forms: Vec<_> = ["/collected", "/returned"].iter().flat_map(|word| page.forms(word)).collect();
                if let Some(form) = forms.first() {
                    who.browser.submit(form).await;
                }
            }
        }
        3 | 4 => {
            let side = *chance.pick(&["give", "receive"]);
            let page = who.get(&format!("/copies/{}/{side}", copy(app, tag))).await;
            if page.status == 200 {
                for form in page.forms(&format!("/{side}")) {
                    who.browser.submit(&form.tampered("how", "all_there")).await;
                }
            }
        }
        5 => {
            let page = who.get(&format!("/copies/{}/count", copy(app, tag))).await;
            if page.status == 200 {
                for form in page.forms("/count") {
                    let fork = form.names().iter().find(|name| name.starts_with("n-")).cloned().expect("a durable line");
                    let line = fork.trim_start_matches("n-").to_owned();
                    let form = form.without(&format!("there-{line}")).set(&fork, "4").set(&format!("why-{line}"), "missing");
                    who.browser.submit(&form.tampered("how", "lines")).await;
                }
            }
        }
        _ => {
            let page = coordinator.open("/inbox").await;
            let forms: Vec<_> = ["/missing", "/found"].iter().flat_map(|word| page.forms(word)).collect();
            if forms.is_empty() {
                if let Some(form) = page.forms("/approve").first() {
                    coordinator.browser.submit(form).await;
                }
            } else {
                coordinator.browser.submit(chance.pick(&forms)).await;
            }
        }
    }
}

async fn every_tag_stands_beside_its_facts(app: TestApp) {
    let leads = [app.ssl("Ash").await, app.ssl("Beech").await, app.ssl("Cedar").await];
    let (coordinator, head) = (app.coordinator().await, Bursar::new(&app, "ashdale", "head@ashdale.example").await);
    let people: [&Person; 4] = [&leads[0], &leads[1], &coordinator, &head];
    let mut chance = Chance(20_261_130);
    compare_nothing_yet(&app, &people).await;
    for day in ["2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "2026-12-09T09:00:00Z"] {
        app.at(day);
        for _ in 0..24 {
            something(&app, &mut chance, &leads, &coordinator).await;
        }
        app.letters().await;
        truth::holds(&mut app.raw());
        seen(&app);
        compare(&app, &people).await;
    }
    let moved = app.raw().number("SELECT count(*) AS n FROM custody_chain");
    assert!(moved > 12, "only {moved} links: nothing happened");
}

/// Before anything has happened, too.
async fn compare_nothing_yet(app: &TestApp, people: &[&Person]) {
    let facts = Facts::read(app);
    assert!(facts.loans.is_empty() && facts.copies.values().all(|beside| beside[1] == "in-store"), "{:?}", facts.copies);
    compare(app, people).await;
}
