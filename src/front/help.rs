//! Help, and the accessibility statement: pages for anyone, with or without an account. Whoever is signed in keeps the header.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use crate::people::member;
use crate::web::App;
use crate::web::page::{self, Around};

/// `GET /help`. Whoever is in a cluster gets links to the pages that it speaks of.
pub async fn help(app: web::Data<App>, req: HttpRequest) -> HttpResponse {
    let around = around(&req).await;
    let at = |path: &str, words: &str| match &around {
        Around::Cluster(shell) => html! { a href={ (shell.base) "/" (path) } { (words) } },
        Around::Own(_) | Around::Nobody => html! { b { (words) } },
    };
    let account = |path: &str, words: &str| match &around {
        Around::Nobody => html! { b { (words) } },
        Around::Own(_) | Around::Cluster(_) => html! { a href={ "/account" (path) } { (words) } },
    };
    let body = html! {
        div.head { div { h1 { "Help" } p { "How to reserve a box, hand it over, and what happens then" } } }
        div.panel.card.prose {
            h2 { "Reserve a box" }
            ol {
                li { "Open the " (at("calendar", "Calendar")) " and choose a free gap (the plus sign), or open " (at("boxes", "Boxes")) ", find one and choose " b { "Reserve" } "." }
                li { "Choose a week, a half-term or two days. Only days on which your school is open are offered." }
                li { "Say which class it is for, check your answers, and press " b { "Reserve" } "." }
                li { "You get an e-mail with a calendar entry. Nobody else can have the box on your days." }
            }
            h2 { "Change your mind" }
            p { "Open " (at("week", "This week")) ", then " (at("loans", "All your loans")) ", choose the loan, then change its dates, end it earlier, or cancel it with a reason. Your old days become free only when the new ones are yours." }
            h2 { "When somebody else has it" }
            p { "The page says which school has the box and offers the nearest free days, other copies and similar boxes. One click takes you there." }
            h2 { "The waiting list" }
            p { "Do you need exactly the days that somebody else has? Join the " (at("waits", "waiting list")) " there. When the days become free, they are offered to one school at a time, in the order of asking. You get an e-mail, and nobody else can take the days until you answer or the time for it is over. Your places stand under " (at("loans", "All your loans")) "." }
            h2 { "Hand a box over" }
            ol {
                li { "Scan the code on the lid with your phone, or " a href="/b" { "type it" } "; " (at("week", "This week")) " leads there, too." }
                li { "When it leaves you: press " b { "Hand it over" } " and count. One tap says that everything is there; untick what is not, and say why." }
                li { "When it reaches you: press " b { "I have received it" } ", count and receive it. You see what the other school counted; both counts are kept." }
                li { "No connection in the cupboard? Count all the same: your phone keeps it until it can be sent." }
                li { "You both get a receipt by e-mail." }
            }
            p { "Boxrota plans the day and who travels. Does it not suit you? Open the handover in " (at("week", "This week")) " and suggest another day or way, or a " (at("meetings", "meeting of the cluster")) "; the other school answers with one tap, and your bookings stay as they are." }
            h2 { "Reminders" }
            p { "Both schools are reminded a week before a box changes hands, and on the last school day before. Under your name, choose " (account("", "My account")) ", then " (account("/letters", "E-mails")) ", to get less, or once a day or a week." }
            h2 { "Boxes that need approval" }
            p { "Some boxes are lent after the coordinator has agreed. Your request holds its days while you wait." }
            h2 { "Late and at risk" }
            p { "A box that is not back after its last day is late. The loans after it are not cancelled; they are marked " i { "at risk" } ", with the reason." }
            @if matches!(&around, Around::Cluster(shell) if shell.inbox.is_some()) {
                h2 { "Your inbox" }
                p { "Requests, what is late, missing or short, what was found, who was invited: all that waits for you stands in the " (at("inbox", "Inbox")) ", the most urgent first, and the menu says how much it is." }
            }
            h2 { "Your calendar" }
            p { "Under your name, choose " (at("feeds", "Calendar feeds")) " to see your school's loans in Outlook, Google Calendar or on your phone. The address is private: renew it when somebody else has seen it." }
            h2 { "People, the school year, rules" }
            p { "Who is at which school and how to reach them stands under " (at("people", "Cluster")) ", with the " (at("terms", "school year")) " and the " (at("meetings", "meetings")) " beside it." }
            h2 { "A new cluster" }
            p { "Schools, people, terms, boxes and the loans there are already come from files that a coordinator fills in with a spreadsheet. Whoever runs Boxrota loads them; its documentation describes them in “Importing a cluster”." }
            h2 { "Signing in" }
            p { "There is no password. Type your school e-mail address, open the link we send you, press the button. The link works once and for 15 minutes." }
            p { "No mail? Look into the junk folder. Still nothing? Ask your coordinator whether your address is right." }
        }
    };
    answer(&app, &around, "Help", &body)
}

/// `GET /accessibility`.
pub async fn accessibility(app: web::Data<App>, req: HttpRequest) -> HttpResponse {
    let around = around(&req).await;
    let body = html! {
        div.head { h1 { "Accessibility statement" } }
        div.panel.card.prose {
            p { "Boxrota should work for everybody: with a keyboard, a screen reader, large text, high contrast, on a small phone, and with JavaScript switched off." }
            h2 { "What we do" }
            ul {
                li { "We follow the Web Content Accessibility Guidelines 2.2, level AA." }
                li { "Every loan and every free gap in the calendar is a link with a full description. Dragging is never needed: the same days can be chosen from two lists." }
                li { "Status is never shown by colour alone." }
                li { "Text can be enlarged to 200 %; pages need no sideways scrolling at a width of 320 pixels." }
                li { "The List view of the calendar shows the same as the Term view, as a plain table." }
            }
            h2 { "How it is checked" }
            p { "Each change is tested automatically at four screen widths, in light and dark colours. That finds many faults, but not all; it has not been audited by an independent body." }
            h2 { "Tell us" }
            p { "If something does not work for you, tell the coordinator of your cluster, who can pass it on to the people who run Boxrota." }
        }
    };
    answer(&app, &around, "Accessibility statement", &body)
}

async fn around(req: &HttpRequest) -> Around {
    member::around(req).await.unwrap_or(Around::Nobody)
}

/// Whoever is signed in has his own header on it, so nobody else may keep the page.
fn answer(app: &App, around: &Around, title: &str, body: &Markup) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::VARY, "Cookie"))
        .body(page::around(around, title, app.site.demo, body).into_string())
}
