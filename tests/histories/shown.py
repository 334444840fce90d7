"""Which plays docs/stages.md shows, in which order, and what their paths are called."""

from collections.abc import Mapping

# The first of a flow is shown whole, the others where they differ from one of those.
PATHS: Mapping[str, Mapping[str, str]] = {
    "staged_deactivation": {
        "everything_happens_at_once_except_the_removal": "Leaving",
        "event_that_was_delivered_goes_on_when_the_log_has_it": "An event that Okta delivered",
        "event_that_is_in_no_log_an_hour_later_ends_the_run_unseen_and_nobody_was_claimed": (
            "A delivered event that Okta's System Log does not have"
        ),
        "released_run_goes_on": "Leaving as one of a wave, and released",
        "released_run_reads_okta_again_before_it_goes_on": "Back in Okta while held",
        "user_who_is_entitled_again_when_the_delay_is_over_is_given_everything_back": (
            "Back in Okta when the delay is over"
        ),
        "leaver_whose_account_is_somebody_elses_at_the_second_look_too_ends_and_touches_nothing": (
            "An account that belongs to another user"
        ),
        "nothing_is_done_to_the_account_before_the_run_in_its_row_has_ended": (
            "Taking the account over from an earlier run"
        ),
        "synchronised_account_that_stayed_disabled_is_looked_at_once_after_four_hours": (
            "An account that Active Directory rules"
        ),
        "person_who_is_not_managed_is_none_of_our_business": "Not under management",
        "newer_event_cancels_the_timer_and_ends_the_run_without_another_step": "A newer event during the delay",
        "nothing_is_done_to_the_account_before_the_earlier_run_has_ended": "Taking the person over from an earlier run",
        "operators_retry_runs_the_step_again": "A step that cannot be done, and is retried",
        "license_the_tenant_does_not_let_go_is_skipped": "A license that the tenant does not remove, skipped",
        "operator_extends_the_delay": "More time",
        "operator_keeps_the_licenses": "The licenses kept",
        "leaving_one_of_two_groups_takes_the_licenses_of_that_group_and_leaves_the_account_alone": (
            "Leaving one of several groups"
        ),
        "activation_under_way_is_brought_to_its_end_by_whoever_took_the_person_over": (
            "Entitled, and an activation is under way"
        ),
    },
    "activation": {
        "account_is_enabled_before_the_licenses_are_given_and_the_manager_told": "Returning, and new in a group",
        "nobody_is_mailed_when_nothing_changed": "Nothing to give",
        "wait_for_a_seat_goes_on_although_nobody_could_be_told": "Short of a seat",
        "license_the_tenant_refuses_is_skipped_and_the_flow_comes_to_its_end": (
            "A license that the tenant does not give, skipped"
        ),
        "who_is_not_entitled_after_all_is_not_enabled": "Not entitled",
        "account_that_is_being_provisioned_is_waited_for": "An account that is being made",
        "account_that_somebody_else_disabled_is_enabled_when_an_operator_says_retry": (
            "An account that somebody else disabled"
        ),
        "returner_is_looked_at_again_three_minutes_after_a_hand_over": "Taking the account over from an earlier run",
        "deactivation_under_way_is_brought_to_its_end_when_the_person_is_not_entitled": (
            "Not entitled, and a deactivation is under way"
        ),
    },
}
OTHERS: Mapping[str, Mapping[str, str]] = {
    "store_licenses": {
        "group_and_clear_first_are_handed_on": "all goes well",
        "okta_that_refuses_ends_the_store_with_the_reason": "the groups cannot be found",
    },
    "clear_licenses": {"clear_empties_every_group_that_has_rows": "all goes well"},
    "reconcile_members": {
        "apply_starts_the_flows_in_chunks_and_all_steps_know_when_the_check_began": "drift is found, and mended",
        "operators_are_told_once_by_a_run_of_its_own": "drift is found, and only told of",
        "groups_that_cannot_be_found_end_the_check": "something cannot be read",
    },
    "tell_operators": {
        "operators_are_told_and_the_run_says_what_became_of_the_mail": "all goes well",
        "notice_that_can_never_be_mailed_ends_the_run_with_the_reason": "the mail cannot be written",
    },
    "deliver_mails": {
        "delivery_goes_on_while_there_is_more_and_counts_what_was_sent": "all goes well",
        "delivery_that_was_of_no_use_for_a_day_ends_and_says_why": "no mail goes out for a day",
    },
    "fan_out": {
        "progress_is_shown_chunk_by_chunk": "all goes well",
        "chunk_that_is_refused_for_good_is_insisted_on_too": "the task hub refuses for a while",
    },
}
