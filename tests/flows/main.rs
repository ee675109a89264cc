//! Every story that the switch must tell, played on a stage with virtual time.
//!
//! A flow is a function in the speakers' verbs. Its drawing is kept beside it (`calls/*.ladder.txt`) and compared
//! message by message; the referee watches the rules that hold everywhere; afterwards nothing may be left. Then
//! every flow is played again with every twist, which must not change the drawing.
//!
//! `TANDEM_REDRAW=1 cargo test --test flows` draws all of them anew; read the difference before you keep it.

#![allow(
    unreachable_pub,
    reason = "all of this is one test binary, where `pub` means: for the other files"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a flow that cannot go on says so by a panic, and tests count aloud"
)]

mod heard;
#[allow(
    dead_code,
    reason = "the ears that it was made for listen to more than the flows say"
)]
#[path = "../ears/law.rs"]
mod law;
mod on_file;
mod stage;
mod stories;
mod torture;
mod twists;

mod attended;
mod calls;
mod challenged;
mod click_to_dial;
mod codecs;
mod codes;
mod cold;
mod conference;
mod devices;
mod failover;
mod faulty;
mod forks;
mod forwarding;
mod guessers;
mod hold;
mod identity;
mod keys;
mod legs;
mod limits;
mod listeners;
mod mute;
mod pickup;
mod races;
mod reasons;
mod recording;
mod refusals;
mod registrant;
mod registration;
mod reliable;
mod routes;
mod sent_on;
mod silence;
mod timers;
mod transports;
mod trunk_health;
mod trunks;
mod updates;
mod warm;

use stage::{Stage, Twist, golden};

/// One flow: the file that it stands in, its name, and the script.
type Flow = (&'static str, &'static str, fn(&mut Stage));

