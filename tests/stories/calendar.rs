//! The calendar: three views, filters in the address, every loan and every free gap a link, and few questions to the database.

use crate::harness::{Coordinator, Ssl, TestApp, World, science_lead};

stories!(
    a_term_shows_loans_and_free_gaps_as_links,
    a_month_and_a_list_show_the_same_loans,
    filters_stay_in_the_address,
    a_week_in_which_it_must_be_free,
    terms_and_the_years_without_any,
    an_empty_cluster_says_how_to_begin,
    what_is_unchanged_is_not_sent_again,
    a_late_box_and_who_is_at_risk,
    another_cluster_is_not_there,
    the_head_of_a_school_reads_and_does_not_book,
    no_view_asks_more_than_eight_questions,
    a_hundred_boxes_stay_a_small_page,
);

/// Four copies with a loan each in every week from 7 September to the week of 9 November 2026.
async fn busy(app: &TestApp) -> Ssl {
    app.found(&World::busy(4, 40)).await;
    Ssl::new(app, "busy", &science_lead("Ash")).await
}

async fn a_term_shows_loans_and_free_gaps_as_links(app: TestApp) {
    let ash = busy(&app).await;
    let page = ash.open("/calendar").await.says("Autumn term 2026").says("15 weeks from Mon 7 Sep to Fri 18 Dec");
    assert_eq!(page.all("ul.tl > li").len(), 4);
    assert_eq!(page.all("a.bk").len(), 40);
    // The label says the school, the class, the days and how it stands.
    let label = &page.all("a.bk")[0];
    assert!(label.starts_with("Ash Year 1, 7 to 11 September, "), "{label}");
    assert!(label.ends_with("your school"), "{label}");
    // The viewer's own INSET day, 27 November, does not cut the gap from today to the end of term.
    let gap = page.links("Free").into_iter().next().expect("a free gap");
    assert!(gap.contains("/reserve?from=2026-11-23&to=2026-11-30&copy="), "five school days of Ash: {gap}");
    assert!(page.all("a.free")[0].contains("23 November to 18 December: reserve Sound"), "{:?}", page.all("a.free"));
}

async fn a_month_and_a_list_show_the_same_loans(app: TestApp) {
    let ash = busy(&app).await;
    let month = ash.open("/calendar?view=month&from=2026-09-15").await.says("September 2026");
    // The weeks of 31 August and of 28 September belong to it; the first has no loans.
    assert_eq!(month.all("section.week").len(), 5);
    assert_eq!(month.all("section.week a.bk").len(), 16);
    assert_eq!(month.attributes("a[rel=next]", "href"), ["?view=month&from=2026-10-01"]);
    let list = ash.open("/calendar?view=list").await.says("Show the 40 that are over");
    assert_eq!(list.all("tbody th a").len(), 40);
    assert_eq!(list.all("tr.sub").len(), 10, "a heading for each of ten weeks");
}

async fn filters_stay_in_the_address(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let page = ash.open("/calendar?view=term&kind=kit&q=MICRO").await.says("Microscope").says("1 of 4 boxes shown");
    assert_eq!(page.all("ul.tl > li").len(), 1);
    for link in page.attributes(".acts a", "href") {
        assert!(link.contains("kind=kit&q=MICRO"), "{link}");
    }
    ash.open("/calendar?year=1").await.says("Nothing matches these filters");
    ash.open("/calendar?year=4&topic=Sound").await.says("2 of 4 boxes shown");
    ash.open("/calendar?view=nonsense&from=2026-02-31&year=nine&topic=%3Cb%3E").await.says("Nothing matches");
}

async fn a_week_in_which_it_must_be_free(app: TestApp) {
    let ash = busy(&app).await;
    ash.open("/calendar?free=2026-11-09").await.says("Nothing matches these filters");
    ash.open("/calendar?free=2026-11-25").await.says("4 of 4 boxes shown");
}

