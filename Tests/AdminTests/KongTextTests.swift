import Admin
import Telemetry
import Testing

/// What people read of upstreams that are Kongs.
@Suite struct KongTextTests {
    @Test func `the status shows origins in percent, versions and alarms`() throws {
        let text = """
            {"upstreams": [
              {"name": "x", "kong": {"marked": true,
               "last_minute": {"service": 970, "service_failed": 0, "kong": 29, "sluice": 1,
               "unknown": 0}, "versions": [{"version": "3.4.1"}], "alarms": [],
               "same_version_as": ["z"]}},
              {"name": "y", "kong": {"marked": true, "last_minute": {"service": 1, "kong": 2},
               "versions": [{"version": "3.4.2"}, {"version": "3.4.1"}],
               "alarms": [{"kind": "two_versions", "text": "answers with two"}],
               "same_version_as": []}},
              {"name": "z", "kong": {"marked": false, "last_minute": {}, "versions": [],
               "alarms": [], "same_version_as": []}},
              {"name": "plain", "kong": null}, {"name": "old"}]}
            """
        let page = StatusText.table(try JSONReader.read(text.utf8))
        #expect(
            page.split(separator: "\n\n").last ?? "" == """
                kong  version       last minute  service  service failed     kong  sluice  unknown
                x     3.4.1                1000  97.00 %          0.00 %   2.90 %  0.10 %   0.00 %
                y     3.4.2, 3.4.1            3  33.33 %          0.00 %  66.67 %  0.00 %   0.00 %
                z     ?                       0        -               -        -       -        -
                  x answers with the same version as z
                  alarm: y answers with two
                  z: \(KongWording.unmarked)

                """)
    }

    @Test func `without a Kong nothing is said of it`() throws {
        let page = StatusText.table(try JSONReader.read(#"{"upstreams": [{"name": "x"}]}"#.utf8))
        #expect(!page.contains("kong"))
    }

    @Test func `alarms name the versions and who gave them`() {
        var standing = KongStanding(upstream: "x")
        standing.versions = [
            .init(version: "3.4.2", secondsAgo: 0, target: 1),
            .init(version: "3.4.1", secondsAgo: 2, target: 9),
        ]
        standing.owner = "y"
        let address = { (target: Int) in target == 1 ? "10.0.0.1:8000" : nil }
        #expect(
            KongWording.text(of: .twoVersions, standing, address: address)
                == "answers with 2 versions of Kong at once: 3.4.2 (last from 10.0.0.1:8000), "
                + "3.4.1")
        #expect(
            KongWording.text(of: .othersVersion, standing, address: address).hasPrefix(
                "answers with the Kong version of y, as if targets were swapped: 3.4.2 (last"))
        standing.versions = []
        #expect(
            KongWording.end(of: .twoVersions, standing, address: address)
                == "answers with one version of Kong again")
    }
}
