//! Fair share: school days per school and box in a school year, as a table, a chart and a file.
//! `GET /c/{cluster}/fair-share` and `fair-share.csv`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::base::days;
use crate::clusters::log::harmless;
use crate::db::{Result, Tx};
use crate::people::Member;
use crate::reports::{Table, store, table, year_of};
use crate::web::page::{Nav, page};
use crate::web::parts::{empty, head, icon};
use crate::web::{App, Error};
use crate::{schools, year};

/// The room's addresses within a cluster.
pub fn inside(routes: &mut web::ServiceConfig) {
    use web::get;
    routes.route("/fair-share", get().to(show)).route("/fair-share.csv", get().to(file));
}

/// The first school year that the tables can hold.
const FIRST_YEAR: i32 = 2000;
/// The chart's width in its own units: a phone's pixels.
const WIDTH: u32 = 340;
/// Where its bars begin.
const LEFT: u32 = 120;
/// How far they reach.
const RIGHT: u32 = 300;
/// The height of a bar's row.
const ROW: u32 = 30;

/// Which school year.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    year: String,
}

impl Query {
    /// The year asked for, by the year it starts in; this one when it is none, or to come.
    fn year(&self, this: i32) -> i32 {
        self.year.parse().ok().filter(|year| (FIRST_YEAR..=this).contains(year)).unwrap_or(this)
    }
}

/// Four queries.
fn read(tx: &mut Tx<'_>, year: i32) -> Result<Table> {
    let (window, today) = (year_of(year), tx.today());
    let loans = store::loans(tx, window)?;
    let schools = schools::store::schools(tx)?;
    let calendar = year::store::school_calendar(tx, window)?;
    Ok(table(&loans, &schools, &calendar, window, today))
}

/// Shows the year.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(
    app: web::Data<App>,
    member: Member,
    request: HttpRequest,
    query: web::Query<Query>,
) -> std::result::Result<HttpResponse, Error> {
    if let Some(same) = member.unchanged(&request) {
        return Ok(same);
    }
    let this = days::academic_year(member.today());
    let year = query.year(this);
    let table = app.db.read(member.scope(), move |tx| Ok::<_, Error>(read(tx, year)?)).await?;
    Ok(member.tagged(&request, page(&member.shell(Nav::Week), "Fair share", &main(&member, &table, year, this))))
}

/// "2026 to 2027".
fn name(year: i32) -> String {
    format!("{year} to {}", year + 1)
}

fn main(member: &Member, table: &Table, year: i32, this: i32) -> Markup {
    let base = member.base();
    html! {
        (head("Fair share", html! { "School days with each box, school year " (name(year)) }, html! {
            @if !table.rows.is_empty() { a.btn href={ (base) "/fair-share.csv?year=" (year) } { (icon("download")) "Download as CSV" } }
        }))
        p.acts {
            @if year > FIRST_YEAR { a.btn.small href={ (base) "/fair-share?year=" (year - 1) } { "Earlier: " (name(year - 1)) } }
            @if year < this { a.btn.small href={ (base) "/fair-share?year=" (year + 1) } { "Later: " (name(year + 1)) } }
        }
        @if table.rows.is_empty() {
            div.panel { (empty("chart-column", "No loans in this school year", "When schools borrow, you will see here how many school days each has had each box.", Some((format!("{base}/boxes").as_str(), "Find a box")))) }
        } @else {
            section.panel.card aria-labelledby="shares" {
                h2 #shares { "Who has had how much" }
                (chart(table))
                p.hint { "A school day counts for the school that has the box, when that school is open: from the day it was fetched until it came back, late days too. Loans to come count as booked. What was never fetched does not count." }
            }
            div.panel {
                h2.vh { "School days by box and school" }
                (grid(base, table))
            }
        }
    }
}

/// A bar a school. The table below says the same in numbers.
fn chart(table: &Table) -> Markup {
    let most = table.shares.iter().map(|share| share.days).max().unwrap_or(0).max(1);
    let height = ROW * u32::try_from(table.shares.len()).unwrap_or(0);
    let words: Vec<String> = table.shares.iter().map(|share| format!("{} {} days, {} %", share.name, share.days, share.percent)).collect();
    html! {
        svg.bars viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label={ "School days of each school: " (words.join("; ")) } {
            @for (n, share) in (0u32..).zip(&table.shares) {
                @let (top, length) = (n * ROW, (RIGHT - LEFT) * share.days / most);
                text x=(LEFT - 8) y=(top + 20) text-anchor="end" { (short(&share.name)) }
                rect x=(LEFT) y=(top + 5) width=(length.max(1)) height=(ROW - 10) rx="3" {}
                text.n x=(LEFT + length.max(1) + 6) y=(top + 20) { (share.days) }
            }
        }
    }
}

/// A name that fits beside a bar.
fn short(name: &str) -> String {
    const MOST: usize = 16;
    if name.chars().count() <= MOST { name.to_owned() } else { name.chars().take(MOST - 1).chain(['…']).collect() }
}

fn grid(base: &str, table: &Table) -> Markup {
    html! {
        section.scroll tabindex="0" aria-label="School days by box and school" {
            table.tbl {
                caption.vh { "School days by box and school" }
                thead { tr {
                    th scope="col" { "Box" }
                    @for share in &table.shares { th.n scope="col" { (share.name) } }
                    th.n scope="col" { "All" }
                } }
                tbody {
                    @for row in &table.rows {
                        tr {
                            th scope="row" { a href={ (base) "/boxes/" (row.resource) } { (row.name) } }
                            @for days in &row.days { td.n { @if *days > 0 { (days) } @else { span.none { "0" } } } }
                            td.n { b { (row.total) } }
                        }
                    }
                    tr { th scope="row" { "All boxes" } @for share in &table.shares { td.n { b { (share.days) } } } td.n { b { (table.total) } } }
                    tr { th scope="row" { "Share" } @for share in &table.shares { td.n { (share.percent) " %" } } td.n {} }
                }
            }
        }
    }
}

/// The table as a file.
///
/// # Errors
/// When the database cannot be read.
pub async fn file(app: web::Data<App>, member: Member, query: web::Query<Query>) -> std::result::Result<HttpResponse, Error> {
    let year = query.year(days::academic_year(member.today()));
    let table = app.db.read(member.scope(), move |tx| Ok::<_, Error>(read(tx, year)?)).await?;
    let body = csv(&table).map_err(|fault| Error::Broken(fault.to_string()))?;
    let name = format!("attachment; filename=\"fair-share-{}-{year}.csv\"", member.cluster.slug);
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body))
}

fn csv(table: &Table) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let line = |first: &str, numbers: Vec<u32>, last: String| {
        std::iter::once(harmless(first)).chain(numbers.into_iter().map(|number| number.to_string())).chain([last]).collect::<Vec<_>>()
    };
    let heads = ["Box"].into_iter().chain(table.shares.iter().map(|share| share.name.as_str())).chain(["All"]);
    out.write_record(heads.map(harmless))?;
    for row in &table.rows {
        out.write_record(line(&row.name, row.days.clone(), row.total.to_string()))?;
    }
    out.write_record(line("All boxes", table.shares.iter().map(|share| share.days).collect(), table.total.to_string()))?;
    out.write_record(line("Share in %", table.shares.iter().map(|share| share.percent).collect(), String::new()))?;
    out.into_inner().map_err(|fault| fault.into_error().into())
}
