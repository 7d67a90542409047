import Testing

@testable import Settings

/// What sluice.yaml must not say: `^` marks where the fault is expected.
struct BadSettingsTests {
    @Test func `the file that the tables start from is sound`() {
        #expect(faults(settingsText()) == [])
    }

    @Test(arguments: [
        ("api: ^here", "a listener is `here`; expected a mapping of address, mode, split"),
        ("api:^", "a listener is nothing; expected a mapping"),
        ("^api: {split: kong}", "`address` of the listener `api` is missing"),
        ("^api: {address: 127.0.0.1:8000}", "`split` of the listener `api` is missing"),
        (
            "api: {address: a:1, split: kong, ^adress: 1}",
            "`adress` is not a key of a listener; did"
        ),
        (
            "api: {address: a:1, split: kong, ^x: 1}",
            "`x` is not a key of a listener; expected addr"
        ),
        ("api: {address: a:1, split: kong, ^[x]: 1}", "a key of a listener is a list; expected a"),
        ("api: {address: ^8000, split: kong}", "`8000` has no port; expected HOST:PORT"),
        ("api: {address: ^127.0.0.1, split: kong}", "`127.0.0.1` has no port"),
        ("api: {address: ^'127.0.0.1:', split: kong}", "`127.0.0.1:` has no valid port"),
        ("api: {address: ^127.0.0.1:65536, split: kong}", "`127.0.0.1:65536` has no valid port"),
        ("api: {address: ^127.0.0.1:080, split: kong}", "`127.0.0.1:080` has no valid port"),
        ("api: {address: ^127.0.0.1:-1, split: kong}", "`127.0.0.1:-1` has no valid port"),
        ("api: {address: ^':8000', split: kong}", "`:8000` has no valid host"),
        ("api: {address: ^127.0.0.256:80, split: kong}", "`127.0.0.256:80` has no valid host"),
        ("api: {address: ^1.2.3:80, split: kong}", "`1.2.3:80` has no valid host"),
        ("api: {address: ^'::1:8000', split: kong}", "`::1:8000` has an IPv6 address without"),
        ("api: {address: ^'[::1]', split: kong}", "`[::1]` has no port"),
        ("api: {address: ^'[::g]:80', split: kong}", "`[::g]:80` has no valid host"),
        ("api: {address: ^'[1.2.3.4]:80', split: kong}", "`[1.2.3.4]:80` has no valid host"),
        ("api: {address: ^'a b:80', split: kong}", "`a b:80` has no valid host"),
        ("api: {address: ^-a:80, split: kong}", "`-a:80` has no valid host"),
        ("api: {address: ^'', split: kong}", "`address` has no port"),
        ("api: {address: ^[a], split: kong}", "found a list; expected an address, HOST:PORT"),
        ("api: {address: ^*:8000, split: kong}", "`*` begins a YAML alias here"),
        ("api: {address: a:1, split: ^king}", "there is no split `king`; did you mean `kong`?"),
        ("api: {address: a:1, split: ^other}", "there is no split `other`; expected kong"),
        ("api: {address: a:1, split: ^[kong]}", "found a list; expected the name of a split"),
        ("api: {address: a:1, split: kong, mode: ^h2}", "`mode` is `h2`; expected `http` or `tcp`"),
        (
            "api: {address: a:1, split: kong, trusted_proxies: ^a}",
            "`trusted_proxies` is `a`; expec"
        ),
        (
            "api: {address: a:1, split: kong, trusted_proxies: [^10.0.0.1/8]}",
            "`trusted_proxies` is"
        ),
        (
            "api: {address: a:1, split: kong, trusted_proxies: [^1.2.3.4/33]}",
            "`trusted_proxies` is"
        ),
        ("api: {address: a:1, split: kong, trusted_proxies: [^a/8]}", "`trusted_proxies` is `a/8`"),
        ("^-api: {address: a:1, split: kong}", "`-api` is not a name; expected up to 64 letters"),
        ("^a b: {address: a:1, split: kong}", "`a b` is not a name"),
        (
            "api: {address: a:1, split: kong}\n  b: {address: ^a:1, split: kong}",
            "a:1 is the address of the listener `api` already; expected an address of its own"
        ),
        (
            "api: {address: '*:1', split: kong}\n  b: {address: ^'[::]:1', split: kong}",
            "[::]:1 is the address of the listener `api` already"
        ),
    ])
    func `a faulty listener is refused`(listener: String, expected: String) {
        MarkedText(settingsText(listener: listener)).expectFault(expected)
    }

