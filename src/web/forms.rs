//! Forms: what was wrong and where, and the fields that say so. GOV.UK's patterns: one summary that links to the fields,
//! the message again at the field, what was typed is kept.

use actix_web::http::StatusCode;
use maud::{Markup, Render, html};

use super::parts::icon;
use crate::base::Day;
use crate::db::Refuses;

/// What was wrong: the field's id and a sentence that says what would be right. In the order of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(Vec<(String, String)>);

impl Errors {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One error of one field.
    #[must_use]
    pub fn one(field: &str, message: impl Into<String>) -> Self {
        let mut errors = Self::new();
        errors.add(field, message);
        errors
    }

    /// Adds an error; the first one of a field stays.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        if self.of(field).is_none() {
            self.0.push((field.to_owned(), message.into()));
        }
    }

    /// Keeps a good value; notes the message of a bad one under the field.
    pub fn check<T, E: std::fmt::Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|message| self.add(field, message.to_string())).ok()
    }

    /// The message of a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }

    /// Whether all is well.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Field and message, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, message)| (field.as_str(), message.as_str()))
    }
}

impl Refuses for Errors {}

/// The summary above a refused form. Takes the focus, so that it is read out first. Nothing when all is well.
#[must_use]
pub fn error_summary(errors: &Errors) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.errs role="alert" tabindex="-1" data-focus {
                h2 { "There is a problem" }
                ul { @for (field, message) in errors.iter() { li { a href={ "#" (field) } { (message) } } } }
            }
        }
    }
}

/// The status of a form that comes back.
#[must_use]
pub fn status_of(errors: &Errors) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// The session's token, in every form that posts.
#[must_use]
pub fn csrf_field(token: &str) -> Markup {
    hidden("csrf", token)
}

/// A value the form carries along.
#[must_use]
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// One field. Its `name` is also its id, the target of the error summary.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    name: &'a str,
    label: &'a str,
    value: &'a str,
    hint: &'a str,
    kind: &'a str,
    width: &'a str,
    autocomplete: &'a str,
    optional: bool,
}

/// A field with its label and what it holds now.
#[must_use]
pub fn field<'a>(name: &'a str, label: &'a str, value: &'a str) -> Field<'a> {
    Field { name, label, value, hint: "", kind: "text", width: "", autocomplete: "off", optional: false }
}

impl<'a> Field<'a> {
    /// A line under the label: an example, or why we ask.
    #[must_use]
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// Says "(optional)" after the label.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// A whole number: the phone shows digits, and the field is narrow.
    #[must_use]
    pub fn number(self) -> Self {
        Self { kind: "number", width: "w4", ..self }
    }

    /// An e-mail address; the browser may fill it in.
    #[must_use]
    pub fn email(self) -> Self {
        Self { kind: "email", autocomplete: "email", ..self }
    }

    /// A class for the width: `w2`, `w4`, `w10`, `full`.
    #[must_use]
    pub fn width(self, width: &'a str) -> Self {
        Self { width, ..self }
    }

    fn described(&self, wrong: bool) -> Option<String> {
        match (self.hint.is_empty(), wrong) {
            (true, false) => None,
            (false, false) => Some(format!("{}-hint", self.name)),
            (true, true) => Some(format!("{}-error", self.name)),
            (false, true) => Some(format!("{0}-hint {0}-error", self.name)),
        }
    }

    fn frame(&self, errors: &Errors, control: &Markup) -> Markup {
        let wrong = errors.of(self.name);
        html! {
            div.fld.bad[wrong.is_some()] {
                label for=(self.name) { (self.label) @if self.optional { span.opt { " (optional)" } } }
                (hint_and_error(self.name, self.hint, wrong))
                (control)
            }
        }
    }

    /// As one line of text.
    #[must_use]
    pub fn text(&self, errors: &Errors) -> Markup {
        let wrong = errors.of(self.name).is_some();
        // type=number loses what was typed when it is no number, and scrolls by the wheel; inputmode gives the digits without that.
        let kind = if self.kind == "number" { "text" } else { self.kind };
        self.frame(
            errors,
            &html! {
                input class={ "in " (self.width) } type=(kind) id=(self.name) name=(self.name) value=(self.value)
                    inputmode=[(self.kind == "number").then_some("numeric")] autocomplete=(self.autocomplete)
                    spellcheck=[(self.kind == "email").then_some("false")]
                    aria-describedby=[self.described(wrong)] aria-invalid=[wrong.then_some("true")];
            },
        )
    }

