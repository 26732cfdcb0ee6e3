"""Management: actions by hand and through the queue, deactivation, removal on the Webex side, key rotation."""

import json

import tap
from lab import LabCase, POLICY, REMOVAL_S, until


class Manage(LabCase):
    def quick(self, policy=POLICY):
        """The queue answers every second, so that what happened to the tokens is noticed soon."""
        return self.lab(policy, sandbox=["--poll-wait", "1s"])

    def act(self, lab, action, *options, jwt=None):
        return lab.run("action", *options, "-", stdin=jwt or lab.new_code("--action", action))

    def signs_out(self, lab):
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")

    def integration(self, lab):
        return lab.control("world")["integration"]

    # --- update -------------------------------------------------------------------------------------------------------

    def test_an_update_goes_on_where_a_move_to_another_region_killed_every_token(self):
        lab = self.quick().set_up()
        lab.control("move-region eu-central-1_k")
        until(lambda: lab.status()["tokens"] == "invalid", "the tokens are known to be dead")
        self.assertEqual(lab.status()["operational"], "outage")
        self.assertTrue(lab.worker.running())
        jwt = lab.new_code("--action", "update")
        done = self.act(lab, "update", jwt=jwt)
        self.assertEqual((done.code, done.out), (0, ""), done)  # 204: no content
        until(lambda: lab.status()["tokens"] == "valid", "the new token works")
        self.assertEqual(lab.status()["region"], "eu-central-1_k")
        self.signs_out(lab)
        again = self.act(lab, "update", jwt=jwt)
        self.assertEqual((again.code, again.out), (4, ""), again)
        self.assertIn("replayed", again.err)
        self.signs_out(lab)

    def test_an_update_without_a_token_goes_on_with_the_one_of_before(self):
        for running in (True, False):
            lab = self.quick()
            lab.activate()
            if running:
                lab.run_worker()
            jwt = lab.new_code("--action", "update", "--drop", "refreshToken", "--set", "region=us-west-2_r")
            lab.control("fault patch 503 times=1")
            self.assertEqual(self.act(lab, "update", jwt=jwt).code, 6)  # nothing is spent, and what stood stands
            done = self.act(lab, "update", jwt=jwt)
            self.assertEqual((done.code, done.out), (0, ""), done)
            if not running:
                lab.run_worker()
            self.assertEqual(lab.status()["region"], "us-west-2_r")
            self.signs_out(lab)
            self.assertTrue(all(r["status"] == 200 for r in lab.requests("token")))

    def test_an_update_whose_token_is_refused_leaves_what_stood(self):
        lab = self.quick().set_up()
        done = self.act(lab, "update", jwt=lab.new_code("--action", "update", "--set", "refreshToken=never-handed-out"))
        self.assertEqual(done.code, 5, done)
        self.signs_out(lab)

    # --- updateApproved -----------------------------------------------------------------------------------------------

    def test_an_approved_manifest_is_heard_of_through_the_queue(self):
        lab = self.quick().set_up()
        tokens, reads = len(lab.requests("token")), len(lab.requests("app"))
        lab.control("push-action updateApproved")
        until(lambda: len(lab.requests("token")) == tokens + 1 and len(lab.requests("app")) > reads,
              "a new token is got, and appUrl is read with it")
        self.assertIn("a new version of the manifest was approved", lab.worker.err)
        self.signs_out(lab)
        self.assertEqual(len(lab.requests("token")), tokens + 1)

    def test_an_approved_manifest_is_taken_by_hand_with_a_worker_and_without(self):
        lab = self.quick()
        lab.activate()
        tokens = len(lab.requests("token"))
        done = self.act(lab, "updateApproved", "--json")
        self.assertEqual((done.code, done.json()), (0, {"status": 204, "body": None}), done)
        self.assertEqual(len(lab.requests("token")), tokens + 1)
        lab.run_worker()
        done = self.act(lab, "updateApproved")
        self.assertEqual((done.code, done.out), (0, ""), done)
        self.assertEqual(len(lab.requests("token")), tokens + 2)
        self.assertTrue(all(r["status"] == 200 for r in lab.requests("token")))
        self.signs_out(lab)

    def test_what_the_policy_needs_is_asked_for_and_approved(self):
        lab = self.quick().set_up()
        self.assertIn("Nothing is missing", lab.run("manifest", "--request-update").out)
        lab.control("grant commands Bookings.List UserInterface.Message.Alert.Display Bookings.Delete")
        done = lab.run("manifest", "--request-update")
        self.assertEqual(done.code, 0, done)
        self.assertIn("Webex.Registration.Logout", done.out)
        asked = self.integration(lab)["updateRequest"]["newManifest"]
        self.assertEqual(asked["manifestVersion"], 3)
        self.assertIn({"path": "Webex.Registration.Logout", "access": "required"}, asked["xapiAccess"]["commands"])
        # The worker hears of what was granted, and of what waits.
        lab.control("push-action updateApproved --set manifestVersion=2")
        pending = until(lambda: lab.status()["updateRequest"], "the request shows")
        self.assertEqual(pending, {"state": "pending", "manifestVersion": 3})
        until(lambda: any("Webex.Registration.Logout" in alert for alert in lab.status()["alerts"]),
              "what is missing shows")
        lab.control("desk-1 set stubborn on", "desk-1 sign-in anna@example.com")
        lab.control("approve-update", "push-action updateApproved")
        lab.wait_for_signed_out("desk-1")
        status = until(lambda: (found := lab.status())["updateRequest"] is None and found, "nothing waits any more")
        self.assertEqual(status["manifestVersion"], 3)
        self.assertNotIn("Webex.Registration.Logout", json.dumps(status["alerts"]))

    # --- healthCheck --------------------------------------------------------------------------------------------------

    def health(self, lab):
        done = self.act(lab, "healthCheck")
        self.assertEqual(done.code, 0, done)
        return done.json()

    def test_a_health_check_answers_as_the_guide_says(self):
        lab = self.quick()
        lab.activate()
        self.assertEqual(self.health(lab), {"operationalState": "outage", "tokensState": "valid"})
        lab.run_worker()
        until(lambda: lab.status()["operational"] == "operational", "all is well")
        self.assertEqual(self.health(lab), {"operationalState": "operational", "tokensState": "valid"})
        lab.control("fault app 503 times=1")
        self.assertEqual(self.health(lab)["tokensState"], "unknown")
        # The access token is dead and the worker gets another one.
        lab.control("revoke access")
        self.assertEqual(self.health(lab)["tokensState"], "valid")
        lab.control("revoke refresh", "revoke access")
        self.assertEqual(self.health(lab), {"operationalState": "outage", "tokensState": "invalid"})

    def test_a_health_check_without_a_worker_renews_the_token_by_itself(self):
        lab = self.quick()
        lab.activate()
        lab.control("revoke access")
        self.assertEqual(self.health(lab)["tokensState"], "valid")
        lab.run_worker()
        self.signs_out(lab)
        self.assertTrue(all(r["status"] == 200 for r in lab.requests("token")))

    def test_the_request_that_webex_posts_is_taken_as_it_is(self):
        lab = self.quick()
        code = json.dumps({"jwt": lab.code})
        self.assertEqual(lab.run("activate", "-", stdin=code).code, 0)
        posted = lab.root / "posted.json"
        posted.write_text(json.dumps({"jwt": lab.new_code("--action", "healthCheck")}))
        done = lab.run("action", "--json", f"@{posted}")
        self.assertEqual(done.json(), {"status": 200,
                                       "body": {"operationalState": "outage", "tokensState": "valid"}}, done)

    # --- deprovision and deactivate -----------------------------------------------------------------------------------

    def assert_forgotten(self, lab):
        self.assertFalse(lab.status()["activated"])
        for command in (["run"], ["devices"], ["bookings"], ["explain", "desk-1"], ["sign-out", "desk-1"],
                        ["action", "x.y.z"]):
            done = lab.run(*command)
            self.assertEqual(done.code, 3, done)
        self.assertNotIn("queue", self.integration(lab))

    def test_a_deprovisioned_integration_ends_the_worker_and_leaves_nothing(self):
        lab = self.quick().set_up()
        self.signs_out(lab)
        lab.worker_expected = {0, 8}
        done = self.act(lab, "deprovision")
        self.assertEqual((done.code, done.out), (0, ""), done)
        self.assertEqual(lab.worker.ended().code, 8)
        self.assert_forgotten(lab)
        lab.activate(lab.new_code())
        lab.run_worker()
        self.signs_out(lab)

    def test_a_deprovision_through_the_queue_ends_the_worker_with_8(self):
        lab = self.quick().set_up()
        lab.worker_expected = {8}
        lab.control("push-action deprovision")
        self.assertEqual(lab.worker.ended().code, 8)
        self.assertEqual(lab.run("run").code, 3)

    def test_deactivate_removes_the_queue_and_the_state(self):
        for running in (False, True):
            lab = self.quick()
            lab.activate()
            (lab.state / "data.mdb.schema-1").write_bytes(b"what an upgrade has kept")
            if running:
                lab.run_worker()
                lab.worker_expected = {8}
            done = lab.run("deactivate", "--json")
            self.assertEqual((done.code, done.json()), (0, {"deactivated": True}), done)
            if running:
                self.assertEqual(lab.worker.ended().code, 8)
            self.assert_forgotten(lab)
            self.assertFalse((lab.state / "data.mdb.schema-1").exists())
            self.assertEqual(lab.run("deactivate").code, 0)  # nothing is left to be removed

    def test_deactivate_that_cannot_tell_webex_removes_nothing_unless_forced(self):
        lab = self.quick()
        lab.activate()
        lab.control("fault patch 503")
        done = lab.run("deactivate")
        self.assertEqual(done.code, 6, done)
        self.assertIn("--force", done.err)
        self.assertTrue(lab.status()["activated"])
        lab.control("fault off", "revoke access", "revoke refresh")
        done = lab.run("deactivate")
        self.assertEqual(done.code, 5, done)
        self.assertTrue(lab.status()["activated"])
        self.assertEqual(lab.run("deactivate", "--force").code, 0)
        self.assertFalse(lab.status()["activated"])
        self.assertEqual(self.integration(lab)["queue"]["state"], "enabled")

    # --- removed on the Webex side ------------------------------------------------------------------------------------

    def test_a_removed_integration_is_cleaned_up_and_can_be_activated_anew(self):
        lab = self.quick().set_up()
        self.signs_out(lab)
        decided = len(lab.records())
        lab.worker_expected = {0, 8}
        lab.control("fault app 410", "fault poll 410")
        done = lab.worker.ended(REMOVAL_S)
        self.assertEqual(done.code, 8, done)
        self.assertIn("hotdeskd activate CODE", done.err)
        lab.control("fault off")
        self.assertEqual(lab.run("run").code, 3)
        lab.activate(lab.new_code())  # no --replace: nothing stands any more
        self.assertGreaterEqual(len(lab.records()), decided)  # what was decided is still told
        lab.run_worker()
        self.signs_out(lab)

    def test_a_queue_that_somebody_removed_ends_the_worker_with_8(self):
        lab = self.quick().set_up()
        lab.worker_expected = {8}
        lab.control("remove-queue")
        done = lab.worker.ended(REMOVAL_S)
        self.assertEqual(done.code, 8, done)
        self.assertIn("its queue is gone", done.err)

    # --- keys ---------------------------------------------------------------------------------------------------------

    def test_rotated_keys_are_fetched_and_old_codes_refused(self):
        lab = self.quick()
        old = lab.new_code()
        lab.set_up()
        stale = lab.new_code("--action", "healthCheck")
        lab.control("rotate-key")
        reads = len(lab.requests("app"))
        lab.control("push-action updateApproved")
        until(lambda: len(lab.requests("app")) > reads, "the action was understood")
        for command, jwt in (("activate", old), ("action", stale)):
            done = lab.run(command, *(["--replace"] if command == "activate" else []), "-", stdin=jwt)
            self.assertEqual(done.code, 4, done)
            self.assertIn("unknown key", done.err)

    def test_the_url_for_actions_is_told_when_activating(self):
        lab = self.quick()
        text = lab.config.read_text()
        lab.config.write_text(text.replace("[integration]\n", '[integration]\nactions_url = '
                                           '"https://desks.example.com/actions"\n', 1))
        lab.activate()
        self.assertEqual(self.integration(lab)["actionsUrl"], "https://desks.example.com/actions")


if __name__ == "__main__":
    tap.main()