/// Lists the flows, and makes a test of each.
macro_rules! flows {
    ($($act:ident: $($scene:ident)+;)+) => {
        const FLOWS: &[Flow] = &[$($((stringify!($act), stringify!($scene), $act::$scene)),+),+];
        mod play {
            $(mod $act {
                $(#[test] fn $scene() { super::super::play(stringify!($act), stringify!($scene), crate::$act::$scene); })+
            })+
        }
    };
}

flows! {
    registration:
        with_both_algorithms
        with_md5_only
        wrong_password
        unregisters
        unregisters_all
        asks_what_is_there
        too_brief
        nonce_too_old
        expires
        moves_to_another_port
        older_cseq
        adds_a_second_contact
        writes_its_contact_otherwise
        unknown_user
        credentials_are_good_once
        registers_for_somebody_else
        behind_a_nat
        unregisters_while_it_rings
        call_crosses_unregistration
        expires_while_it_rings;
    devices:
        device_restarts
        nameless_phone_restarts_often
        behind_an_edge_proxy
        outbound_is_promised_over_streams
        second_connection_takes_over
        sips_phone
        tls_contact_over_udp;
    guessers:
        a_few_wrong_passwords
        behind_one_nat
        registered_phone_moves_during_a_ban
        registered_phone_guesses
        forged_address;
    calls:
        caller_hangs_up
        callee_hangs_up
        caller_gives_up
        nobody_answers
        busy
        declined
        unknown_number
        what_no_telephone_can_dial
        not_registered
        two_phones_of_one_extension
        early_media
        cancel_crosses_answer
        answer_crosses_cancel
        both_hang_up
        answer_never_confirmed
        callee_is_dead
        no_codec_in_common
        codecs_differ
        callee_refuses_the_codecs;
    codecs:
        both_have_g722
        callee_has_no_g722
        caller_has_no_g722
        caller_has_only_g722
        carrier_has_no_g722
        carrier_plays_early_media
        carrier_offers_g722
        reinvite_keeps_the_codec
        caller_supports_100rel
        caller_requires_100rel;
    trunks:
        did_rings_all
        two_answer_at_once
        all_decline
        caller_outside_gives_up
        unknown_did
        did_with_parameters
        extension_calls_out
        carrier_is_busy
        forged_identity
        carrier_cannot_reach_extension
        carrier_must_show_its_certificate
        stranger_calls;
    identity:
        chosen_by_prefix chosen_by_account chosen_by_preference own_default choice_is_refused
        choice_is_replaced withheld withheld_from_a_stranger withholding_is_refused
        nothing_that_a_phone_claims number_formats identity_fields trusted_carrier_asserts
        untrusted_carrier_asserts anonymous_callers numbers_can_be_dialled_back;
    sent_on:
        transfer_shows_the_house transfer_shows_the_agent transfer_shows_the_customer
        customer_cannot_be_shown warm_transfer_shows_the_same transfer_with_a_prefix
        forward_shows_the_customer forwarded_call_comes_back;
    click_to_dial:
        answered to_a_colleague busy busy_and_agent_hangs_up nobody_answers_there
        agent_does_not_answer agent_declines agent_hangs_up_while_it_rings what_cannot_be
        order_hangs_up handed_on;
    hold:
        holds_and_resumes
        both_hold
        inactive
        old_hold_by_address
        carrier_holds
        offerless_call
        offerless_reinvite
        hangs_up_while_held
        consultation
        resume_fails
        port_zero
        every_way_to_say_hold;
    updates:
        holds_by_update
        carrier_moves
        two_offers_at_once
        before_the_answer
        without_common_codec;
    reliable:
        caller_requires_100rel
        caller_supports_100rel
        prack_comes_late
        prack_never_comes
        second_18x_waits_for_the_first_prack
        answer_waits_for_prack
        answer_waits_in_vain
        gives_up_while_the_answer_waits
        callee_hangs_up_while_the_answer_waits
        prack_of_something_else
        offerless_with_100rel
        prack_owes_an_answer
        prack_with_offer
        prack_with_unusable_offer
        caller_updates_early
        callee_requires_100rel
        both_are_reliable
        callee_repeats_18x
        rseq_gap
        callee_does_not_know_our_prack
        callee_dislikes_our_prack
        callee_never_answers_our_prack;
    forks:
        forked_early_dialogs
        unheard_branch_answers
        second_fork_answers_too
        each_branch_is_confirmed_for_itself
        early_media_then_busy
        codec_changes_from_183_to_200
        codec_cannot_change_after_prack
        callee_updates_early
        callee_leaves_early
        one_branch_leaves
        too_many_branches;
    timers:
        we_refresh
        they_refresh
        nobody_refreshes
        too_small
        carrier_wants_longer
        phone_is_dead
        dialog_is_gone
        refresh_refused
        both_ask_at_once
        they_ask_while_we_ask
        answer_crosses_bye;
    cold:
        to_a_colleague
        by_the_caller
        phone_does_not_hang_up
        phone_hangs_up_at_once
        busy_goes_back
        busy_and_agent_gone
        nobody_at_all
        last_resort
        wrong_number
        to_the_world
        carrier_may_not
        carrier_may
        carrier_connects
        carrier_takes_them_away
        carrier_will_not
        carrier_finds_nobody
        customer_gives_up
        without_news
        right_behind_hold
        handed_on_twice
        two_phones_ring
        phone_gives_up_when_it_is_busy
        phone_gives_up_when_it_is_refused
        agent_gives_up_when_it_is_busy
        several_find_nobody;
    attended:
        customer_to_colleague
        customer_to_the_world
        named_by_contact
        named_without_brackets
        tags_the_other_way_round
        colleague_had_called
        customer_was_called
        while_it_rings
        while_it_rings_and_hangs_up
        while_it_rings_in_vain
        customer_is_still_rung
        customer_gone_before
        with_somebody_waiting_aside
        no_such_call
        somebody_elses_call;
    warm:
        consult_together_leave
        customer_leaves_together
        colleague_leaves_together
        split_again
        completes_by_hanging_up
        completes_while_it_rings
        completes_in_vain
        swaps
        cancels
        colleague_is_busy
        colleague_hangs_up
        customer_hangs_up
        customer_hangs_up_while_it_rings
        colleague_outside
        four_together
        holds_and_hands_on
        what_cannot_be
        colleague_wants_to_hand_on
        cold_while_consulting
        holder_of_several_leaves
        who_has_handed_on_hears_nothing;
    codes:
        cold
        number_ends_by_a_pause
        warm_and_merge_and_complete
        merge_and_turn_aside
        swap_and_complete
        cancel
        cancel_while_dialling
        wrong_number_and_again
        no_number
        code_that_cannot_be
        second_consult
        digits_that_are_no_code
        code_behind_a_stray_key
        code_by_info
        keys_of_customers_pass
        customer_hangs_up_meanwhile
        agent_hangs_up_while_dialling
        colleagues_have_codes
        muted_agent_has_codes
        codes_are_off;
    keys:
        key_by_info_becomes_an_event
        key_in_rtp_becomes_an_info
        key_by_info_goes_on_as_info
        flash_is_no_key
        key_on_hold_reaches_nobody
        keys_of_the_muted
        infos_that_say_no_key;
    recording:
        key_pauses_and_resumes
        key_pressed_twice
        key_is_forbidden_by_the_house
        key_is_forbidden_to_one
        key_is_allowed_to_one
        key_of_the_customer
        key_where_nothing_is_recorded
        key_without_a_call
        codes_pause_and_resume
        code_is_forbidden
        keys_while_paused
        order_pauses_and_resumes
        resumes_by_itself
        pause_is_cut_out
        paused_through_a_hold
        paused_and_handed_on
        paused_and_handed_on_in_vain
        paused_and_consulted
        paused_and_connected
        paused_and_unpaused_become_one
        own_rule_forbids
        own_rule_allows
        trunk_forbids
        stricter_rule_ends_the_tape
        internal_call
        consult_in_a_file_of_its_own;
    silence:
        no_media_ever
        media_stops_in_a_recorded_call
        nobody_is_missed_on_hold
        silence_that_crosses_a_hold
        no_media_is_nobodys_business;
    mute:
        mutes_and_unmutes
        through_hold_and_consult
        in_a_three_way
        after_a_transfer
        taken_along_to_another_phone
        what_cannot_be;
    conference:
        calls_referred_into_it
        it_is_referred_to
        by_its_number
        all_leave
        alone
        nobody_to_hand_on
        too_many;
    pickup:
        what_rings_elsewhere
        what_was_handed_on
        own_call_from_another_phone
        no_such_call
        named_twice
        answered_meanwhile
        calls_of_others
        carrier_takes_nothing
        not_in_this_house
        call_that_was_handed_on
        what_rings_outside;
    races:
        bye_before_ack
        callee_hangs_up_before_ack
        bye_instead_of_cancel
        reinvite_before_ack
        lower_cseq
        answer_without_common_codec
        reinvite_without_common_codec
        one_phone_busy_one_gone
        phone_calls_itself
        only_phone_calls_itself
        redirected
        extension_required
        too_many_hops
        invite_again_after_answer
        invite_again_and_again
        answer_again_and_again
        early_bye_crosses_answer
        callee_reinvites_before_ack
        reinvite_crosses_bye
        callers_reinvite_crosses_bye
        bye_instead_of_ack_to_hold
        ack_after_bye
        what_does_not_fit_the_dialog
        one_phone_is_dead
        only_phone_is_dead;
    forwarding:
        to_another_extension
        to_an_outside_number
        after_ringing
        first_contact_that_can_be_reached
        one_of_a_group
        in_a_circle
        back_to_the_caller
        ever_on
        where_it_may_not_call
        forbidden
        carrier_cannot
        other_redirections
        caller_gives_up
        both_to_the_same
        our_own_call_comes_back
        hops_run_out;
    reasons:
        answered_elsewhere
        network_gives_up
        early_dialog_is_ended
        busy_for_a_while
        carrier_is_overloaded
        best_of_two
        hangs_up_because
        every_refusal_of_a_phone
        every_refusal_of_a_carrier;
    routes:
        loose_routers_before_the_caller
        strict_router_before_the_caller
        loose_routers_before_the_callee
        strict_router_before_the_callee
        proxies_before_phones
        contact_at_another_port
        tel_uris
        spellings_of_a_number
        names_in_every_script;
    refusals:
        unknown_dialog
        options
        keepalive
        wrong_password_on_call
        unknown_method
        refer_outside_of_a_call
        garbage;
    limits:
        too_many_calls
        no_ports_left
        too_many_phones_for_one_call
        too_many_transactions
        too_many_header_fields
        shutdown_with_calls
        order_hangs_up
        order_for_nobody;
    listeners:
        phone_outside
        phone_outside_over_tcp;
    failover:
        next_carrier
        each_cause_of_the_place
        no_word_on_the_place
        says_nothing
        says_it_too_late
        answers_too_late
        refuses_datagrams
        nothing_else_to_go_to
        second_address
        early_media_of_the_first_stops
        rings_and_nobody_is_there
        all_fail
        caller_gives_up_at_the_second
        wants_to_be_left_alone
        one_after_the_other_is_full
        incoming_calls_take_channels
        too_many_in_a_second
        shares_by_weight
        handed_on
        colleague_is_asked
        forwarded;
    registrant:
        registers_and_refreshes
        nonce_grows_old
        interval_too_brief
        ever_longer_intervals
        granted_for_less
        has_no_room
        wrong_password
        refused
        second_server
        all_servers_are_silent
        through_a_proxy
        over_tcp
        calls_our_contact
        calls_from_where_we_are_registered
        is_not_answered_when_we_leave;
    challenged:
        call
        by_a_proxy
        each_nonce_once
        wrong_password
        no_password
        hangs_up_and_is_challenged
        session_is_refreshed
        key_by_info
        reliable
        handed_on_by_the_carrier;
    trunk_health:
        goes_down_and_comes_back
        refuses_to_be_asked
        what_is_down_comes_last
        silence_in_a_call_counts
        cannot_be_found;
    transports:
        tcp_phone
        tcp_connection_breaks
        tcp_phone_comes_back_in_a_call
        tcp_phone_is_found_where_it_registers_again
        tcp_phone_does_not_come_back
        large_requests_of_a_udp_phone_come_over_tcp
        large_requests_to_a_carrier_go_over_tcp
        ipv6_phone;
}

fn play(act: &str, scene: &str, flow: fn(&mut Stage)) {
    let played = Stage::play(&title(act, scene), flow, Twist::Straight);
    assert!(
        played.faults.is_empty(),
        "{}\n\n{}",
        played.faults.join("\n"),
        played.drawing
    );
    golden::compare(act, scene, &played.drawing).unwrap_or_else(|difference| panic!("{difference}"));
}

fn title(act: &str, scene: &str) -> String {
    format!("{act}: {}", scene.replace('_', " "))
}