    /// As several lines of text.
    #[must_use]
    pub fn area(&self, errors: &Errors) -> Markup {
        self.tall_area(errors, 3)
    }

    /// As many lines of text: for what is pasted.
    #[must_use]
    pub fn tall_area(&self, errors: &Errors, rows: u8) -> Markup {
        let wrong = errors.of(self.name).is_some();
        self.frame(errors, &html! {
            textarea.in id=(self.name) name=(self.name) rows=(rows) aria-describedby=[self.described(wrong)] aria-invalid=[wrong.then_some("true")] { (self.value) }
        })
    }

    /// As a file to choose. Its form needs `enctype="multipart/form-data"`, and is read through `Uploaded`.
    #[must_use]
    pub fn file(&self, errors: &Errors, accept: &str) -> Markup {
        let wrong = errors.of(self.name).is_some();
        self.frame(
            errors,
            &html! {
                input.in.file type="file" id=(self.name) name=(self.name) accept=(accept)
                    aria-describedby=[self.described(wrong)] aria-invalid=[wrong.then_some("true")];
            },
        )
    }

    /// As a list to choose from: value and words.
    #[must_use]
    pub fn select(&self, errors: &Errors, options: &[(String, String)]) -> Markup {
        let wrong = errors.of(self.name).is_some();
        self.frame(
            errors,
            &html! {
                select.in id=(self.name) name=(self.name) aria-describedby=[self.described(wrong)] aria-invalid=[wrong.then_some("true")] {
                    @for (value, words) in options { option value=(value) selected[value == self.value] { (words) } }
                }
            },
        )
    }
}

/// The line of help and the message of a field, with the ids that the field points to.
fn hint_and_error(name: &str, hint: &str, wrong: Option<&str>) -> Markup {
    html! {
        @if !hint.is_empty() { p.hint id={ (name) "-hint" } { (hint) } }
        @if let Some(message) = wrong { p.err id={ (name) "-error" } { span.vh { "Error: " } (message) } }
    }
}

/// One choice among few.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub words: String,
    /// The same as markup, where it carries more than words.
    pub named: Option<Markup>,
    /// A smaller line under it; may be empty.
    pub hint: String,
    /// What else belongs to it; may be empty.
    pub more: Markup,
}

/// A choice without a second line.
#[must_use]
pub fn choice(value: impl Into<String>, words: impl Into<String>) -> Choice {
    Choice { value: value.into(), words: words.into(), named: None, hint: String::new(), more: html! {} }
}

/// Radio buttons under a legend. The first one has the field's name as its id.
#[must_use]
pub fn radios(name: &str, legend: &str, hint: &str, chosen: &str, errors: &Errors, choices: &[Choice]) -> Markup {
    let wrong = errors.of(name);
    html! {
        fieldset.fld.bad[wrong.is_some()] aria-describedby=[described(name, hint, wrong.is_some())] {
            legend { (legend) }
            (hint_and_error(name, hint, wrong))
            div.picks {
                @for (n, choice) in choices.iter().enumerate() {
                    @let id = if n == 0 { name.to_owned() } else { format!("{name}-{n}") };
                    div.pick {
                        input type="radio" id=(id) name=(name) value=(choice.value) checked[choice.value == chosen];
                        label for=(id) { @if let Some(named) = &choice.named { (named) } @else { (choice.words) } @if !choice.hint.is_empty() { small { (choice.hint) } } (choice.more) }
                    }
                }
            }
        }
    }
}

/// A single box to tick.
#[must_use]
pub fn checkbox(name: &str, words: &str, hint: &str, ticked: bool, errors: &Errors) -> Markup {
    let wrong = errors.of(name);
    html! {
        div.fld.bad[wrong.is_some()] {
            (hint_and_error(name, "", wrong))
            div.pick {
                input type="checkbox" id=(name) name=(name) value="yes" checked[ticked] aria-describedby=[wrong.map(|_| format!("{name}-error"))];
                label for=(name) { (words) @if !hint.is_empty() { small { (hint) } } }
            }
        }
    }
}

/// School days of one week in a date select: "Week of 23 November", then the days.
#[derive(Debug, Clone)]
pub struct Week {
    /// The heading of the group.
    pub name: String,
    /// Its days and how they are written.
    pub days: Vec<(Day, String)>,
}

