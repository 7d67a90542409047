import Telemetry
import Testing

/// Which requests each side has seen.
struct RequestPrefixesTests {
    private func note(
        _ prefixes: inout RequestPrefixes, _ method: String, _ target: String,
        _ side: RequestPrefixes.Side
    ) {
        let (method, target) = (Array(method.utf8), Array(target.utf8))
        prefixes.note(method: method.span, target: target.span, side: side)
    }

    @Test(arguments: [
        ("/", "GET /"), ("", "GET /"), ("/orders", "GET /orders"), ("/orders/", "GET /orders"),
        ("/orders?a=/b", "GET /orders"), ("/orders/new", "GET /orders/new"),
        ("/orders/new/x/y", "GET /orders/new"), ("/orders/17", "GET /orders/*"),
        ("/orders/17?x", "GET /orders/*"), ("/v1/orders", "GET /v1/orders"),
        ("/u/10b8f6a2-0c1d-4e5f-8a9b-00ffff00aa01", "GET /u/*"), ("*", "GET /*"),
        ("//x", "GET //x"), ("http://h/a", "GET /http:"),
        ("/" + String(repeating: "a", count: 60), "GET /*"),
    ])
    func `a target's prefix`(target: String, text: String) {
        var prefixes = RequestPrefixes()
        note(&prefixes, "GET", target, .stable)
        #expect(prefixes.rows.map(\.text) == [text])
    }

    @Test func `what only the stable side has seen is told, the most frequent first`() {
        var prefixes = RequestPrefixes()
        for target in ["/a", "/b", "/b", "/c/1", "/c/2", "/c/3"] {
            note(&prefixes, "GET", target, .stable)
        }
        note(&prefixes, "POST", "/a", .stable)
        note(&prefixes, "GET", "/a?x", .candidate)
        note(&prefixes, "GET", "/d", .candidate)
        #expect(prefixes.unseen.map(\.text) == ["GET /c/*", "GET /b", "POST /a"])
        #expect(prefixes.unseen.map(\.stableCount) == [3, 2, 1])
    }

    @Test func `a full table counts what finds no room`() {
        var prefixes = RequestPrefixes()
        for number in 0..<2_000 { note(&prefixes, "GET", "/p\(number)x", .stable) }
        #expect(prefixes.rows.count == RequestPrefixes.mostRows)
        #expect(prefixes.overflowCount == 2_000 - RequestPrefixes.mostRows)
        note(&prefixes, "GET", "/p0x", .candidate)
        #expect(prefixes.rows[0].candidateCount == 1)
        note(&prefixes, String(repeating: "M", count: 10_000), "/p0x", .candidate)
        #expect(prefixes.overflowCount == 2_001 - RequestPrefixes.mostRows)
    }

    @Test func `tables of several workers become one`() {
        var one = RequestPrefixes()
        var other = RequestPrefixes()
        note(&one, "GET", "/a", .stable)
        note(&other, "GET", "/a", .candidate)
        note(&other, "GET", "/b", .stable)
        one.merge(other)
        #expect(one.rows.map(\.text) == ["GET /a", "GET /b"])
        #expect(one.rows.map(\.stableCount) == [1, 1])
        #expect(one.unseen.map(\.text) == ["GET /b"])
        var full = RequestPrefixes()
        for number in 0..<1_024 { note(&full, "GET", "/p\(number)x", .stable) }
        full.merge(one)
        #expect(full.rows.count == 1_024 && full.overflowCount == 3)
    }
}
