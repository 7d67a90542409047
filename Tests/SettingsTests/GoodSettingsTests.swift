import Addressing
import Splitting
import Testing

@testable import Settings

/// Every way to write a setting that works, and what it means.
struct GoodSettingsTests {
    private func read(
        _ text: String,
        path: String = "sluice.yaml",
        environment: [String: String] = [:]
    ) throws -> SettingsReader.Reading {
        try SettingsReader.read(path, environment: environment, files: files([path: text]))
    }

    @Test(
        arguments: [
            ("127.0.0.1:8000", AddressSetting.Host.ip(IPAddress(ipv4: 0x7f00_0001)), 8000),
            ("\"[::]:8000\"", .ip(IPAddress(bits: 0)), 8000),
            ("\"[2001:db8::1]:1\"", .ip(IPAddress(bits: 0x2001_0db8 << 96 | 1)), 1),
            ("\"*:8000\"", .any, 8000),
            ("localhost:65535", .name("localhost"), 65535),
            ("kong_x-1.example.:0", .name("kong_x-1.example."), 0),
            ("0.0.0.0:0", .ip(IPAddress(ipv4: 0)), 0),
        ] as [(String, AddressSetting.Host, UInt16)])
    func `an address of a listener`(text: String, host: AddressSetting.Host, port: UInt16) throws {
        let reading = try read(settingsText(listener: "a: {address: \(text), split: kong}"))
        let address = AddressSetting(host: host, port: port)
        #expect(reading.snapshot.listeners[0].address == address)
        #expect(try AddressSetting(parsing: "\(address)") == address)
    }

    @Test func `listeners on free ports do not meet`() throws {
        let listeners = "a: {address: a:0, split: kong}\n  b: {address: a:0, split: kong}"
        #expect(try read(settingsText(listener: listeners)).snapshot.listeners.count == 2)
    }

    @Test func `targets as texts and with weights`() throws {
        let text = settingsText(
            upstream: "x: {targets: [a:1, {address: '[::1]:2', weight: 3}, {address: a:3}]}")
        let targets = try read(text).snapshot.upstreams[0].targets
        #expect(targets.map(\.weight) == [1, 3, 1])
        #expect(targets.map(\.address.description) == ["a:1", "[::1]:2", "a:3"])
    }

