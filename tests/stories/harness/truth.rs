//! What must hold in a database whatever was done to it: asked of the rows themselves, not of the program.

use super::Raw;

/// How many pairs of live bookings share a day of a copy, asked of the bookings themselves.
pub fn overlaps(raw: &mut Raw) -> i64 {
    raw.number(
        "SELECT count(*) AS n FROM bookings a JOIN bookings b ON a.cluster_id = b.cluster_id AND a.copy_id = b.copy_id AND a.id < b.id
         WHERE a.state IN ('requested', 'confirmed') AND b.state IN ('requested', 'confirmed')
           AND a.first_day <= b.held_until AND b.first_day <= a.held_until",
    )
}

/// Every day of a live booking is in the table, and nothing else is.
pub fn days_are_right(raw: &mut Raw) {
    let live = "SELECT b.cluster_id, b.copy_id, d.day, b.id FROM bookings b JOIN days d ON d.day BETWEEN b.first_day AND b.held_until WHERE b.state IN ('requested', 'confirmed')";
    let held = "SELECT cluster_id, copy_id, day, booking_id FROM booked_days";
    assert_eq!(raw.number(&format!("SELECT count(*) AS n FROM ({live} EXCEPT {held}) AS missing")), 0, "a live booking without its days");
    assert_eq!(raw.number(&format!("SELECT count(*) AS n FROM ({held} EXCEPT {live}) AS extra")), 0, "days held for nothing");
}

/// Asks every question whose answer must be "none".
///
/// # Panics
/// With the first that has another.
pub fn holds(raw: &mut Raw) {
    assert_eq!(overlaps(raw), 0, "two live bookings of a copy share a day");
    days_are_right(raw);
    let none = [
        (
            "a copy that is nowhere",
            "SELECT count(*) AS n FROM copies c WHERE NOT EXISTS (SELECT 1 FROM custody h WHERE h.cluster_id = c.cluster_id AND h.copy_id = c.id)",
        ),
        (
            "a copy that is kept for a booking of another copy or school, or for one that is not out",
            "SELECT count(*) AS n FROM custody h JOIN bookings b ON b.cluster_id = h.cluster_id AND b.id = h.booking_id
             WHERE b.copy_id <> h.copy_id OR b.school_id <> h.school_id OR b.collected_on IS NULL OR b.returned_on IS NOT NULL",
        ),
        (
            "a booking that is out, of a copy that is elsewhere",
            "SELECT count(*) AS n FROM bookings b WHERE b.collected_on IS NOT NULL AND b.returned_on IS NULL
                 AND NOT EXISTS (SELECT 1 FROM custody h WHERE h.cluster_id = b.cluster_id AND h.copy_id = b.copy_id AND h.booking_id = b.id)",
        ),
        (
            "a copy that is missing here and not there",
            "SELECT count(*) AS n FROM custody h JOIN copies c ON c.cluster_id = h.cluster_id AND c.id = h.copy_id
             WHERE (h.place = 'missing') <> (c.state = 'missing')",
        ),
        (
            "a chain of custody with a hole",
            "SELECT count(*) AS n FROM (SELECT max(n) AS last, count(*) AS links FROM custody_chain GROUP BY cluster_id, copy_id) AS chains
             WHERE last <> links",
        ),
        (
            "a chain of custody that ends elsewhere than the copy is",
            "SELECT count(*) AS n FROM custody h JOIN custody_chain l ON l.cluster_id = h.cluster_id AND l.copy_id = h.copy_id
             WHERE l.n = (SELECT max(n) FROM custody_chain m WHERE m.cluster_id = h.cluster_id AND m.copy_id = h.copy_id)
                 AND (l.place <> h.place OR l.school_id <> h.school_id OR COALESCE(l.booking_id, 0) <> COALESCE(h.booking_id, 0)
                     OR COALESCE(l.to_school_id, 0) <> COALESCE(h.to_school_id, 0) OR COALESCE(l.handover_id, 0) <> COALESCE(h.handover_id, 0))",
        ),
        (
            "a journey planned for a booking that is not live",
            "SELECT count(*) AS n FROM legs l JOIN bookings b ON b.cluster_id = l.cluster_id AND b.id IN (l.from_booking_id, l.to_booking_id)
             WHERE l.state = 'planned' AND b.state NOT IN ('requested', 'confirmed')",
        ),
        (
            "a box on its way by a handover that is over",
            "SELECT count(*) AS n FROM custody h JOIN handovers g ON g.cluster_id = h.cluster_id AND g.id = h.handover_id
             WHERE h.place = 'transit' AND g.state <> 'given'",
        ),
        ("copies whose plan nobody has followed up", "SELECT count(*) AS n FROM unsettled"),
    ];
    for (what, sql) in none {
        assert_eq!(raw.number(sql), 0, "{what}");
    }
}
