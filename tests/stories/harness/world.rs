//! The clusters of the stories, as the files a coordinator would import.

use std::fmt::Write;
use std::path::Path;

/// A cluster in files. Its words are short; its days are around the day on which the stories' clock stands, Monday 23 November 2026.
pub struct World {
    /// Its part of the address.
    pub slug: String,
    name: &'static str,
    schools: Vec<String>,
    settings: Vec<(&'static str, String)>,
    resources: Vec<Title>,
    bookings: Vec<String>,
}

/// Name, kind, whether it needs approval, and its copies: tag and home.
type Title = (&'static str, &'static str, bool, Vec<(String, String)>);

impl World {
    /// Three schools, two boxes (Sound in two copies, Magnets in one) and a microscope that needs approval.
    pub fn ashdale() -> Self {
        Self {
            slug: "ashdale".into(),
            name: "Ashdale",
            schools: ["Ash", "Beech", "Cedar"].map(Into::into).into(),
            settings: vec![],
            resources: vec![
                ("Sound", "box", false, vec![("SO1".into(), "Ash".into()), ("SO2".into(), "Beech".into())]),
                ("Magnets", "box", false, vec![("MG1".into(), "Ash".into())]),
                ("Microscope", "kit", true, vec![("MI1".into(), "Ash".into())]),
            ],
            bookings: vec![],
        }
    }

    /// Another cluster, with things of the same names.
    pub fn birchwood() -> Self {
        Self {
            slug: "birchwood".into(),
            name: "Birchwood",
            schools: vec!["Oak".into(), "Larch".into()],
            settings: vec![],
            resources: vec![("Sound", "box", false, vec![("SO1".into(), "Oak".into())])],
            bookings: vec![],
        }
    }

    /// So many schools that want one box, and no rule in their way but the plan.
    pub fn rush(schools: usize) -> Self {
        Self {
            slug: "rush".into(),
            name: "Rush",
            schools: (1..=schools).map(|n| format!("School {n}")).collect(),
            settings: vec![("most_live_bookings", "1000".into())],
            resources: vec![("Sound", "box", false, vec![("SO1".into(), "School 1".into())])],
            bookings: vec![],
        }
    }

    /// The same with so many copies of the box.
    pub fn rush_with_copies(schools: usize, copies: usize) -> Self {
        let all = (1..=copies).map(|n| (format!("SO{n}"), "School 1".to_owned())).collect();
        Self { resources: vec![("Sound", "box", false, all)], ..Self::rush(schools) }
    }

    /// Nine schools with eight boxes in ten copies, and nothing booked yet: for living through a year.
    pub fn nine_schools() -> Self {
        let schools = ["Ash", "Beech", "Cedar", "Elder", "Fir", "Hazel", "Juniper", "Lime", "Maple"];
        let titles = ["Sound", "Magnets", "Light", "Forces", "Rocks", "Plants", "Electricity", "Space"];
        let copies = |n: usize| if n < 2 { 2 } else { 1 };
        let tags =
            |n: usize| (1..=copies(n)).map(move |m| (format!("{}{m}", &titles[n][..2].to_uppercase()), schools[(n + m) % 9].to_owned()));
        Self {
            slug: "nine".into(),
            name: "Nine",
            schools: schools.map(Into::into).into(),
            settings: vec![("most_live_bookings", "1000".into())],
            resources: (0..titles.len()).map(|n| (titles[n], "box", false, tags(n).collect())).collect(),
            bookings: vec![],
        }
    }

    /// So many boxes with so many bookings of the past and the coming months: for counting queries.
    pub fn busy(boxes: usize, bookings: usize) -> Self {
        let mut world = Self::ashdale();
        world.slug = "busy".into();
        world.name = "Busy";
        world.settings = vec![("most_live_bookings", "1000".into())];
        world.resources =
            vec![("Sound", "box", false, (0..boxes).map(|n| (format!("B{n}"), ["Ash", "Beech", "Cedar"][n % 3].to_owned())).collect())];
        let start = chrono::NaiveDate::from_ymd_opt(2026, 9, 7).expect("a day");
        for n in 0..bookings {
            let first = start + chrono::Days::new(7 * (n / boxes) as u64);
            let school = ["Ash", "Beech", "Cedar"][n % 3];
            world.bookings.push(format!(
                "B{},{school},{},loan,confirmed,{first},{},,,Year {},Lesson {n},,,",
                n % boxes,
                science_lead(school),
                first + chrono::Days::new(4),
                n % 6 + 1
            ));
        }
        world
    }

    /// With another value of a booking rule.
    pub fn with(mut self, setting: &'static str, value: impl ToString) -> Self {
        self.settings.push((setting, value.to_string()));
        self
    }