    @Test func `names that other readers take for values are names`() throws {
        let text = """
            listeners: {on: {address: a:1, split: no}}
            upstreams: {y: {targets: [a:1]}, 12: {targets: [a:1]}, null: {targets: [a:1]},
              ~x~: {targets: [a:1]}, true: {targets: [a:1]}, 0x1f: {targets: [a:1]}}
            splits: {no: {y: 1, 12: 2, "null": 3, true: 4, 0x1f: 5}}
            """
        #expect(
            faults(text) == [
                "sluice.yaml:3:3: `~x~` is not a name; expected up to 64 letters, digits, `_`, "
                    + "`-`, `.`, the first a letter, a digit or `_`"
            ])
        let reading = try read(text.replacing("~x~", with: "x"))
        #expect(reading.snapshot.splits[0].name == "no")
        #expect(reading.snapshot.splits[0].members == ["y", "12", "null", "true", "0x1f"])
        #expect(reading.warnings.map(\.message) == ["the upstream `x` is in no split"])
    }

    @Test(arguments: [
        ("{x: 90, y: 10}", "x", "y"),
        ("{weights: {x: 90, y: 10}}", "x", "y"),
        ("{weights: {x: 90, y: 10}, stable: y}", "y", "x"),
        ("{weights: {x: 90, y: 10}, candidate: x}", "y", "x"),
        ("{weights: {x: 90, y: 10}, stable: x, candidate: y}", "x", "y"),
        ("{y: 0, x: 1}", "y", "x"),
        ("{x: 1}", "x", nil),
        ("{x: 1, y: 1, z: 1}", "x", nil),
        ("{weights: {x: 1, y: 1, z: 1}, candidate: z}", "x", "z"),
    ])
    func `stable and candidate`(split: String, stable: String, candidate: String?) throws {
        let text = settingsText(
            upstream: "z: {targets: [a:1]}\n  x: {targets: [a:1]}", split: "kong: \(split)")
        let kong = try read(text).snapshot.splits[0]
        #expect(kong.stable == stable)
        #expect(kong.candidate == candidate)
    }

    @Test(arguments: [
        ("250ms", 250), ("0s", 0), ("30s", 30_000), ("5m", 300_000), ("24h", 86_400_000),
        ("'1s'", 1_000),
    ])
    func `a duration`(text: String, milliseconds: Int) throws {
        let reading = try read(settingsText(rest: "shutdown_grace: \(text)"))
        #expect(reading.snapshot.shutdown.graceMilliseconds == milliseconds)
    }

    @Test(arguments: [
        ("sluice.yaml", "w", "w"), ("conf/sluice.yaml", "w", "conf/w"),
        ("/etc/sluice.yaml", "a/w", "/etc/a/w"), ("conf/sluice.yaml", "/w", "/w"),
        ("/s.yaml", "../w", "/../w"),
    ])
    func `paths start from the folder of the file`(
        file: String,
        path: String,
        expected: String
    ) throws {
        let rest = "state_dir: \(path)\ncontrol: {socket: \(path), mode: '0660', group: kong}"
        let snapshot = try read(settingsText(rest: rest), path: file).snapshot
        #expect(snapshot.stateDirectory == expected)
        let control = ControlSettings(socket: expected, mode: 0o660, group: "kong")
        #expect(snapshot.control == control)
    }

    @Test func `a socket's path that the kernel would cut is refused`() {
        let name = String(repeating: "s", count: 108)
        MarkedText(settingsText(rest: "control: {socket: ^\(name)}"))
            .expectFault("the socket's path `")
        let fitting = String(name.dropLast())
        #expect(faults(settingsText(rest: "control: {socket: \(fitting)}")) == [])
    }

    @Test func `a socket for everybody draws a warning`() throws {
        let reading = try read(settingsText(rest: "control: {socket: s, mode: '0666'}"))
        #expect(
            reading.warnings.map(\.description) == [
                "sluice.yaml:8:28: everybody on this machine may change the weights"
            ])
    }

    @Test(arguments: [
        ("${A}", "1"), ("x${A}y${B}", "x1y2"), ("${C:-3}", "3"), ("${E:-4}", "4"), ("${E}", ""),
        ("${A:-3}", "1"), ("${C:-}", ""), ("$${A}", "${A}"), ("$A $ $$", "$A $ $$"),
        ("${C:-a:-b}", "a:-b"), ("${C:-${A}", "${A"), ("é${A}", "é1"), ("$$${A}", "$${A}"),
    ])
    func `variables are put in`(text: String, expected: String) throws {
        let environment = ["A": "1", "B": "2", "E": ""]
        #expect(try Expansion.expand(text, environment: environment) == expected)
    }

    @Test func `variables are put in after parsing`() throws {
        let text = settingsText(
            listener: "a: {address: '${HOST}:${PORT:-80}', split: kong}",
            split: "kong: {x: '${X}', y: 10}")
        let environment = ["HOST": "a, b: {", "X": "90"]
        #expect(faults(text, environment: environment).count == 1)
        let fine = try read(text, environment: ["HOST": "h", "X": "33.33"]).snapshot
        #expect(fine.listeners[0].address == AddressSetting(host: .name("h"), port: 80))
        #expect(fine.splits[0].weights == [weight("33.33"), weight("10")])
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"), ("192.168.1.1", "192.168.1.1", "192.168.1.2"),
        ("fd00::/8", "fdff::1", "fe00::1"), ("::/0", "1.2.3.4", nil),
        ("0.0.0.0/0", "255.1.1.1", "::1"), ("::1", "::1", "::2"),
        ("::ffff:10.0.0.0/104", "10.1.1.1", "11.1.1.1"),
    ])
    func `a range of trusted proxies`(text: String, inside: String, outside: String?) throws {
        let listener = "a: {address: a:1, split: kong, trusted_proxies: [\"\(text)\"]}"
        let reading = try read(settingsText(listener: listener))
        let range = try #require(reading.snapshot.listeners[0].trustedProxies.first)
        #expect(range.contains(try #require(IPAddress(inside))))
        if let outside { #expect(!range.contains(try #require(IPAddress(outside)))) }
    }

    @Test func `a byte order mark and CRLF are fine`() throws {
        let text = "\u{feff}" + settingsText().replacing("\n", with: "\r\n")
        #expect(try read(text).snapshot == read(settingsText()).snapshot)
    }
}
