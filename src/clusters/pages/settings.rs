//! The rules of the cluster, each with what it means and its default, on one form. `/c/{cluster}/settings`.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::clusters::longest::Longest;
use crate::clusters::settings::{All, Typed};
use crate::clusters::store;
use crate::people::pages::tabs::{Tab, tabs};
use crate::people::{Coordinator, Member};
use crate::web::answer::{html_page, refused, see_other};
use crate::web::forms::{Errors, choice, error_summary, field, radios, submit};
use crate::web::guard::Posted;
use crate::web::page::{Nav, form_page};
use crate::web::parts::{Tone, banner, head};
use crate::web::{App, Error};

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ask {
    done: String,
}

/// Shows the settings.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, member: Coordinator, ask: web::Query<Ask>) -> Result<HttpResponse, Error> {
    let all = app.db.read(member.scope(), |tx| Ok::<_, Error>(store::all_settings(tx)?)).await?;
    let said = match ask.done.as_str() {
        "saved" => {
            banner(Tone::Good, "The rules are changed", html! { p { "They hold from now on. Bookings that stand stay as they are." } })
        }
        "same" => banner(Tone::Plain, "Nothing was changed", html! { p { "The rules are what they were." } }),
        _ => html! {},
    };
    Ok(html_page(form(&member, &Typed::from(&all), &Errors::new(), &said)))
}

/// Changes the settings.
///
/// # Errors
/// When the database cannot be written.
pub async fn save(app: web::Data<App>, member: Coordinator, sent: Posted<Typed>) -> Result<HttpResponse, Error> {
    let to = match sent.0.read() {
        Ok(to) => to,
        Err(wrong) => {
            let mut errors = Errors::new();
            // In the order of the form.
            for name in ORDER {
                wrong.iter().filter(|(field, _)| *field == name).for_each(|(field, words)| errors.add(field, words.clone()));
            }
            return Ok(refused(form(&member, &sent.0, &errors, &html! {})));
        }
    };
    let changed = app.db.write(member.scope(), move |tx| Ok::<_, Error>(store::set_all_settings(tx, &to)?)).await?;
    Ok(see_other(&format!("{}/settings?done={}", member.base(), if changed > 0 { "saved" } else { "same" })))
}

/// The fields as they stand on the page.
const ORDER: [&str; 15] = [
    "longest_loan_unit",
    "longest_loan_days",
    "furthest_ahead_days",
    "shortest_notice_days",
    "most_live_bookings",
    "turnaround_days",
    "approval_needed",
    "non_school_days",
    "mail_from_hour",
    "mail_to_hour",
    "transit_days",
    "offer_days",
    "undo_minutes",
    "asset_threshold",
    "electrical_test_months",
];

fn form(member: &Member, typed: &Typed, errors: &Errors, said: &Markup) -> Markup {
    let usual = Typed::from(&All::default());
    let number = |name: &str, label: &str, value: &str, means: &str, default: &str| {
        field(name, label, value).hint(&format!("{means} Default: {default}.")).number().text(errors)
    };
    let yes_no = |name: &str, legend: &str, means: &str, chosen: &str| {
        radios(name, legend, &format!("{means} Default: no."), chosen, errors, &[choice("yes", "Yes"), choice("no", "No")])
    };
    let hours = |from: u32| (from..from + 24).map(|hour| (hour.to_string(), format!("{hour}:00"))).collect::<Vec<_>>();
    let main = html! {
        (head("Rules", "What holds for every booking of this cluster. Each change is written into the change log.", html! {}))
        (tabs(member, Tab::Rules))
        (said)
        (error_summary(errors))
        form.panel.card.form method="post" action={ (member.base()) "/settings" } {
            (member.csrf_field())
            h2 { "Booking" }
            p { "Boxrota uses these already, from the moment you change them. A coordinator may set a rule aside for one booking, with a reason." }
            (radios("longest_loan_unit", "Longest loan", "A half-term and a term are those of the school that borrows. Default: a half-term.",
                &typed.longest_loan_unit, errors, &Longest::UNITS.map(|(unit, words)| choice(unit, words))))
            (field("longest_loan_days", "How many school weeks or days", &typed.longest_loan_days)
                .hint("Only for school weeks and days. Weeks in which a school is closed do not count; days count weekends.").number().text(errors))
            (number("furthest_ahead_days", "Furthest ahead, in days", &typed.furthest_ahead_days,
                "How many days from today a loan may end. Leave it empty for the end of the next school year.", "empty"))
            (number("shortest_notice_days", "Shortest notice, in school days", &typed.shortest_notice_days,
                "The first day of a loan is at least so many school days after the day of booking.", &usual.shortest_notice_days))
            (number("most_live_bookings", "Most loans of a school at the same time", &typed.most_live_bookings,
                "Loans count together only where they share a day, so that a whole year can be planned. A late box counts until it is back.", &usual.most_live_bookings))
            (number("turnaround_days", "Turnaround, in days", &typed.turnaround_days,
                "Days kept free after a loan, to check and refill the box. A box may have its own number.", &usual.turnaround_days))
            (yes_no("approval_needed", "Does every booking need your approval?",
                "A booking is then a request first, and holds its days while it waits. A box can ask for approval on its own.", &typed.approval_needed))
            (yes_no("non_school_days", "May a loan start or end on a day without school?",
                "If not, its days move to the school days inside them.", &typed.non_school_days))
            h2 { "Handing on and reminders" }
            p { "Boxrota uses these already, too. A reminder that falls outside these hours goes out when they begin." }
            (field("mail_from_hour", "Reminders from", &typed.mail_from_hour).hint("No reminder goes out before this hour. Default: 7:00.").select(errors, &hours(0)))
            (field("mail_to_hour", "Reminders until", &typed.mail_to_hour).hint("No reminder goes out after this hour. Default: 19:00.").select(errors, &hours(1)))
            (number("transit_days", "Longest time on the way, in school days", &typed.transit_days,
                "When nobody has confirmed after so many school days that a box has arrived, both schools and you get an e-mail.", &usual.transit_days))
            (number("offer_days", "Time for an offer of the waiting list, in school days", &typed.offer_days,
                "When days become free, they are held for the first school on the waiting list for so long. Then the next one is asked.", &usual.offer_days))
            (number("undo_minutes", "Time to undo, in minutes", &typed.undo_minutes,
                "Who cancels, moves or declines something can undo it for so long. Until then its days stay held, and nobody is told. 0 means that it happens at once.", &usual.undo_minutes))
            h2 { "Kept for later" }
            p { "Boxrota keeps these for purchases and checks, which are still to come. Nothing uses them yet." }
            (field("asset_threshold", "Asset register from", &typed.asset_threshold)
                .hint(&format!("What costs this much or more belongs into the asset register. In pounds, like 100 or £100.00. Default: {}.", usual.asset_threshold))
                .width("w10").text(errors))
            (number("electrical_test_months", "Months between electrical tests", &typed.electrical_test_months,
                "How long a test of something with a plug is good for.", &usual.electrical_test_months))
            (submit("Save the rules"))
        }
    };
    form_page(&member.shell(Nav::Cluster), "Rules", !errors.is_empty(), &main)
}
