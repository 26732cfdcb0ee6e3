"""What lies between hotdeskd and Webex: HTTP/2, proxies, bad certificates, URLs that lead elsewhere.

Through a real nginx and a real tinyproxy. What nginx logs is what left the box: where the wire is bad, nothing may.
"""

import json
import unittest

import tap
from lab import LabCase, until
from wire import Inspector, Nginx, TinyProxy, Wire, missing

#: Of the environment that the tests run in, nothing about proxies counts.
NO_PROXIES = {name: "" for stem in ("https_proxy", "all_proxy", "no_proxy") for name in (stem, stem.upper())}


class WireCase(LabCase):
    def wired(self, **options):
        if missing():
            raise unittest.SkipTest(f"not installed: {missing()}")
        lab = self.lab(**options)
        lab.extra_environment.update(NO_PROXIES)
        return Wire(lab)

    def assert_works(self, lab):
        """Activated, running, and a desk that overstays is signed out."""
        lab.set_up()
        lab.control("desk-1 sign-in anna@example.com")
        lab.wait_for_signed_out("desk-1")
        self.assertEqual(lab.status()["tokens"], "valid")

    def last_error(self, lab, words):
        return until(lambda: words in (said := lab.status()["lastError"] or "") and said,
                     f"the last error says `{words}`")


class Front(WireCase):
    def test_http_2_is_spoken_where_it_is_offered_and_nothing_below_tls_1_2(self):
        wire = self.wired().through_nginx()
        self.assert_works(wire.lab)
        seen = [json.loads(line) for line in wire.nginx.seen()]
        self.assertEqual({entry["protocol"] for entry in seen}, {"HTTP/2.0"})
        self.assertLessEqual({entry["tls"] for entry in seen}, {"TLSv1.2", "TLSv1.3"})
        self.assertTrue(any("xapi/command" in entry["request"] for entry in seen))

    def test_a_redirect_is_not_followed_by_a_token(self):
        wire = self.wired().through_nginx()
        lab = wire.lab
        elsewhere = Nginx(lab, "elsewhere").serve(wire.good)
        redirect = f"return 302 https://127.0.0.1:{elsewhere.port}$request_uri;"
        behind = f"proxy_pass {lab.real_base_url}; proxy_ssl_verify off;"
        # The keys come, so that the code is good; its refresh token is sent away to another host.
        wire.nginx.serve(wire.good, f"if ($request_method = POST) {{ {redirect} }} {behind}")
        done = lab.run("activate", "-", stdin=lab.code)
        self.assertEqual(done.code, 6, done)
        self.assertIn("a redirect: is there a proxy or a portal in between?", done.err)
        self.assertEqual(elsewhere.seen(), [])
        self.assertEqual(lab.requests("token"), [])
        # And a worker's access token.
        wire.nginx.serve(wire.good)
        lab.activate()
        wire.nginx.serve(wire.good, redirect)
        lab.run_worker(wait=False)
        self.last_error(lab, "a redirect: is there a proxy or a portal in between?")
        self.assertEqual(elsewhere.seen(), [])


class BadServers(WireCase):
    def test_a_bad_certificate_ends_an_activation_with_6_and_nothing_is_sent(self):
        wire = self.wired().through_nginx()
        lab = wire.lab
        for name, how, words in wire.bad():
            with self.subTest(name):
                wire.nginx.serve(**how)
                done = lab.run("activate", "-", stdin=lab.code)
                self.assertEqual(done.code, 6, done)
                self.assertIn(words, done.err)
                self.assertIn("TLS: ", done.err)
                self.assertEqual(wire.nginx.seen(), [])
        self.assertEqual(lab.requests(), [])
        self.assertFalse(lab.state.exists())
        wire.nginx.serve(wire.good)
        lab.activate()  # the code was not spent

    def test_a_refresh_token_does_not_leave_for_a_token_server_with_a_bad_certificate(self):
        wire = self.wired()
        lab = wire.lab
        bad = Nginx(lab, "bad")
        for name, how, words in wire.bad():
            with self.subTest(name):
                bad.serve(**how)
                # The keys come from the sandbox itself, the tokens would from `bad`.
                done = lab.run("activate", "-", stdin=lab.new_code(f"--set oauthUrl={bad.url}/v1/access_token"))
                self.assertEqual(done.code, 6, done)
                self.assertRegex(done.err, "TLS: .*localhost")
                self.assertEqual(bad.seen(), [])
        self.assertEqual({r["endpoint"] for r in lab.requests()}, {"jwks"})

    def test_a_worker_says_what_ails_a_certificate_and_sends_nothing(self):
        wire = self.wired().through_nginx()
        lab = wire.lab
        lab.activate()
        for name, how, words in wire.bad():
            with self.subTest(name):
                wire.nginx.serve(**how)
                seen = len(wire.nginx.seen())
                lab.run_worker(wait=False)
                said = self.last_error(lab, words)
                self.assertTrue(said.startswith("TLS: "), said)
                self.assertTrue(lab.worker.running())
                self.assertEqual(lab.status()["operational"], "impaired")
                self.assertEqual(lab.stop_worker().code, 0)
                self.assertEqual(wire.nginx.seen()[seen:], [])
        wire.nginx.serve(wire.good)
        lab.run_worker()

    def test_a_certificate_that_goes_bad_under_a_running_worker_is_said_and_passes(self):
        wire = self.wired(sandbox=["--poll-wait", "2s"]).through_nginx()
        lab = wire.lab
        lab.set_up()
        name, how, words = wire.bad()[2]
        wire.nginx.stop()
        seen = len(wire.nginx.seen())
        wire.nginx.serve(**how)
        lab.wait_for_log(words)
        self.last_error(lab, words)
        self.assertEqual(wire.nginx.seen()[seen:], [])
        polls = len(lab.requests("poll"))
        wire.nginx.serve(wire.good)
        lab.wait_for_poll(polls)


