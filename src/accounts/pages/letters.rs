//! Which letters one gets. `GET` and `POST /account/letters`.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::html;

use super::{Done, answer, top};
use crate::accounts::acts;
use crate::accounts::kinds::kinds;
use crate::mail::choices::Rhythm;
use crate::mail::store::choices;
use crate::mail::{Choice, Kind};
use crate::people::{SignedIn, store as people};
use crate::web::answer::see_other;
use crate::web::forms::{self, Errors};
use crate::web::guard::{self, Posted};
use crate::web::parts::{back, confirmation, details};
use crate::web::{App, Error};

/// Shows every kind of letter, with a box where one can choose.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(app: web::Data<App>, who: SignedIn, query: web::Query<Done>) -> Result<HttpResponse, Error> {
    let person = who.person.id;
    let (muted, rhythm) = app
        .db
        .house_read(app.clock.now(), move |house| Ok::<_, Error>((choices::muted_by(house, person)?, people::rhythm(house, person)?)))
        .await?;
    let boxes = |choice: Choice| {
        html! {
            div.picks {
                @for kind in of(choice) {
                    div.pick {
                        input type="checkbox" id=(kind.key) name=(kind.key) value="yes" checked[!muted.iter().any(|one| one == kind.key)];
                        label for=(kind.key) { (kind.name) }
                    }
                }
            }
        }
    };
    let main = html! {
        @if query.done == "saved" {
            (back("/account", "My account"))
            (confirmation("Your choice is saved", html! { p { "It holds from the next e-mail on." } }))
        } @else { (top("E-mails", "Choose which e-mails you get. Untick what you do not want.")) }
        form.panel.card.form method="post" action="/account/letters" {
            (guard::field(&who.csrf))
            fieldset.fld {
                legend { "As a science lead: when somebody else booked for your school" }
                p.hint { "You always hear of the bookings that you made yourself." }
                (boxes(Choice::AsLead))
            }
            fieldset.fld {
                legend { "As a coordinator" }
                p.hint { "When no other coordinator wants it, you get it all the same." }
                (boxes(Choice::AsCoordinator))
            }
            fieldset.fld {
                legend { "Others" }
                (boxes(Choice::Freely))
            }
            (forms::radios("rhythm", "When do you want e-mails that can wait?",
                "What can wait is listed below. All other e-mails come at once.", rhythm.into(), &Errors::new(), &[
                    forms::choice("each", "Each one at once"),
                    forms::choice("daily", "Together, once a day from Monday to Friday"),
                    forms::choice("weekly", "Together, on Mondays"),
                ]))
            (details("E-mails that can wait", html! {
                p { "What is about tomorrow, late or lost comes at once. Of a booking that you made yourself, only the question whether you have counted can wait." }
                ul { @for kind in kinds().filter(|kind| kind.waits) { li { (kind.name) } } }
            }))
            (forms::submit("Save"))
        }
        section.panel.card {
            h2 { "These always come" }
            ul { @for kind in of(Choice::Always) { li { (kind.name) } } li { "E-mails and reminders about a booking that you made yourself" } }
        }
    };
    Ok(answer(StatusCode::OK, &app, &who, "E-mails", &main))
}

fn of(choice: Choice) -> impl Iterator<Item = &'static Kind> {
    kinds().filter(move |kind| kind.choice == choice)
}

/// Stores the choice: what is not ticked is switched off.
///
/// # Errors
/// When the database cannot be written.
pub async fn save(app: web::Data<App>, who: SignedIn, form: Posted<BTreeMap<String, String>>) -> Result<HttpResponse, Error> {
    let ticked = form.0;
    let off: Vec<&'static Kind> =
        kinds().filter(|kind| kind.is_switchable() && kind.choice != Choice::Rhythm && !ticked.contains_key(kind.key)).collect();
    let rhythm: Option<Rhythm> = ticked.get("rhythm").and_then(|word| word.parse().ok());
    let person = who.person.id;
    app.db.house_as(who.actor(), move |house| acts::choose_letters(house, person, &off, rhythm)).await?;
    Ok(see_other("/account/letters?done=saved"))
}
