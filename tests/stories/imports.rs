//! Importing: the demo on its first start, a folder once, and nothing of a folder in which anything is wrong.

use std::path::Path;

use boxrota::base::ids::ClusterId;
use boxrota::db::Error;
use boxrota::imports::acts::{self as imports, ImportFailed};

use crate::harness::{Engine, Ground, TestApp, World};

on_both_engines!(
    the_demo_is_loaded_on_the_first_start_only,
    what_an_import_settles_leads_to_this_site,
    a_folder_is_imported_once,
    a_folder_takes_the_councils_own_calendar,
    a_folder_is_read_as_spreadsheets_save_it,
    a_folder_with_wrong_rows_leaves_nothing_behind,
    what_the_database_refuses_leaves_nothing_behind
);

/// The tables that an import fills.
const TABLES: [&str; 14] = [
    "clusters",
    "settings",
    "schools",
    "memberships",
    "people",
    "roles",
    "terms",
    "closures",
    "resources",
    "copies",
    "contents_lines",
    "bookings",
    "booked_days",
    "changes",
];

fn rows(app: &TestApp) -> Vec<i64> {
    let mut raw = app.raw();
    TABLES.iter().map(|table| raw.number(&format!("SELECT count(*) AS n FROM {table}"))).collect()
}

fn told(ground: Ground, story: impl AsyncFnOnce(TestApp)) {
    actix_web::rt::System::new().block_on(async {
        let app = TestApp::bare(ground, |_| {});
        story(app.clone()).await;
        app.end().await;
    });
}

