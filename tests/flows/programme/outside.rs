//! Carriers, and what they are told of us.

flows! {
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
        untrusted_carrier_asserts names_with_odd_quotes anonymous_callers numbers_can_be_dialled_back;
    sent_on:
        transfer_shows_the_house transfer_shows_the_agent transfer_shows_the_customer
        customer_cannot_be_shown warm_transfer_shows_the_same transfer_with_a_prefix
        forward_shows_the_customer forward_says_why deflected_while_it_rings
        customer_without_a_number
        forwarded_call_comes_back;
    class_of_service:
        expensive_numbers_are_refused expensive_numbers_are_allowed too_many_calls_at_once
        too_many_calls_in_an_hour failover_is_one_call transfers_obey transfers_count
        transfers_within_the_carrier_obey forwards_obey clicks_obey;
    emergency:
        however_it_is_dialled never_withheld no_limit_holds_it_up every_trunk_in_turn nobody_is_given_up
        shows_where_it_is by_every_way_out behind_a_ban another_call_makes_room;
    numbers:
        dialled_as_people_write_them called_as_carriers_write_them callers_as_carriers_write_them
        what_no_telephone_can_dial;
    click_to_dial:
        answered to_a_colleague busy busy_and_agent_hangs_up nobody_answers_there
        agent_does_not_answer agent_declines agent_hangs_up_while_it_rings what_cannot_be
        order_hangs_up handed_on the_far_end_says_why;
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
        two_accounts_at_one_carrier
        the_narrower_network_decides
        registrar_renames_our_contact
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
}