class Proxies(WireCase):
    PASSWORD = "pass%2Dword-of-the-proxy"  # as a URL writes it

    def through(self, lab, proxy):
        lab.config.write_text(lab.config.read_text().replace("[http]\n", f'[http]\nproxy = "{proxy}"\n', 1))

    def test_everything_goes_through_the_configured_proxy_with_its_password(self):
        wire = self.wired()
        proxy = TinyProxy(wire.lab, "tinyproxy").serve("hotdeskd", self.PASSWORD.replace("%2D", "-"))
        wire.lab.secrets_besides += [self.PASSWORD, self.PASSWORD.replace("%2D", "-")]
        self.through(wire.lab, f"http://hotdeskd:{self.PASSWORD}@localhost:{proxy.port}")
        self.assert_works(wire.lab)
        self.assertGreater(proxy.connects(), 0)

    def test_everything_goes_through_the_environments_proxy_and_nginx_with_http_2(self):
        wire = self.wired().through_nginx()
        for name in ("https_proxy", "HTTPS_PROXY"):
            with self.subTest(name):
                proxy = TinyProxy(wire.lab, name).serve("hotdeskd", "word-of-the-proxy")
                wire.lab.extra_environment.update(
                    NO_PROXIES, **{name: f"http://hotdeskd:word-of-the-proxy@localhost:{proxy.port}"})
                if name == "https_proxy":
                    self.assert_works(wire.lab)
                    self.assertIn("HTTP/2.0", wire.nginx.seen()[-1])
                else:
                    wire.lab.activate(wire.lab.new_code(), "--replace")
                self.assertGreater(proxy.connects(), 0)

    def test_a_proxy_without_its_password_or_with_a_wrong_one_is_said_and_neither_is_shown(self):
        wire = self.wired()
        lab = wire.lab
        proxy = TinyProxy(lab, "tinyproxy").serve("hotdeskd", "right-password-here")
        for login, words in (("", "the proxy wants a user name and password; give them in https_proxy"),
                             ("hotdeskd:wrong-password-here@", "the proxy does not accept the user name and password")):
            lab.extra_environment["https_proxy"] = f"http://{login}localhost:{proxy.port}"
            done = lab.run("activate", "-", stdin=lab.code)
            self.assertEqual(done.code, 6, done)
            self.assertIn(words, done.err)
            self.assertIn("https_proxy", done.err)
            self.assertNotIn("wrong-password", done.err)
        self.assertEqual(lab.requests(), [])

    def test_no_proxy_goes_around_it(self):
        wire = self.wired()
        lab = wire.lab
        proxy = TinyProxy(lab, "tinyproxy").serve()
        lab.extra_environment["https_proxy"] = f"http://localhost:{proxy.port}"
        lab.extra_environment["no_proxy"] = "example.com,localhost"
        lab.activate()
        self.through(lab, f"http://localhost:{proxy.port}")  # the same for a configured one
        lab.activate(lab.new_code(), "--replace")
        self.assertEqual(proxy.connects(), 0)

    def test_a_proxy_that_does_not_answer_is_said(self):
        wire = self.wired()
        lab = wire.lab
        proxy = TinyProxy(lab, "tinyproxy").serve()
        proxy.stop()
        lab.extra_environment["https_proxy"] = f"http://me:hidden-password@localhost:{proxy.port}"
        done = lab.run("activate", "-", stdin=lab.code)
        self.assertEqual(done.code, 6, done)
        self.assertIn("the proxy of https_proxy refuses the connection", done.err)
        self.assertNotIn("hidden", done.err)

    def test_a_proxy_that_is_none_is_a_configuration_error_and_its_text_is_not_shown(self):
        wire = self.wired()
        lab = wire.lab
        for proxy in ("gopher://me:hidden-password@localhost:1", "http://me:hidden-password@local host:1"):
            lab.extra_environment["https_proxy"] = proxy
            done = lab.run("activate", "-", stdin=lab.code)
            self.assertEqual(done.code, 2, done)
            self.assertIn("https_proxy", done.err)
            self.assertNotIn("hidden", done.err)

    def test_a_tls_inspecting_proxy_is_trusted_by_its_ca_alone(self):
        wire = self.wired()
        lab = wire.lab
        # Shows a certificate of its own for whatever host, as inspecting proxies do, and passes everything on.
        wire.nginx.serve(wire.stranger.issue())
        inspector = Inspector(wire.nginx.port)
        self.addCleanup(inspector.close)
        lab.extra_environment["https_proxy"] = f"http://localhost:{inspector.port}"
        done = lab.run("activate", "-", stdin=lab.code)
        self.assertEqual(done.code, 6, done)
        self.assertIn("if a TLS-inspecting proxy stands in between, name its CA certificate in [http] ca_file",
                      done.err)
        self.assertEqual(wire.nginx.seen(), [])
        wire.trust(wire.stranger)
        self.assert_works(lab)
        self.assertGreater(len(wire.nginx.seen()), 0)