    @Test(arguments: [
        ("x: ^127.0.0.1:9001", "an upstream is `127.0.0.1:9001`; expected a mapping of targets"),
        ("^x: {}", "`targets` of the upstream `x` is missing"),
        ("x: {^targets: []}", "the upstream `x` has 0 targets; expected 1 to 1000"),
        ("x: {targets: ^127.0.0.1:9001}", "`targets` is `127.0.0.1:9001`; expected a list"),
        ("x: {targets: ^{a: 1}}", "`targets` is a mapping; expected a list"),
        ("x: {targets: [^[a:1]]}", "a target is a list; expected a mapping of address, weight"),
        ("x: {targets: [^'*:9001']}", "`*:9001` cannot be connected to; expected a host and"),
        ("x: {targets: [^a:0]}", "`a:0` cannot be connected to"),
        ("x: {targets: [a:1, ^a:1]}", "the target a:1 is listed twice; expected it once"),
        ("x: {targets: [^{weight: 1}]}", "`address` of a target is missing"),
        ("x: {targets: [{address: a:1, weight: ^0}]}", "`weight` is `0`; expected a whole number"),
        ("x: {targets: [{address: a:1, weight: ^1.5}]}", "`weight` is `1.5`; expected a whole"),
        ("x: {targets: [{address: a:1, weight: ^0x10}]}", "`weight` is `0x10`; expected a whole"),
        ("x: {targets: [{address: a:1, weight: ^017}]}", "`weight` is `017`; expected a whole"),
        ("x: {targets: [{address: a:1, weight: ^1:30}]}", "`weight` is `1:30`; expected a whole"),
        ("x: {targets: [{address: a:1, weight: ^1_0}]}", "`weight` is `1_0`; expected a whole"),
        ("x: {targets: [{address: a:1, weight: ^}]}", "`weight` is empty; expected a whole"),
        ("x: {targets: [{address: a:1, weight: ^1000001}]}", "`weight` is `1000001`; expected"),
        ("x: {targets: [{address: a:1, ^wieght: 1}]}", "`wieght` is not a key of a target; did"),
        ("x: {targets: [a:1], ^target: 1}", "`target` is not a key of an upstream; did you mean"),
        (
            "^sticky: {targets: [a:1]}\n  x: {targets: [a:1]}",
            "an upstream cannot be named `sticky`"
        ),
        ("^weights: {targets: [a:1]}\n  x: {targets: [a:1]}", "an upstream cannot be named"),
        ("^é: {targets: [a:1]}\n  x: {targets: [a:1]}", "`é` is not a name"),
    ])
    func `a faulty upstream is refused`(upstream: String, expected: String) {
        MarkedText(settingsText(upstream: upstream)).expectFault(expected)
    }

    @Test(arguments: [
        ("kong: ^90", "the split `kong` is `90`; expected weights by upstream"),
        ("kong: ^[x, y]", "the split `kong` is a list; expected weights by upstream"),
        ("^kong: {}", "the split `kong` has 0 members; expected 1 to 64"),
        ("kong: {x: 90, ^z: 10}", "there is no upstream `z`; did you mean `x`?"),
        ("kong: {x: 90, ^other: 10}", "there is no upstream `other`; expected x, y"),
        ("kong: ^{x: 0, y: 0}", "the weights of the split `kong` add up to 0; expected one above"),
        ("kong: {x: ^10%, y: 10}", "`x`: weight \"10%\" has a percent sign; expected a number"),
        ("kong: {x: ^33.333, y: 10}", "`x`: weight \"33.333\" has more than two decimals"),
        ("kong: {x: ^.nan, y: 10}", "`x`: weight \".nan\" is not a plain decimal number"),
        ("kong: {x: ^-1, y: 10}", "`x`: weight \"-1\" is negative"),
        ("kong: {x: ^[1], y: 10}", "found a list; expected a weight"),
        ("kong: {x: 1, y: 1, ^x: 2}", "`x` is written more than once, first at 7:10; expected it"),
        ("kong: {12: 1, ^'12': 2}", "`12` is written more than once, first at 8:10; expected it"),
        ("kong: {weights: {x: 1, y: 1}, stable: ^z}", "`stable` is `z`; expected a member of the"),
        ("kong: {weights: {x: 1, y: 1}, candidate: ^z}", "`candidate` is `z`; expected a member"),
        (
            "kong: {weights: {x: 1, y: 1}, stable: x, candidate: ^x}",
            "`x` is both stable and candidate; expected two members"
        ),
        ("^kong: {stable: x}", "`weights` of the split `kong` is missing"),
        ("kong: {weights: {x: 1, y: 1}, ^y: 1}", "`y` is not a key of a split; expected weights"),
        ("kong: {weights: ^50, stable: x}", "the split `kong` is `50`; expected weights by upst"),
        ("^kong: {weights: {}}", "the split `kong` has 0 members"),
        ("kong: {x: 1, y: 1, <<: ^*a}", "`*` begins a YAML alias here"),
        ("kong: {x: 1, y: 1, ^<<: 2}", "there is no upstream `<<`; expected x, y"),
    ])
    func `a faulty split is refused`(split: String, expected: String) {
        let text = settingsText(split: split)
        let twelve = "  12: {targets: [127.0.0.1:9012]}\nsplits:"
        MarkedText(
            split.contains("12") ? text.replacing("splits:", with: twelve) : text
        ).expectFault(expected)
    }