async fn terms_and_the_years_without_any(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let mut page = ash.open("/calendar").await.says("Autumn term 2026");
    for name in ["Spring term 2027", "Summer term 2027", "Autumn term 2027"] {
        let next = page.attributes("a[rel=next]", "href").remove(0);
        page = ash.open(&format!("/calendar{next}")).await.says(name);
    }
    for far in ["2001-01-01", "2035-03-05", "2099-12-31"] {
        ash.open(&format!("/calendar?from={far}")).await.says("14 weeks from");
        ash.open(&format!("/calendar?view=month&from={far}")).await.is(200);
        ash.open(&format!("/calendar?view=list&from={far}")).await.is(200);
    }
}

async fn an_empty_cluster_says_how_to_begin(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let mut raw = app.raw();
    raw.must("UPDATE copies SET state = 'retired'");
    ash.open("/calendar").await.says("No boxes yet");
}

async fn what_is_unchanged_is_not_sent_again(app: TestApp) {
    let ash = app.ssl("Ash").await;
    let page = ash.open("/calendar").await;
    let (path, tag) = (format!("{}/calendar", ash.base), page.header("etag").to_owned());
    assert!(!tag.is_empty());
    ash.browser.get_with(&path, &[("if-none-match", &tag)]).await.is(304);
    ash.browser.get_with(&format!("{path}?view=list"), &[("if-none-match", &tag)]).await.is(200);
    app.raw().must("UPDATE clusters SET version = version + 1");
    ash.browser.get_with(&path, &[("if-none-match", &tag)]).await.is(200);
}

async fn a_late_box_and_who_is_at_risk(app: TestApp) {
    let ash = busy(&app).await;
    // The last loan of B0 has been fetched and never came back; the copy stays unavailable, wherever one turns the page.
    app.raw().must("UPDATE bookings SET collected_on = first_day WHERE first_day = '2026-11-09' AND class_name = 'Year 1'");
    let page = ash.open("/calendar").await.says("1 box late");
    let late = page.all("a.bk.late");
    assert_eq!(late.len(), 1, "{late:?}");
    assert!(late[0].contains("late"), "{late:?}");
    assert_eq!(page.all("a.free").len(), 3, "three of the four are free");
    let spring = ash.open("/calendar?from=2027-01-11").await.says("1 box late");
    assert_eq!(spring.all("ul.tl > li").len(), 4);
    let rows_with_gaps = spring.all("ul.tl > li:has(a.free)").len();
    assert_eq!(rows_with_gaps, 3);
}

async fn another_cluster_is_not_there(app: TestApp) {
    let ash = app.ssl("Ash").await;
    ash.browser.get("/c/birchwood/calendar").await.is(404);
    ash.browser.get("/c/no-such-cluster/calendar").await.is(404);
    let stranger = app.browser().get("/c/ashdale/calendar").await.is(303);
    assert_eq!(stranger.header("location"), "/sign-in?next=%2Fc%2Fashdale%2Fcalendar");
}

async fn the_head_of_a_school_reads_and_does_not_book(app: TestApp) {
    let head = Ssl::new(&app, "ashdale", "head@ashdale.example").await;
    let page = head.open("/calendar").await.says("Autumn term 2026");
    assert!(page.all("a.free, a.cta").is_empty());
}

async fn no_view_asks_more_than_eight_questions(app: TestApp) {
    let ash = busy(&app).await;
    let coordinator = Coordinator::new(&app, "busy", "coordinator@busy.example").await;
    for path in ["/calendar", "/calendar?view=month", "/calendar?view=list", "/calendar?from=2027-01-11&year=4&q=sound"] {
        for person in [&*ash, &*coordinator] {
            let before = app.app.db.queries();
            person.open(path).await;
            let asked = app.app.db.queries() - before;
            assert!((1..=8).contains(&asked), "{path} asked {asked} questions");
        }
    }
}

async fn a_hundred_boxes_stay_a_small_page(app: TestApp) {
    app.found(&World::busy(100, 500)).await;
    let ash = Ssl::new(&app, "busy", &science_lead("Ash")).await;
    let page = ash.open("/calendar").await;
    assert_eq!(page.all("a.bk").len(), 500);
    assert!(page.text.len() < 200_000, "{} bytes", page.text.len());
}
