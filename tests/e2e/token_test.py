"""Tokens: got ahead of time or when refused, one at a time, and never a refresh token twice."""

import os
import re
import signal

import tap
from lab import LabCase, until

GROUP = os.environ.get("E2E_GROUP", "")


class TokenCase(LabCase):
    def token_lab(self, *options):
        return self.lab(sandbox=["--poll-wait", "3s", *options]).set_up()

    def token_statuses(self, lab):
        return [r["status"] for r in lab.requests("token")]

    def refused(self, lab, endpoint):
        return sum(r["status"] == 401 for r in lab.requests(endpoint))


class A(TokenCase):
    def test_a_poll_that_is_refused_gets_one_new_token(self):
        lab = self.token_lab()
        before = len(lab.requests("token"))
        polls = len(lab.requests("poll"))
        lab.control("revoke access", "desk-1 presence Yes")
        until(lambda: self.refused(lab, "poll") == 1, "a poll is refused")
        until(lambda: lab.control("world")["pollOutstanding"] and len(lab.requests("poll")) > polls + 1,
              "a poll is taken again")
        self.assertEqual(self.token_statuses(lab)[before:], [200])
        self.assertEqual(self.refused(lab, "poll"), 1)
        self.assertEqual(lab.status()["tokens"], "valid")

    def test_many_refused_calls_share_one_new_token(self):
        lab = self.lab(sandbox=["--poll-wait", "3s"], desks=12)
        lab.set_up()
        before = len(lab.requests("token"))
        # All at once: the poll and what a dozen desks need are refused with the old token.
        lab.control("revoke access",
                    *(f"desk-{i} set stubborn on" for i in range(1, 13)),
                    *(f"desk-{i} sign-in user{i}@example.com" for i in range(1, 13)))
        for i in range(1, 13):
            lab.wait_for_signed_out(f"desk-{i}")
        self.assertEqual(self.token_statuses(lab)[before:], [200])

    def test_a_command_that_is_refused_goes_out_again_with_a_new_token(self):
        lab = self.token_lab()
        lab.control("desk-1 sign-in anna@example.com", "revoke access")
        lab.wait_for_signed_out("desk-1")
        self.assertTrue(all(status == 200 for status in self.token_statuses(lab)))
        self.assertEqual([r["result"] for r in lab.records("desk-1")], ["done", "done"])

    def test_another_client_in_the_configuration_waits_for_the_restart_with_its_secret(self):
        lab = self.token_lab()
        before = len(lab.requests("token"))
        secret, text = lab.dir / "client-secret", lab.config.read_text()
        kept = secret.read_text()
        secret.write_text("of-the-next-client\n")
        lab.config.write_text(re.sub('client_id = "[^"]*"', 'client_id = "the-next-client"', text))
        lab.worker.kill(signal.SIGHUP)
        lab.wait_for_log("take effect at the next start")
        # The id of now with the secret of later would be refused.
        lab.control("revoke access", "desk-1 presence Yes")
        until(lambda: len(lab.requests("token")) > before, "a new token is asked for")
        self.assertEqual(self.token_statuses(lab)[before:], [200])
        secret.write_text(kept)
        lab.config.write_text(text)

    def test_a_token_is_renewed_before_it_ends(self):
        lab = self.token_lab("--access-token-lifetime", "12s")
        before = len(lab.requests("token"))
        until(lambda: len(lab.requests("token")) >= before + 2, "the token is renewed twice")
        self.assertEqual(set(self.token_statuses(lab)), {200})
        self.assertEqual(sum(r["status"] == 401 for r in lab.requests()), 0)


class B(TokenCase):
    def test_a_token_server_that_is_down_is_asked_again(self):
        lab = self.token_lab()
        lab.control("fault token 503 times=1", "revoke access", "desk-1 presence Yes")
        until(lambda: 503 in self.token_statuses(lab), "the token server fails")
        until(lambda: self.token_statuses(lab)[-1] == 200, "it is asked again")
        until(lambda: lab.control("world")["pollOutstanding"], "the worker polls again")
        lab.control("desk-2 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-2")

    def test_a_refresh_token_that_was_lost_on_the_way_is_said_and_mended_by_a_new_code(self):
        lab = self.token_lab()
        # Answered, but cut: the cloud has forgotten the old token, and the new one never arrived.
        lab.control("fault token reset times=1", "revoke access", "desk-1 presence Yes")
        until(lambda: lab.status()["tokens"] == "invalid", "the tokens are known to be invalid")
        status = lab.status()
        self.assertEqual(status["operational"], "outage")
        self.assertIsNotNone(status["lastError"])
        self.assertIn("hotdeskd activate --replace", lab.worker.err)
        self.assertTrue(lab.worker.running())
        lab.activate(lab.new_code(), "--replace")
        until(lambda: lab.status()["tokens"] == "valid", "the new activation works")
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")


class C(TokenCase):
    def test_a_refresh_token_that_was_revoked_is_said(self):
        lab = self.token_lab()
        lab.control("revoke refresh", "revoke access", "desk-1 presence Yes")
        until(lambda: lab.status()["tokens"] == "invalid", "the tokens are known to be invalid")
        self.assertEqual(lab.status()["operational"], "outage")
        # Refused for good: asking again would be no use.
        refused = len(lab.requests("token"))
        self.assertEqual(lab.run("sign-out", "desk-1", "--json").json()["outcome"], "unknown")
        self.assertEqual(len(lab.requests("token")), refused)

    def test_missing_grants_for_one_desk_do_not_stop_the_others(self):
        lab = self.token_lab()
        tokens = len(lab.requests("token"))
        lab.control("fault command 403 desk=desk-1", "desk-1 set stubborn on", "desk-1 sign-in anna@example.com",
                    "desk-2 sign-in bob@example.com")
        lab.wait_for_signed_out("desk-2")
        until(lambda: any(r["result"].startswith("failed") for r in lab.records("desk-1")) or
              any(r["status"] == 403 for r in lab.requests("command")), "the refusal is seen")
        lab.control("desk-2 sign-in bob@example.com")
        lab.wait_for_signed_out("desk-2")
        self.assertLessEqual(len(lab.requests("token")), tokens + 1)
        self.assertTrue(all(status == 200 for status in self.token_statuses(lab)))


if __name__ == "__main__":
    if GROUP:
        for name in "ABC":
            if name != GROUP:
                del globals()[name]
    del TokenCase
    tap.main()