class Urls(WireCase):
    """URLs that a code or an answer names."""

    CLAIMS = ("oauthUrl", "appUrl", "manifestUrl", "webexapisBaseUrl")

    def test_a_code_that_names_a_foreign_host_is_refused_before_its_token_is_sent(self):
        lab = self.lab()
        for claim in self.CLAIMS:
            for url, words in (("https://evil.example/v1", "names the host evil.example, "),
                               ("https://webexapis.com.evil.example/v1", "names the host webexapis.com.evil.example, "),
                               ("http://localhost/v1", "is no https URL"),
                               ("https://user:word@webexapis.com/v1", "is no https URL"),
                               ("nonsense", "is no https URL")):
                with self.subTest(claim=claim, url=url):
                    done = lab.run("activate", "-", stdin=lab.new_code(f"--set {claim}={url}"))
                    self.assertEqual(done.code, 4, done)
                    last = done.err.rstrip().splitlines()[-1]
                    self.assertIn(f"refused: its {claim} {words}", last)
                    self.assertTrue(last.endswith(": malformed"), last)
                    if "the host" in words:
                        self.assertIn("extra_hosts", last)
        self.assertEqual({r["endpoint"] for r in lab.requests()}, {"jwks"})
        self.assertFalse(lab.state.exists())
        lab.activate()

    def test_a_poll_url_on_a_foreign_host_ends_the_activation(self):
        lab = self.lab()
        lab.control("set base-url https://evil.example")
        done = lab.run("activate", "-", stdin=lab.code)
        self.assertEqual(done.code, 1, done)
        self.assertIn("its queue.pollUrl names the host evil.example", done.err)
        self.assertIn("extra_hosts", done.err)
        self.assertIs(lab.status()["activated"], False)

    def test_a_worker_keeps_its_poll_url_when_an_answer_names_a_foreign_host(self):
        lab = self.lab(sandbox=["--poll-wait", "1s"])
        lab.activate()
        lab.control("set base-url https://evil.example")
        lab.run_worker()
        until(lambda: "its queue.pollUrl names the host evil.example" in (lab.worker.err), "it is said")
        polls = len(lab.requests("poll"))
        lab.wait_for_poll(polls + 1)
        self.assertIn("evil.example", lab.status()["lastError"])
        # It stays away after a restart, too.
        lab.stop_worker()
        lab.run_worker()

    def test_a_next_page_on_a_foreign_host_is_not_asked(self):
        lab = self.lab(sandbox=["--page-size", "2", "--poll-wait", "1s"])
        real = lab.cloud.out.split("base-url ", 1)[1].split()[0]
        lab.activate()
        lab.control("set base-url https://evil.example")
        lab.run_worker()
        lab.wait_for_log("its next page names the host evil.example")
        lab.control(f"set base-url {real}")
        until(lambda: len(lab.devices()) == 3, "the list is complete")


if __name__ == "__main__":
    tap.main()