/// A select of open school days, grouped by week. No label of its own frame: two stand side by side in [`dates`].
#[must_use]
pub fn day_select(name: &str, label: &str, chosen: Option<Day>, weeks: &[Week], errors: &Errors) -> Markup {
    let wrong = errors.of(name).is_some();
    html! {
        div {
            label for=(name) { (label) }
            select.in id=(name) name=(name) aria-invalid=[wrong.then_some("true")] aria-describedby=[wrong.then(|| format!("{name}-error"))] {
                @if chosen.is_none() { option value="" selected { "Choose a day" } }
                @for week in weeks {
                    optgroup label=(week.name) {
                        @for (day, words) in &week.days { option value=(day) selected[Some(*day) == chosen] { (words) } }
                    }
                }
            }
        }
    }
}

/// Two date selects under one legend; the messages of both stand above them.
#[must_use]
pub fn dates(legend: &str, hint: &str, first: &str, last: &str, errors: &Errors, selects: impl Render) -> Markup {
    html! {
        fieldset.fld.bad[errors.of(first).or(errors.of(last)).is_some()] {
            legend { (legend) }
            @if !hint.is_empty() { p.hint { (hint) } }
            @for name in [first, last] { (hint_and_error(name, "", errors.of(name))) }
            div.row2 { (selects) }
        }
    }
}

/// Day, month and year as three boxes, for days that no list can hold. Named `NAME-day`, `NAME-month`, `NAME-year`; the day's id is NAME.
#[must_use]
pub fn day_month_year(name: &str, legend: &str, hint: &str, values: [&str; 3], errors: &Errors) -> Markup {
    let wrong = errors.of(name);
    html! {
        fieldset.fld.bad[wrong.is_some()] aria-describedby=[described(name, hint, wrong.is_some())] {
            legend { (legend) }
            (hint_and_error(name, hint, wrong))
            div.row2 {
                @for ((part, words, class), value) in [("day", "Day", "w2"), ("month", "Month", "w2"), ("year", "Year", "w4")].into_iter().zip(values) {
                    @let id = if part == "day" { name.to_owned() } else { format!("{name}-{part}") };
                    div {
                        label for=(id) { (words) }
                        input class={ "in " (class) } type="text" inputmode="numeric" autocomplete="off" id=(id) name={ (name) "-" (part) } value=(value)
                            aria-invalid=[wrong.map(|_| "true")];
                    }
                }
            }
        }
    }
}

fn described(name: &str, hint: &str, wrong: bool) -> Option<String> {
    Field { hint, ..field(name, "", "") }.described(wrong)
}

/// The button that goes on.
#[must_use]
pub fn submit(words: &str) -> Markup {
    html! { button.btn.go type="submit" { (words) } }
}

/// The button that ends or refuses something.
#[must_use]
pub fn stop(words: &str) -> Markup {
    html! { button.btn.stop type="submit" { (words) } }
}

/// A form with one button, for a verb that needs no more: address, token, words, icon.
#[must_use]
pub fn verb(action: &str, token: &str, words: &str, symbol: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (csrf_field(token))
            button.btn type="submit" { (icon(symbol)) (words) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::{Html, Selector};

    fn count(markup: &Markup, selector: &str) -> usize {
        Html::parse_fragment(&markup.0).select(&Selector::parse(selector).unwrap()).count()
    }

    #[test]
    fn the_summary_links_to_the_field_and_the_field_points_to_its_message() {
        let mut errors = Errors::new();
        errors.add("class", "Enter the class, for example Year 4");
        errors.add("class", "and this one is not kept");
        assert_eq!(count(&error_summary(&errors), "a[href='#class']"), 1);
        let one = field("class", "Class", "<4>").hint("For example, Year 4").text(&errors);
        assert_eq!(count(&one, "input#class[aria-invalid=true][aria-describedby='class-hint class-error'][value='<4>']"), 1);
        assert_eq!(count(&one, "#class-hint, #class-error"), 2);
        assert_eq!(error_summary(&Errors::new()).0, "");
        let fine = field("class", "Class", "").text(&Errors::new());
        assert_eq!(count(&fine, "[aria-invalid], [aria-describedby]"), 0);
    }

    #[test]
    fn a_choice_keeps_what_was_chosen() {
        let choices = [choice("a", "One"), choice("b", "Two")];
        let list = radios("copy", "Which copy", "", "b", &Errors::one("copy", "Choose one"), &choices);
        assert_eq!(count(&list, "#copy[value=a]:not([checked])"), 1);
        assert_eq!(count(&list, "#copy-1[value=b][checked]"), 1);
        assert_eq!(count(&list, "fieldset.bad[aria-describedby=copy-error]"), 1);
    }
}
