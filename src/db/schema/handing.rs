//! The tables of handovers, and of acts that wait.
// diesel::table! writes a public module for each table, whose docs are the migrations.
#![allow(missing_docs)]

diesel::table! {
    custody (cluster_id, copy_id) {
        cluster_id -> BigInt,
        copy_id -> BigInt,
        place -> Text,
        school_id -> BigInt,
        booking_id -> Nullable<BigInt>,
        to_school_id -> Nullable<BigInt>,
        handover_id -> Nullable<BigInt>,
        person_id -> Nullable<BigInt>,
        since -> Timestamp,
        short_essentials -> Text,
        look_on -> Date,
    }
}

diesel::table! {
    custody_chain (cluster_id, copy_id, n) {
        cluster_id -> BigInt,
        copy_id -> BigInt,
        n -> BigInt,
        place -> Text,
        school_id -> BigInt,
        booking_id -> Nullable<BigInt>,
        to_school_id -> Nullable<BigInt>,
        handover_id -> Nullable<BigInt>,
        person_id -> Nullable<BigInt>,
        since -> Timestamp,
    }
}

diesel::table! {
    unsettled (cluster_id, copy_id) {
        cluster_id -> BigInt,
        copy_id -> BigInt,
    }
}

diesel::table! {
    meetings (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        day -> Date,
        school_id -> Nullable<BigInt>,
        place -> Text,
        note -> Text,
        cancelled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    legs (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        copy_id -> BigInt,
        from_booking_id -> Nullable<BigInt>,
        to_booking_id -> Nullable<BigInt>,
        from_school_id -> BigInt,
        to_school_id -> BigInt,
        day -> Date,
        way -> Text,
        meeting_id -> Nullable<BigInt>,
        note -> Text,
        agreed -> Bool,
        proposed_by -> Nullable<BigInt>,
        proposed_school_id -> Nullable<BigInt>,
        proposed_day -> Nullable<Date>,
        proposed_way -> Nullable<Text>,
        proposed_meeting_id -> Nullable<BigInt>,
        proposed_note -> Text,
        proposed_at -> Nullable<Timestamp>,
        state -> Text,
        revision -> Integer,
        told -> Bool,
        look_on -> Date,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    handovers (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        copy_id -> BigInt,
        leg_id -> Nullable<BigInt>,
        from_booking_id -> Nullable<BigInt>,
        to_booking_id -> Nullable<BigInt>,
        from_school_id -> BigInt,
        to_school_id -> Nullable<BigInt>,
        state -> Text,
        given_by -> Nullable<BigInt>,
        given_at -> Nullable<Timestamp>,
        given_condition -> Text,
        given_note -> Text,
        received_by -> Nullable<BigInt>,
        received_at -> Nullable<Timestamp>,
        received_condition -> Text,
        received_note -> Text,
        refusal -> Text,
        differs -> Bool,
        settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    counts (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        handover_id -> Nullable<BigInt>,
        copy_id -> BigInt,
        side -> Text,
        school_id -> Nullable<BigInt>,
        booking_id -> Nullable<BigInt>,
        condition -> Text,
        note -> Text,
        person_id -> BigInt,
        how -> Text,
        counted_at -> Timestamp,
        request_key -> Text,
    }
}

diesel::table! {
    count_lines (cluster_id, count_id, line_id) {
        cluster_id -> BigInt,
        count_id -> BigInt,
        line_id -> BigInt,
        position -> Integer,
        item -> Text,
        quantity -> Integer,
        expected -> Integer,
        consumable -> Bool,
        essential -> Bool,
        counted -> Nullable<Integer>,
        loose -> Nullable<Text>,
        why -> Nullable<Text>,
        note -> Text,
    }
}

diesel::table! {
    photos (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        count_id -> BigInt,
        content_type -> Text,
        bytes -> Binary,
    }
}

diesel::table! {
    file_days (cluster_id, school_id) {
        cluster_id -> BigInt,
        school_id -> BigInt,
        day -> Date,
        files -> Integer,
        bytes -> BigInt,
    }
}

diesel::table! {
    finds (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        copy_id -> BigInt,
        words -> Text,
        found_at -> Timestamp,
        done_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    waits (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        resource_id -> BigInt,
        copy_id -> Nullable<BigInt>,
        school_id -> BigInt,
        person_id -> BigInt,
        first_day -> Date,
        last_day -> Date,
        class_name -> Text,
        purpose -> Text,
        state -> Text,
        booking_id -> Nullable<BigInt>,
        request_key -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    unsubscribe_links (token_hash) {
        token_hash -> Text,
        person_id -> BigInt,
        kind -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    digest_items (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        person_id -> BigInt,
        kind -> Text,
        subject -> Text,
        day -> Date,
        title -> Text,
        url -> Text,
        due_on -> Date,
        done_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    pending_acts (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        kind -> Text,
        about -> Text,
        about_id -> BigInt,
        school_id -> Nullable<BigInt>,
        person_id -> BigInt,
        body -> Text,
        created_at -> Timestamp,
        until -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        outcome -> Text,
    }
}
