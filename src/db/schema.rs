//! The tables, as diesel sees them on both engines. Written by hand, held to the migrations by the parity test.
// diesel::table! writes a public module for each table, whose docs are the migrations.
#![allow(missing_docs)]

diesel::table! {
    clusters (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        cohort_year -> Nullable<Integer>,
        nation -> Text,
        version -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    settings (cluster_id) {
        cluster_id -> BigInt,
        longest_loan_days -> Integer,
        furthest_ahead_days -> Nullable<Integer>,
        shortest_notice_days -> Integer,
        most_live_bookings -> Integer,
        turnaround_days -> Integer,
        approval_needed -> Bool,
        non_school_days -> Bool,
        mail_from_hour -> Integer,
        mail_to_hour -> Integer,
        transit_days -> Integer,
        asset_threshold_pence -> BigInt,
        electrical_test_months -> Integer,
        offer_days -> Integer,
        digest_on -> Nullable<Date>,
        longest_loan_unit -> Text,
        half_term_news -> Bool,
        undo_minutes -> Integer,
    }
}

diesel::table! {
    schools (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        urn -> Nullable<Text>,
        name -> Text,
        short_name -> Text,
        letters -> Text,
        address -> Text,
        postcode -> Text,
        trust -> Text,
        phone -> Text,
    }
}

diesel::table! {
    memberships (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        school_id -> BigInt,
        joined_on -> Date,
        left_on -> Nullable<Date>,
        sabbatical_from -> Nullable<Date>,
        sabbatical_to -> Nullable<Date>,
        sabbatical_review_on -> Nullable<Date>,
        leave_reason -> Text,
    }
}

diesel::table! {
    people (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        created_at -> Timestamp,
        erased_at -> Nullable<Timestamp>,
        rhythm -> Text,
        phone -> Text,
    }
}

diesel::table! {
    roles (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        person_id -> BigInt,
        kind -> Text,
        school_id -> Nullable<BigInt>,
        from_day -> Date,
        to_day -> Nullable<Date>,
    }
}

diesel::table! {
    sign_in_links (token_hash) {
        token_hash -> Text,
        person_id -> BigInt,
        next_path -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        token_hash -> Text,
        person_id -> BigInt,
        user_agent -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    terms (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        season -> Text,
        academic_year -> Integer,
        first_day -> Date,
        last_day -> Date,
        half_first -> Nullable<Date>,
        half_last -> Nullable<Date>,
    }
}

diesel::table! {
    closures (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        school_id -> Nullable<BigInt>,
        kind -> Text,
        first_day -> Date,
        last_day -> Date,
        note -> Text,
    }
}

diesel::table! {
    resources (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        kind -> Text,
        name -> Text,
        summary -> Text,
        strand -> Text,
        topic -> Text,
        icon -> Text,
        year_from -> Integer,
        year_to -> Integer,
        approval_needed -> Bool,
        turnaround_days -> Nullable<Integer>,
        search_words -> Text,
        longest_loan_unit -> Nullable<Text>,
        longest_loan_days -> Nullable<Integer>,
    }
}

diesel::table! {
    copies (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        resource_id -> BigInt,
        tag -> Text,
        code -> Text,
        home_school_id -> BigInt,
        state -> Text,
        state_note -> Text,
    }
}

diesel::table! {
    contents_lines (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        resource_id -> BigInt,
        position -> Integer,
        item -> Text,
        quantity -> Integer,
        consumable -> Bool,
        essential -> Bool,
        care_note -> Text,
    }
}

diesel::table! {
    days (day) {
        day -> Date,
    }
}

diesel::table! {
    bookings (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        copy_id -> BigInt,
        school_id -> BigInt,
        person_id -> BigInt,
        kind -> Text,
        state -> Text,
        first_day -> Date,
        last_day -> Date,
        held_until -> Date,
        class_name -> Text,
        purpose -> Text,
        pupils -> Nullable<Integer>,
        collected_on -> Nullable<Date>,
        returned_on -> Nullable<Date>,
        sequence -> Integer,
        request_key -> Text,
        override_reason -> Text,
        ended_reason -> Text,
        repeated_from -> Nullable<BigInt>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        keeper_id -> Nullable<BigInt>,
        offer_until -> Nullable<Timestamp>,
        unfetched_settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    booked_days (cluster_id, copy_id, day) {
        cluster_id -> BigInt,
        copy_id -> BigInt,
        day -> Date,
        booking_id -> BigInt,
    }
}

diesel::table! {
    messages (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        kind -> Text,
        subject -> Text,
        day -> Date,
        person_id -> Nullable<BigInt>,
        to_address -> Text,
        to_name -> Text,
        reason -> Text,
        title -> Text,
        text_body -> Text,
        html_body -> Text,
        calendar -> Nullable<Text>,
        calendar_method -> Nullable<Text>,
        state -> Text,
        attempts -> Integer,
        next_attempt_at -> Timestamp,
        claimed_by -> Nullable<Text>,
        last_error -> Text,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        unsubscribe -> Text,
    }
}

diesel::table! {
    feeds (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        person_id -> BigInt,
        resource_id -> Nullable<BigInt>,
        token -> Text,
        created_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    changes (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        at -> Timestamp,
        person_id -> Nullable<BigInt>,
        about -> Text,
        about_id -> Text,
        verb -> Text,
        before -> Text,
        after -> Text,
    }
}

diesel::table! {
    former_names (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        school_id -> BigInt,
        name -> Text,
        short_name -> Text,
        until_day -> Date,
    }
}

diesel::table! {
    lead_schools (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        school_id -> BigInt,
        from_day -> Date,
        to_day -> Nullable<Date>,
    }
}

diesel::table! {
    invitations (cluster_id, id) {
        cluster_id -> BigInt,
        id -> BigInt,
        email -> Text,
        name -> Text,
        kind -> Text,
        school_id -> Nullable<BigInt>,
        from_day -> Date,
        to_day -> Nullable<Date>,
        token_hash -> Text,
        invited_by -> Nullable<BigInt>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        accepted_at -> Nullable<Timestamp>,
        accepted_by -> Nullable<BigInt>,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    email_changes (id) {
        id -> BigInt,
        person_id -> BigInt,
        new_email -> Text,
        old_token_hash -> Text,
        new_token_hash -> Text,
        old_confirmed_at -> Nullable<Timestamp>,
        new_confirmed_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    muted_kinds (person_id, kind) {
        person_id -> BigInt,
        kind -> Text,
    }
}

diesel::table! {
    identities (issuer, subject) {
        issuer -> Text,
        subject -> Text,
        person_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    identity_flows (state_hash) {
        state_hash -> Text,
        provider -> Text,
        nonce -> Text,
        verifier -> Text,
        visitor_hash -> Text,
        next_path -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    set_up_tokens (token_hash) {
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    passkeys (person_id, id) {
        person_id -> BigInt,
        id -> BigInt,
        credential_id -> Text,
        name -> Text,
        credential -> Text,
        created_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    passkey_flows (flow_hash) {
        flow_hash -> Text,
        person_id -> Nullable<BigInt>,
        holder_hash -> Text,
        state -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    passkey_seals (secret) {
        secret -> Text,
    }
}

diesel::table! {
    probes (id) {
        id -> BigInt,
    }
}

mod handing;
pub use handing::*;

diesel::joinable!(roles -> people (person_id));
diesel::joinable!(sessions -> people (person_id));

diesel::allow_tables_to_appear_in_same_query!(
    clusters,
    settings,
    schools,
    memberships,
    people,
    roles,
    sign_in_links,
    sessions,
    terms,
    closures,
    resources,
    copies,
    contents_lines,
    days,
    bookings,
    booked_days,
    messages,
    feeds,
    changes,
    former_names,
    lead_schools,
    invitations,
    email_changes,
    muted_kinds,
    identities,
    identity_flows,
    set_up_tokens,
    passkeys,
    passkey_flows,
    passkey_seals,
    probes,
    custody,
    custody_chain,
    unsettled,
    meetings,
    legs,
    handovers,
    counts,
    count_lines,
    photos,
    file_days,
    finds,
    waits,
    unsubscribe_links,
    digest_items,
    pending_acts
);
