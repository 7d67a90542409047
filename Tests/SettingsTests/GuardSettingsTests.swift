import Testing

@testable import Settings

struct GuardSettingsTests {
    private func text(_ guarding: String, own: String = "admin", more: String = "") -> String {
        settingsText(
            listener: "api: {address: a:1, split: \(own), guard: \(guarding)}",
            split: "kong: {x: 90, y: 10}\n  admin: {x: 1}\(more)")
    }

    @Test func `a guard names whose freeze it obeys and which side it is`() throws {
        let x = try snapshot(text("{kind: kong_admin, split: kong, upstream: x}"))
        #expect(
            x.listeners[0].guarding == GuardSettings(split: "kong", upstream: "x", isStable: true))
        let y = try snapshot(
            text("{kind: kong_admin, split: kong, upstream: y, allow: [DELETE /cache, POST /a/]}"))
        #expect(
            y.listeners[0].guarding
                == GuardSettings(
                    split: "kong", upstream: "y", isStable: false,
                    allow: ["DELETE /cache", "POST /a/"]))
    }

    @Test func `a freeze of the candidate leaves the stable side open`() {
        let x = GuardSettings(split: "kong", upstream: "x", isStable: true)
        let y = GuardSettings(split: "kong", upstream: "y", isStable: false)
        #expect(FreezeMode.both.shuts(x) && FreezeMode.both.shuts(y))
        #expect(!FreezeMode.candidate.shuts(x) && FreezeMode.candidate.shuts(y))
    }

    @Test(arguments: [
        ("on", "`guard` is `on`; expected a mapping of kind, split, upstream, allow"),
        ("{split: kong, upstream: x}", "`kind` of `guard` is missing"),
        ("{kind: kong, split: kong, upstream: x}", "`kind` is `kong`; expected `kong_admin`"),
        ("{kind: kong_admin, upstream: x}", "`split` of `guard` is missing"),
        ("{kind: kong_admin, split: king, upstream: x}", "there is no split `king`"),
        ("{kind: kong_admin, split: kong}", "`upstream` of `guard` is missing"),
        ("{kind: kong_admin, split: kong, upstream: z}", "`z` is no member of the split `kong`"),
        ("{kind: kong_admin, split: admin, upstream: x}", "`admin` is the split that the listener"),
        ("{kind: kong_admin, split: kong, upstream: x, allow: a}", "`allow` is `a`; expected a li"),
        ("{kind: kong_admin, split: kong, upstream: x, alow: []}", "did you mean `allow`?"),
    ])
    func `a guard that cannot be is refused with its place`(guarding: String, fault: String) {
        let found = faults(text(guarding))
        #expect(found.count == 1 && found[0].contains(fault), "\(found)")
        #expect(found.first?.hasPrefix("sluice.yaml:2:") == true)
    }

    @Test(arguments: [
        "POST", "/cache", "post /cache", "POST cache", "POST  /cache", "POST /a/../b", "POST /a//b",
        "POST /a%20b", "POST /a;b", "POST /a?b", "POST /a b", "TRACE /a", "CONNECT /a", "POST /./a",
        "POST /é", "POST /a*",
    ])
    func `what is allowed besides is a method and a plain path`(entry: String) {
        let found = faults(
            text("{kind: kong_admin, split: kong, upstream: x, allow: ['\(entry)']}"))
        #expect(found.count == 1 && found[0].contains("`allow` is "), "\(found)")
    }

    @Test func `a guard stands before one Admin API`() {
        let found = faults(
            text(
                "{kind: kong_admin, split: kong, upstream: x}", own: "two",
                more: "\n  two: {x: 1, y: 1}"))
        #expect(found.count == 1 && found[0].contains("has 2 members"), "\(found)")
    }

    @Test func `a token has a name and a file of its own`() throws {
        let good = try snapshot(
            settingsText(
                rest: "admin: {address: a:2, tokens: [{name: ops, file: t}, {name: ci, file: /u}]}")
        )
        #expect(
            good.admin?.tokens == [
                TokenSetting(name: "ops", file: "t"), TokenSetting(name: "ci", file: "/u"),
            ])
        for (tokens, fault) in [
            ("ops", "`tokens` is `ops`; expected a list"),
            ("[ops]", "a token is `ops`; expected a mapping of name, file"),
            ("[{name: ops}]", "`file` of a token is missing"),
            ("[{file: a}]", "`name` of a token is missing"),
            ("[{name: 'a b', file: a}]", "`name` is `a b`; expected a name"),
            ("[{name: a, file: a}, {name: a, file: b}]", "there is a token `a` already"),
        ] {
            let found = faults(settingsText(rest: "admin: {address: a:2, tokens: \(tokens)}"))
            #expect(found.count == 1 && found[0].contains(fault), "\(tokens): \(found)")
        }
    }
}

struct FreezesStateTests {
    private let state = FreezesState(freezes: [
        Freeze(split: "kong", mode: .both, sinceMilliseconds: 1, reason: "a b\n%"),
        Freeze(split: "other", mode: .candidate, sinceMilliseconds: -2, reason: ""),
    ])

    @Test func `what was written is read again`() throws {
        #expect(try FreezesState(decoding: Array(state.encoded().utf8)) == state)
        let latches = LatchesState(latches: [
            Latch(split: "kong", upstream: "x", sinceMilliseconds: 5, reason: "finish")
        ])
        #expect(try LatchesState(decoding: Array(latches.encoded().utf8)) == latches)
    }

    @Test func `no other bytes are taken, wherever they are cut or changed`() {
        let bytes = Array(state.encoded().utf8)
        for count in 0..<bytes.count {
            #expect(throws: StateError.self) {
                try FreezesState(decoding: Array(bytes.prefix(count)))
            }
            var other = bytes
            other[count] ^= 1
            #expect(throws: StateError.self) { try FreezesState(decoding: other) }
            #expect(throws: StateError.self) { try LatchesState(decoding: other) }
        }
    }
}
