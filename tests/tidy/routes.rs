//! Routes live with their pages: an address is named in `inside` (within a cluster) or `outside` of a file behind the pages' door, and
//! nowhere else. `src/app.rs` opens the scope of a cluster and mounts the rooms.

use std::ops::Range;

use crate::doors::{Door, MACHINERY, door};
use crate::faults::Fault;
use crate::source::Rust;

/// What names an address.
const WAYS: [&str; 4] = [".route(", "web::resource", "web::scope", ".service("];

/// Whether the program is alive and well: of no room, so `src/app.rs` has them itself.
const OF_THE_PROGRAM: [&str; 2] = ["\"/healthz\"", "\"/livez\""];

/// Every address that is named where no reader of routes would look.
pub fn routes(files: &[Rust]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in files {
        let (app, spoken) = (file.path == "src/app.rs", file.spoken.lines().collect::<Vec<_>>());
        // Machinery has no doors: the style sheet's address stands beside it.
        let pages = door(file) == Some(Door::Pages) || file.room().is_some_and(|room| MACHINERY.contains(&room));
        let allowed = if pages { bodies(&file.code) } else { vec![] };
        for way in WAYS {
            for (at, _) in file.code.match_indices(way) {
                let line = file.code[..at].matches('\n').count();
                let own = app
                    && (["web::scope", ".service("].contains(&way) || OF_THE_PROGRAM.iter().any(|address| spoken[line].contains(address)));
                if !own && !allowed.iter().any(|body| body.contains(&at)) {
                    let why = "an address is named in `inside` or `outside` of its pages alone".to_owned();
                    faults.push(Fault { path: file.path.clone(), line, what: "names routes".to_owned(), why });
                }
            }
        }
    }
    faults
}

/// From the name to the last brace of each function called `inside` or `outside`.
fn bodies(code: &str) -> Vec<Range<usize>> {
    let starts = ["fn inside(", "fn outside("].into_iter().flat_map(|name| code.match_indices(name));
    let ends = |start: usize| {
        let mut depth = 0usize;
        for (at, byte) in code.bytes().enumerate().skip(start) {
            match byte {
                b'{' => depth += 1,
                b'}' if depth == 1 => return at,
                b'}' => depth -= 1,
                _ => {}
            }
        }
        code.len()
    };
    starts.map(|(start, _)| start..ends(start)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> usize {
        routes(&[Rust::new(path, text)]).len()
    }

    #[test]
    fn a_route_elsewhere_can_fail() {
        let inside = "pub fn inside(at: &mut ServiceConfig) {\n    if a { b }\n    at.route(\"/loans\", get().to(show)).service(web::resource(\"/x\"));\n}\n";
        assert_eq!(faults("src/bookings/pages.rs", inside), 0);
        assert_eq!(faults("src/bookings/pages/loan.rs", &inside.replace("inside", "outside")), 0);
        assert_eq!(faults("src/front/mod.rs", inside), 0);
        assert_eq!(faults("src/web/assets.rs", inside), 0);
        assert_eq!(faults("src/bookings/pages.rs", &inside.replace("inside", "routes")), 3);
        assert_eq!(faults("src/bookings/pages.rs", &format!("{inside}fn more(at: &mut A) {{ at.route(\"/x\", get().to(a)); }}")), 1);
        assert_eq!(faults("src/bookings/acts.rs", inside), 3);
        assert_eq!(faults("src/app.rs", inside), 2);
    }

    #[test]
    fn the_app_has_the_scope_and_its_health() {
        let app =
            "fn routes(at: &mut A) { at.route(\"/healthz\", get().to(healthz))\n.service(web::scope(\"/c/{cluster}\").configure(b)); }";
        assert_eq!(faults("src/app.rs", app), 0);
        assert_eq!(faults("src/app.rs", &app.replace("healthz", "loans")), 1);
    }
}