    /// Writes the files.
    pub fn write(&self, folder: &Path) {
        let mut files: Vec<(&str, String)> = Vec::new();
        files.push((
            "cluster.csv",
            format!(
                "name,slug,cohort_year,nation,lead_school\n{},{},2024,england,{} Primary School\n",
                self.name, self.slug, self.schools[0]
            ),
        ));
        let mut schools = "name,short_name,letters,urn,address,postcode,joined,left,sabbatical_from,sabbatical_to,lead\n".to_owned();
        let mut people = "name,email,role,school,from,to\n".to_owned();
        for (n, school) in self.schools.iter().enumerate() {
            let letter = |n: usize| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[n]);
            let letters = format!("{}{}", letter(n / 26), letter(n % 26));
            let lead = if n == 0 { "yes" } else { "no" };
            writeln!(schools, "{school} Primary School,{school},{letters},,1 High Street,LS25 5AU,2023-09-01,,,,{lead}").expect("a line");
            writeln!(people, "\"Science lead, {school}\",{},ssl,{school},2023-09-01,", science_lead(school)).expect("a line");
        }
        let (first, domain) = (&self.schools[0], &self.slug);
        writeln!(people, "\"Coordinator, {0}\",coordinator@{domain}.example,coordinator,,2023-09-01,", self.name).expect("a line");
        writeln!(people, "\"Bursar, {first}\",bursar@{domain}.example,bursar,{first},2023-09-01,").expect("a line");
        writeln!(people, "\"Head, {first}\",head@{domain}.example,head,{first},2023-09-01,").expect("a line");
        files.push(("schools.csv", schools));
        files.push(("people.csv", people));
        let mut settings = "setting,value\n".to_owned();
        for (name, value) in &self.settings {
            writeln!(settings, "{name},{value}").expect("a line");
        }
        files.push(("settings.csv", settings));
        let mut terms = "academic_year,season,first_day,last_day,half_term_first,half_term_last\n".to_owned();
        // Every year is laid out like 2026-27, moved by whole weeks.
        let day = |text: &str| text.parse::<chrono::NaiveDate>().expect("a day");
        for year in 2024..=2028 {
            let start = chrono::NaiveDate::from_ymd_opt(year, 9, 7).expect("a day");
            // To the nearest whole week.
            let weeks = ((start - day("2026-09-07")).num_days() + 3).div_euclid(7);
            let moved = |text: &str| day(text) + chrono::TimeDelta::weeks(weeks);
            for (season, days) in [
                ("autumn", ["2026-09-07", "2026-12-18", "2026-10-26", "2026-10-30"]),
                ("spring", ["2027-01-04", "2027-03-25", "2027-02-15", "2027-02-19"]),
                ("summer", ["2027-04-12", "2027-07-21", "2027-05-31", "2027-06-04"]),
            ] {
                let [first, last, half_first, half_last] = days.map(moved);
                writeln!(terms, "{year}-{:02},{season},{first},{last},{half_first},{half_last}", (year + 1) % 100).expect("a line");
            }
        }
        files.push(("terms.csv", terms));
        let inset = format!(
            "school,kind,first_day,last_day,note\n,bank_holiday,2027-05-03,2027-05-03,Early May\n{first},inset,2026-11-27,2026-11-27,Training\n"
        );
        files.push(("closures.csv", inset));
        let mut resources = "name,kind,topic,strand,year_from,year_to,summary,needs_approval,turnaround_days,icon\n".to_owned();
        let mut contents = "resource,item,quantity,consumable,essential,care_note\n".to_owned();
        let mut copies = "resource,tag,code,home_school,state,note\n".to_owned();
        for (name, kind, approval, all) in &self.resources {
            let approval = if *approval { "yes" } else { "no" };
            writeln!(resources, "{name},{kind},{name},physics,3,6,All about {name}.,{approval},,package").expect("a line");
            writeln!(contents, "{name},Tuning fork,6,no,yes,\n{name},Rice,1,yes,no,Top up").expect("a line");
            for (tag, home) in all {
                writeln!(copies, "{name},{tag},{},{home},in_service,", code(&self.slug, tag)).expect("a line");
            }
        }
        files.push(("resources.csv", resources));
        files.push(("contents.csv", contents));
        files.push(("copies.csv", copies));
        let bookings =
            "copy,school,person,kind,state,first_day,last_day,collected_on,returned_on,class,purpose,pupils,override_reason,ended_reason\n"
                .to_owned();
        files.push(("bookings.csv", bookings + &self.bookings.join("\n")));
        std::fs::create_dir_all(folder).expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.join(name), text).expect("writing a file");
        }
    }
}

/// The address of a school's science lead.
pub fn science_lead(school: &str) -> String {
    format!("science.lead@{}.example", school.to_lowercase().replace(' ', "-"))
}

/// Six letters for the lid, another for each copy.
fn code(slug: &str, tag: &str) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (slug, tag).hash(&mut hasher);
    let mut rest = hasher.finish();
    (0..6)
        .map(|_| {
            let letter = b"23456789ABCDEFGHJKMNPQRSTVWXYZ"[(rest % 30) as usize];
            rest /= 30;
            char::from(letter)
        })
        .collect()
}