    @Test(arguments: [
        ("workers: ^-1", "`workers` is `-1`; expected a whole number from 0 to 1024"),
        ("workers: ^1025", "`workers` is `1025`; expected a whole number from 0 to 1024"),
        ("workers: ^two", "`workers` is `two`; expected a whole number"),
        ("workers: ^99999999999999999999", "`workers` is `99999999999999999999`; expected"),
        ("shutdown_grace: ^30", "`shutdown_grace` is `30`; expected a duration up to 24h, such as"),
        ("shutdown_grace: ^1.5s", "`shutdown_grace` is `1.5s`; expected a duration"),
        ("shutdown_delay: ^5 s", "`shutdown_delay` is `5 s`; expected a duration"),
        ("shutdown_delay: ^25h", "`shutdown_delay` is `25h`; expected a duration up to 24h"),
        ("shutdown_delay: ^9999999999999999999h", "`shutdown_delay` is `9999999999999999999h`"),
        ("shutdown_delay: ^[]", "`shutdown_delay` is a list; expected a duration"),
        ("weights_file:^", "`weights_file` is empty; expected a path"),
        ("state_dir: ^{}", "`state_dir` is a mapping; expected a path"),
        ("control: ^sluice.sock", "control is `sluice.sock`; expected a mapping of socket, mode"),
        ("^control: {}", "`socket` of control is missing"),
        ("control: {socket: s, mode: ^rw}", "`mode` is `rw`; expected permission bits in octal"),
        ("control: {socket: s, mode: ^384}", "`mode` is `384`; expected permission bits"),
        ("control: {socket: s, mode: ^'1777'}", "`mode` is `1777`; expected permission bits"),
        ("control: {socket: s, group: ^''}", "`group` is empty; expected the name of a group"),
        ("control: {socket: s, ^owner: me}", "`owner` is not a key of control; expected socket"),
        ("admin: ^127.0.0.1:9901", "admin is `127.0.0.1:9901`; expected a mapping of address"),
        ("admin: {address: ^127.0.0.1:8000}", "127.0.0.1:8000 is the address of the listener"),
        ("log: {level: ^loud}", "`loud` is not a log level; expected trace, debug, info"),
        ("^wrokers: 2", "`wrokers` is not a key of the file; did you mean `workers`?"),
        ("^nonsense: 1", "`nonsense` is not a key of the file; expected listeners, upstreams"),
        ("weights_file: ^${W}", "the variable `W` is not set; expected a value or a default"),
        ("weights_file: ^${W", "`${W` has `${` without `}`; expected `${NAME}`"),
        ("weights_file: ^${1}", "`1` is not the name of a variable; expected letters, digits"),
        ("weights_file: ^'${}'", "`` is not the name of a variable"),
        ("weights_file: ^|\n  a", "`|` begins a block of text here, which is not supported"),
        ("weights_file: ^&w a", "`&` begins a YAML anchor here, which is not supported"),
        ("weights_file: ^!!str a", "`!` begins a YAML tag here, which is not supported"),
        ("weights_file: a^\u{7}", "the character U+0007 is not allowed; expected text"),
        ("weights_file: a^\u{0}", "the character U+0000 is not allowed; expected text"),
        ("weights_file: a^\u{feff}", "the character U+FEFF is not allowed; expected text"),
        ("weights_file: \"é😀\" #^\u{1}", "the character U+0001 is not allowed; expected text"),
    ])
    func `a faulty setting is refused`(rest: String, expected: String) {
        MarkedText(settingsText(rest: rest)).expectFault(expected)
    }

    @Test func `a key that is reserved for later is refused as such`() {
        let keys = KeyTable(owner: "a thing", at: "", keys: [], later: ["soon"])
        #expect(keys.complaint(about: "soon") == "`soon` is not supported yet")
        #expect(
            keys.complaint(about: "son") == "`son` is not a key of a thing; did you mean `soon`?")
    }
}
