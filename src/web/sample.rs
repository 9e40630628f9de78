//! A page with one of every part, written to a folder when `BOXROTA_SAMPLE_DIR` names one: to look at, and to check for accessibility.

use std::path::PathBuf;

use actix_web::ResponseError;
use actix_web::body::MessageBody;
use maud::{Markup, PreEscaped, html};

use super::forms::{
    Errors, Week, checkbox, choice, csrf_field, dates, day_month_year, day_select, error_summary, field, radios, stop, submit,
};
use super::page::{Nav, Shell, form_page, outside, page};
use super::parts::{
    Fact, Tone, banner, confirmation, details, empty, facts, head, icon, pagination, pill, row, strand_icon, summary, table, tag,
};
use super::{Error, assets, parts};
use crate::base::days;

fn shell() -> Shell {
    Shell {
        base: "/c/south-milford".into(),
        cluster: "South Milford cluster".into(),
        person: "Science lead".into(),
        place: "Saxton CE Primary School".into(),
        week: true,
        inbox: None,
        coordinator: true,
        csrf: "token".into(),
        others: vec![("/c/north".into(), "North Selby".into())],
        demo: true,
        nav: Nav::Boxes,
    }
}

fn form() -> Markup {
    let mut errors = Errors::one("to", "Return date must be at least 1 school day after the collection date");
    errors.add("class", "Enter the class, for example Year 4");
    let day = |text: &str| days::parse_iso(text).unwrap_or_default();
    let weeks = [Week {
        name: "Week of 23 November".into(),
        days: vec![(day("2026-11-26"), "Thu 26 November".into()), (day("2026-11-27"), "Fri 27 November".into())],
    }];
    html! {
        (head("Reserve Electricity", "Free from Thursday 26 November to Friday 18 December 2026", html! {}))
        div.side {
            section.panel.card { div.form {
                (error_summary(&errors))
                form method="post" action="/" novalidate {
                    (csrf_field("token"))
                    (dates("Loan dates", "Only days when schools are open", "from", "to", &errors, html! {
                        (day_select("from", "Use it from", None, &weeks, &errors)) (day_select("to", "Use it until", Some(day("2026-11-26")), &weeks, &errors))
                    }))
                    (field("class", "Class or year group", "").hint("For example, Year 4 or Kestrels").text(&errors))
                    (field("pupils", "Pupils expected", "30").optional().number().text(&errors))
                    (field("purpose", "What for", "").optional().area(&errors))
                    (field("school", "For which school", "b").select(&errors, &[("a".into(), "Saxton".into()), ("b".into(), "Brayton".into())]))
                    (radios("copy", "Which copy", "Both are the same", "b", &errors, &[choice("a", "Any that is free"), choice("b", "EL2, now at Kellington")]))
                    (checkbox("override", "Book in spite of the rule", "The reason is kept", false, &errors))
                    (day_month_year("until", "Until", "For example, 31 8 2027", ["31", "8", ""], &errors))
                    div.acts { (submit("Check and confirm")) (stop("Cancel this loan")) }
                }
            } }
            div.stack {
                section.panel.card { h2 { "Check your answers" } (summary(&[
                    row("Box", "Electricity").change("/x", "the box"), row("Dates", "26 November to 4 December 2026").change("/x", "the dates"), row("Class", "Year 4")])) }
                section.panel { (empty("calendar-plus", "No loans yet", "The boxes you reserve will be listed here, this week's handovers first.", Some(("/x", "Find a box")))) }
            }
        }
    }
}

fn kit() -> Markup {
    html! {
        (confirmation("Electricity is reserved", html! { p { "5 to 16 October 2026, for Year 4. The confirmation is on its way to you." } }))
        (head("Boxes", "16 boxes shared by 9 schools", html! { a.btn href="/" { (icon("printer")) "Print" } }))
        (facts(&[
            Fact { tone: Tone::Bad, symbol: "triangle-alert", words: "1 box late".into(), href: "/l".into() },
            Fact { tone: Tone::Warn, symbol: "clock", words: "2 requests to approve".into(), href: "/r".into() },
            Fact { tone: Tone::Good, symbol: "check", words: "6 boxes free today".into(), href: String::new() }]))
        (banner(Tone::Warn, "This loan is at risk", html! { p { "Kellington has not yet returned the box. It was due on Friday 9 October." } }))
        (banner(Tone::Bad, "Refused", html! { p { "Brayton has it from 5 to 16 October." } }))
        ul.cards {
            @for (strand, symbol, name) in [("phys", "zap", "Electricity"), ("bio", "sprout", "Plants"), ("chem", "flask-conical", "Materials and their properties")] {
                li.panel {
                    div.title { (strand_icon(strand, symbol)) h2 { a href="/b" { (name) } } }
                    p { "Years 4 and 6 · 24 items" }
                    (tag(Tone::Good, "check", "Free from today"))
                    div.foot-row { (pill(Tone::Plain, "2 copies")) (pill(Tone::Warn, "Needs approval")) }
                }
            }
        }
        section.panel.card {
            h2 { "Contents" }
            (table("Contents", &["Item", "#Expected", "Care"], html! { tr { td { "Crocodile clip leads" } td.n { "30" } td { "" } } tr.rej { td { "Buzzers" } td.n { "10" } td { "3 V only" } } }))
            (pagination(6, 20, |n| format!("?page={n}")))
            (details("Show the history", html! { p { "Nothing yet." } }))
        }
        section.panel {
            (parts::table_or_cards("Loans", &["Dates", "Box", "Status"], html! {
                tr { th scope="row" { "5 to 16 October 2026" } td data-h="Box" { "Electricity" } td data-h="Status" { (pill(Tone::Good, "Confirmed")) } }
            }))
        }
    }
}

/// The page that an error is answered with.
fn served(fault: &Error) -> Markup {
    let body = fault.error_response().into_body().try_into_bytes().unwrap_or_default();
    PreEscaped(String::from_utf8(body.to_vec()).unwrap_or_default())
}

#[test]
fn one_of_every_part_makes_whole_pages() {
    let pages = [
        ("form", form_page(&shell(), "Reserve", true, &form())),
        ("kit", page(&shell(), "Boxes", &kit())),
        ("sign-in", outside("Sign in", true, false, &html! { (head("Sign in", "We send you a link by e-mail.", html! {})) })),
        ("not-found", served(&Error::NotFound)),
        ("fault", served(&Error::Broken("nothing, this is a sample".into()))),
    ];
    for (name, page) in &pages {
        assert!(page.0.starts_with("<!DOCTYPE html>") && page.0.ends_with("</html>"), "{name}");
        assert!(!page.0.contains(" style="), "{name}");
        assert!(!page.0.contains("/assets/missing"), "{name}");
    }
    let Some(folder) = std::env::var_os("BOXROTA_SAMPLE_DIR").map(PathBuf::from) else { return };
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for (name, page) in pages {
        std::fs::write(folder.join(name).with_extension("html"), page.0).unwrap();
    }
    for (url, body) in assets::bodies() {
        std::fs::write(folder.join(url.trim_start_matches('/')), body).unwrap();
    }
}
