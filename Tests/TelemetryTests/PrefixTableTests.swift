import Telemetry
import Testing

/// Requests by method and prefix, as a worker counts them.
@Suite struct PrefixTableTests {
    private func slot(_ table: inout PrefixTable, _ method: String, _ path: [UInt8]) -> Int {
        let method = Array(method.utf8)
        return table.slot(method: method.span, path: path.span)
    }

    private func slot(_ table: inout PrefixTable, _ path: String) -> Int {
        slot(&table, "GET", Array(path.utf8))
    }

    private static let long = String(repeating: "a", count: 60)

    @Test(arguments: [
        ("/", "GET /"), ("", "GET /"), ("?a", "GET /"), ("/orders", "GET /orders"),
        ("/orders/", "GET /orders"), ("/orders?a=/b", "GET /orders"),
        ("/orders/new", "GET /orders/new"), ("/orders/new?x", "GET /orders/new"),
        ("/orders/new/x/y", "GET /orders/new"), ("/v1/orders/17", "GET /v1/orders"),
        ("*", "GET *"), ("//x", "GET //x"), ("/a//b", "GET /a"), ("///", "GET /"),
        // Ids.
        ("/orders/17", "GET /orders/{id}"), ("/17/orders", "GET /{id}/orders"),
        ("/u/10b8f6a2-0c1d-4e5f-8a9b-00ffff00aa01", "GET /u/{id}"),
        ("/u/10B8F6A20C1D4E5F8A9B00FFFF00AA01", "GET /u/{id}"),
        ("/u/01ARZ3NDEKTSV4RRFFQ69G5FAV", "GET /u/{id}"),
        // What looks a little like one.
        ("/v1/2fa", "GET /v1/2fa"), ("/v1/orders2024", "GET /v1/orders2024"),
        ("/v1/customer-invoices-2024-archive", "GET /v1/customer-invoices-2024-archive"),
        ("/v1/customerinvoicesof2024report", "GET /v1/customerinvoicesof2024report"),
        ("/v1/deadbeefdeadbeefface", "GET /v1/deadbeefdeadbeefface"),
        ("/v1/1.2", "GET /v1/1.2"), ("/a/-", "GET /a/-"),
        // What is long, and what people should not have to read as it is.
        ("/" + long, "GET /" + long.prefix(48) + "{...}"),
        ("/" + long + "b/c", "GET /" + long.prefix(48) + "{...}/c"),
        ("/a\n\t {id}\u{7f}é", "GET /a%0A%09%20%7Bid%7D%7F%C3%A9"),
    ])
    func `a path's prefix`(path: String, text: String) {
        var table = PrefixTable(slots: 2, sides: 1)
        let slot = slot(&table, path)
        #expect(slot == 0)
        #expect(table.text(slot: slot) == text)
        #expect(self.slot(&table, path) == 0 && table.count == 1)
    }

    @Test func `paths alone share a slot whatever their methods are`() {
        var table = PrefixTable(slots: 3, sides: 0)
        let slots = ["/orders/1", "/ab/c", "/orders/29?x", "/a/bc", "*", "/ab/c/d"].map { path in
            let bytes = Array(path.utf8)
            return table.slot(path: bytes.span)
        }
        #expect(slots == [0, 1, 0, 2, 3, 1])
        #expect((0..<3).map { table.text(slot: $0) } == ["/orders/{id}", "/ab/c", "/a/bc"])
        // A method is no part of a path.
        #expect(slot(&table, "", Array("/orders/1".utf8)) == 3)
    }

    @Test func `slots are taken in their order and stay, and sides are counted apart`() {
        var table = PrefixTable(slots: 8, sides: 2)
        let paths = ["/a", "/b", "/a/x", "/a?q", "/b/7", "/b/8"]
        #expect(paths.map { slot(&table, $0) } == [0, 1, 2, 0, 3, 3])
        #expect(slot(&table, "POST", Array("/a".utf8)) == 4)
        table.add(slot: 0, side: 0)
        table.add(slot: 0, side: 1)
        table.add(slot: 0, side: 1)
        #expect(table.count(slot: 0, side: 0) == 1 && table.count(slot: 0, side: 1) == 2)
        #expect(table.count(slot: 1, side: 0) == 0)
        let copy = table.copy()
        table.add(slot: 0, side: 0)
        #expect(copy.count(slot: 0, side: 0) == 1 && table.count(slot: 0, side: 0) == 2)
        #expect((0..<copy.count).map { copy.text(slot: $0) }.last == "POST /a")
        var other = copy
        #expect(slot(&other, "/b/9") == 3 && slot(&other, "/c") == 5)
    }

    @Test func `thousands of paths fill the table, and nothing else`() {
        var table = PrefixTable(slots: 64, sides: 2)
        #expect(slot(&table, "/first") == 0)
        var state: UInt64 = 1
        for number in 0..<20_000 {
            var path = Array("/".utf8)
            for _ in 0..<number % 200 {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                path.append(UInt8(truncatingIfNeeded: state >> 56))
            }
            let method = String(repeating: "M", count: number % 5_000)
            let slot = slot(&table, method, path)
            #expect(slot <= 64)
            table.add(slot: slot, side: number & 1)
        }
        #expect(table.count == 64 && slot(&table, "/first") == 0)
        var sum = 0
        for slot in 0...64 { for side in 0...1 { sum += table.count(slot: slot, side: side) } }
        #expect(sum == 20_000 && table.count(slot: 64, side: 0) > 9_000)
        for slot in 0..<64 {
            #expect(table.text(slot: slot).utf8.allSatisfy { (0x20..<0x7f).contains($0) })
        }
    }

    @Test func `a table without slots counts everything in one`() {
        var table = PrefixTable(slots: 0, sides: 1)
        #expect(slot(&table, "/a") == 0 && table.count == 0)
        table.add(slot: 0, side: 0)
        #expect(table.count(slot: 0, side: 0) == 1)
    }
}
