import Telemetry
import Testing

/// Which requests each side has answered.
@Suite struct RequestPrefixesTests {
    private static func table(_ requests: [(String, Int)], slots: Int = 256) -> PrefixTable {
        var table = PrefixTable(slots: slots, sides: 2)
        let method = Array("GET".utf8)
        for (path, side) in requests {
            let path = Array(path.utf8)
            table.add(slot: table.slot(method: method.span, path: path.span), side: side)
        }
        return table
    }

    @Test func `what only the stable side has answered is told, the most frequent first`() {
        var prefixes = RequestPrefixes()
        let paths = ["/z", "/a", "/b", "/b", "/c/1", "/c/2", "/c/3"]
        prefixes.merge(Self.table(paths.map { ($0, 0) } + [("/a?x", 1), ("/d", 1)]))
        #expect(prefixes.unseen.map(\.text) == ["GET /c/{id}", "GET /b", "GET /z"])
        #expect(prefixes.unseen.map(\.stableCount) == [3, 2, 1])
    }

    @Test func `tables of workers and of earlier runs become one`() {
        var one = RequestPrefixes()
        one.merge(Self.table([("/a", 0), ("/full", 0)], slots: 1))
        one.merge(Self.table([("/a", 1), ("/b", 0)]))
        #expect(one.rows.map(\.text) == ["GET /a", "GET /b"])
        #expect(one.rows.map(\.stableCount) == [1, 1] && one.overflowCount == 1)
        #expect(one.unseen.map(\.text) == ["GET /b"])
        var twice = one
        twice.merge(one)
        #expect(twice.rows.map(\.stableCount) == [2, 2] && twice.overflowCount == 2)
        twice.merge(PrefixTable())
        #expect(twice.overflowCount == 2)
    }

    @Test func `a row that was looked up and never answered is none`() {
        var table = PrefixTable(slots: 4, sides: 2)
        let (method, path) = (Array("GET".utf8), Array("/a".utf8))
        _ = table.slot(method: method.span, path: path.span)
        var prefixes = RequestPrefixes()
        prefixes.merge(table)
        #expect(prefixes.rows.isEmpty)
    }

    @Test func `what finds no room is counted`() {
        var full = RequestPrefixes()
        let letters = (0..<26).map { String(UnicodeScalar(UInt8(97 + $0))) }
        for worker in 0..<10 {
            full.merge(
                Self.table(
                    letters.prefix(20).flatMap { one in
                        letters.map { ("/w\(worker)/\(one)\($0)", 0) }
                    }))
        }
        #expect(full.rows.count == RequestPrefixes.mostRows)
        #expect(full.rows.count + full.overflowCount == 5_200)
        #expect(RequestPrefixes(rows: full.rows + full.rows, overflowCount: 3).rows == full.rows)
    }
}