/// What is said about a folder that is not imported.
async fn refused(app: &TestApp, folder: &Path) -> Vec<String> {
    match imports::import_folder(&app.app.db, &app.clock, folder).await {
        Err(ImportFailed::Problems(problems)) => problems.list().iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn replace(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// An import enters the cluster that it has made, and settles it: nothing that this would store may lead nowhere.
fn what_an_import_settles_leads_to_this_site(ground: Ground) {
    told(ground, async |app| {
        let link = app
            .app
            .db
            .house(app.clock.now(), |house| Ok::<_, Error>(house.enter(ClusterId(0), boxrota::db::Actor::Import).link("/c/south-milford")))
            .await
            .unwrap();
        assert_eq!(link, format!("{}/c/south-milford", app.origin));
    });
}

fn the_demo_is_loaded_on_the_first_start_only(ground: Ground) {
    told(ground, async |app| {
        let data = app.ground.folder.path().join("demo");
        let summary = imports::load_demo(&app.app.db, &app.clock, &data).await.unwrap().expect("no cluster yet");
        assert_eq!(
            summary.to_string(),
            "Imported South Milford: 9 schools, 13 roles, 30 terms, 404 closures, 19 resources with 184 contents lines, 29 copies, 383 bookings."
        );
        let mut raw = app.raw();
        let today = "2026-11-23";
        let late =
            format!("SELECT count(*) AS n FROM bookings WHERE collected_on IS NOT NULL AND returned_on IS NULL AND last_day < '{today}'");
        assert_eq!(raw.number(&late), 3);
        assert_eq!(raw.number("SELECT count(*) AS n FROM bookings WHERE state = 'requested'"), 4);
        assert_eq!(raw.number("SELECT count(DISTINCT school_id) AS n FROM bookings"), 9);
        assert!(raw.number(&format!("SELECT count(*) AS n FROM bookings WHERE first_day > '{today}' AND state = 'confirmed'")) > 20);
        assert_eq!(raw.number("SELECT count(*) AS n FROM changes WHERE verb = 'imported'"), 10, "a line of the change log for each file");
        assert_eq!(raw.number("SELECT count(*) AS n FROM messages"), 0, "nobody gets a mail about what was so before");

        let lead = app.signed_in("science.lead@saxton.example").await;
        lead.get("/c/south-milford/calendar").await.is(200).says("Electricity");

        let before = rows(&app);
        assert_eq!(imports::load_demo(&app.app.db, &app.clock, &data).await.unwrap(), None);
        assert!(refused(&app, &data.join("cluster")).await[0].starts_with("cluster.csv, line 2, column slug: There is a cluster"));
        assert_eq!(rows(&app), before);
    });
}

fn a_folder_is_imported_once(ground: Ground) {
    told(ground, async |app| {
        app.found(&World::ashdale()).await;
        let before = rows(&app);
        let folder = app.ground.folder.path().join("ashdale");
        assert_eq!(
            refused(&app, &folder).await,
            [
                "cluster.csv, line 2, column slug: There is a cluster with the short name \"ashdale\" already: Ashdale. Its files are imported \
             once and it is changed on its pages from then on; a new cluster needs a short name of its own."
            ]
        );
        // Under another name it is another cluster of the same people; but a lid has one code.
        replace(&folder, "cluster.csv", "ashdale", "ashdale-two");
        let said = refused(&app, &folder).await;
        assert_eq!(said.len(), 4, "{said:#?}");
        assert!(said[0].starts_with("copies.csv, line 2, column code: The code ") && said[0].contains("is on a lid of another cluster."));
        assert_eq!(rows(&app), before);
        let copies = std::fs::read_to_string(folder.join("copies.csv")).unwrap();
        let blank: Vec<String> = copies
            .lines()
            .map(|line| {
                let mut cells: Vec<&str> = line.split(',').collect();
                if cells[2] != "code" {
                    cells[2] = "";
                }
                cells.join(",")
            })
            .collect();
        std::fs::write(folder.join("copies.csv"), blank.join("\r\n")).unwrap();
        let summary = imports::import_folder(&app.app.db, &app.clock, &folder).await.unwrap();
        assert_eq!(summary.slug, "ashdale-two");
        let mut raw = app.raw();
        assert_eq!(raw.number("SELECT count(*) AS n FROM people"), before[4], "the same people have roles in both");
        assert_eq!(raw.number("SELECT count(*) AS n FROM copies WHERE length(code) = 6"), 8, "codes are made where none is given");
    });
}

fn a_folder_takes_the_councils_own_calendar(ground: Ground) {
    told(ground, async |app| {
        let folder = app.ground.folder.path().join("ics");
        World::busy(2, 6).write(&folder);
        let terms_csv = folder.join("terms.csv");
        if terms_csv.exists() {
            std::fs::remove_file(terms_csv).unwrap();
        }
        let event = |name: &str, first: &str, end: &str| {
            format!("BEGIN:VEVENT\rSUMMARY:{name}\rDTSTART:{first}T230000Z\rDTEND:{end}T230000Z\rEND:VEVENT\r")
        };
        let text = [
            event("Autumn term starts", "20260901", "20260902"),
            event("October week", "20261018", "20261023"),
            event("Choir", "20261001", "20261002"),
            event("In-service day", "20260913", "20260914"),
        ];
        let ends = "BEGIN:VEVENT\rSUMMARY:School breaks up\rDTSTART;VALUE=DATE:20261218\rEND:VEVENT\r";
        let text = format!("BEGIN:VCALENDAR\r{}{ends}END:VCALENDAR\r", text.concat());
        std::fs::write(folder.join("terms.ics"), text.replace("20261218", "soon")).unwrap();
        let said = refused(&app, &folder).await;
        assert!(
            said.contains(&"terms.ics, line 24: \"soon\" is not a day. Write it like 20260902: year, month, day.".to_owned()),
            "{said:#?}"
        );
        std::fs::write(folder.join("terms.ics"), text).unwrap();
        let summary = imports::import_folder(&app.app.db, &app.clock, &folder).await.unwrap();
        assert!(summary.to_string().ends_with("terms.ics, line 12, is left out: \"Choir\", 2 October 2026."), "{summary}");
        let year = "SELECT first_day || ' ' || last_day || ' ' || half_first || ' ' || half_last AS t FROM terms";
        assert_eq!(app.raw().texts(year), ["2026-09-02 2026-12-18 2026-10-19 2026-10-23"]);
        let inset = "SELECT count(*) AS n FROM closures WHERE school_id IS NULL AND kind = 'inset' AND first_day = '2026-09-14'";
        assert_eq!(app.raw().number(inset), 1);
    });
}

/// Old letters, lines that end as on a Mac, and the line that Excel puts in front; problems keep the line that the spreadsheet shows.
fn a_folder_is_read_as_spreadsheets_save_it(ground: Ground) {
    told(ground, async |app| {
        let folder = app.ground.folder.path().join("saved");
        World::busy(2, 6).write(&folder);
        let schools = std::fs::read_to_string(folder.join("schools.csv")).unwrap().replace("\r\n", "\n");
        std::fs::write(folder.join("schools.csv"), format!("sep=,\r{}", schools.replacen("LS25 5AU", "LS25", 1).replace('\n', "\r")))
            .unwrap();
        let said = refused(&app, &folder).await;
        assert_eq!(said, ["schools.csv, line 3, column postcode: \"LS25\" is not a postcode. Write a UK postcode like LS25 5AU."]);
        let people = std::fs::read_to_string(folder.join("people.csv")).unwrap();
        let curly = |text: &str, mark: &str| text.replace("Beech", &format!("Beech{mark}s"));
        let old =
            |text: String| text.chars().map(|letter| if letter == '’' { 0x92 } else { u8::try_from(letter).unwrap() }).collect::<Vec<u8>>();
        std::fs::write(folder.join("schools.csv"), old(format!("sep=,\r{}", curly(&schools, "’").replace('\n', "\r")))).unwrap();
        std::fs::write(folder.join("people.csv"), curly(&people, "'")).unwrap();
        for file in ["copies.csv", "bookings.csv", "closures.csv"] {
            if let Ok(text) = std::fs::read_to_string(folder.join(file)) {
                std::fs::write(folder.join(file), curly(&text, "'")).unwrap();
            }
        }
        imports::import_folder(&app.app.db, &app.clock, &folder).await.unwrap();
        assert_eq!(app.raw().number("SELECT count(*) AS n FROM schools WHERE short_name = 'Beech’s'"), 1);
    });
}

fn a_folder_with_wrong_rows_leaves_nothing_behind(ground: Ground) {
    told(ground, async |app| {
        let before = rows(&app);
        let folder = app.ground.folder.path().join("wrong");
        World::busy(2, 6).write(&folder);
        replace(&folder, "schools.csv", "LS25 5AU", "LS25");
        replace(&folder, "people.csv", "ssl,Beech", "ssl,Beach");
        replace(&folder, "bookings.csv", "2026-09-14,2026-09-18", "2026-09-11,2026-09-18");
        replace(&folder, "copies.csv", ",in_service,", ",broken,");
        std::fs::write(folder.join("notes.txt"), "not ours").unwrap();
        std::fs::write(folder.join("~$people.csv"), "a spreadsheet's lock").unwrap();
        let said = refused(&app, &folder).await;
        assert_eq!(said.len(), 4, "{said:#?}");
        assert_eq!(said[0], "schools.csv, line 2, column postcode: \"LS25\" is not a postcode. Write a UK postcode like LS25 5AU.");
        assert_eq!(said[1], "people.csv, line 3, column school: There is no school \"Beach\". Did you mean Beech?");
        assert!(said[3].starts_with("bookings.csv, line 4, column first_day: B0 is booked twice:"), "{said:#?}");
        assert!(said[2].starts_with("copies.csv, line 2, column state: \"broken\" is none of the words for this column."), "{said:#?}");
        assert_eq!(rows(&app), before);
        assert!(matches!(imports::import_folder(&app.app.db, &app.clock, &folder.join("nowhere")).await, Err(ImportFailed::Disk { .. })));
    });
}

/// The files are read before anything is stored, so this should never happen; if it does, the cluster is not left half there.
fn what_the_database_refuses_leaves_nothing_behind(ground: Ground) {
    told(ground, async |app| {
        app.raw().must(match app.ground.engine {
            Engine::Sqlite => {
                "CREATE TRIGGER no_lesson_5 BEFORE INSERT ON bookings WHEN NEW.purpose = 'Lesson 5' BEGIN SELECT RAISE(ABORT, 'no'); END"
            }
            Engine::Postgres => "ALTER TABLE bookings ADD CONSTRAINT no_lesson_5 CHECK (purpose <> 'Lesson 5')",
        });
        let before = rows(&app);
        let folder = app.ground.folder.path().join("busy");
        World::busy(2, 6).write(&folder);
        let refused = imports::import_folder(&app.app.db, &app.clock, &folder).await;
        assert!(matches!(refused, Err(ImportFailed::Database(_))), "{refused:?}");
        assert_eq!(rows(&app), before);
    });
}
