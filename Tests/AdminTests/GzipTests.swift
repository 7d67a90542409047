import Bytes
import Testing

@testable import Admin

@Suite struct GzipTests {
    @Test(arguments: [0, 1, 1_000, 1_000_000])
    func `a compressed text says how long it was`(count: Int) throws {
        let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let compressed = try #require(Gzip.compress(text))
        // RFC 1952 section 2.3: the identification, and the length at the end.
        #expect(compressed.starts(with: [0x1f, 0x8b, 8]))
        let length = compressed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(length == count)
        #expect(count < 1_000 || compressed.count < count / 2)
    }

    @Test(
        arguments: [
            (["gzip"], true), (["deflate, gzip;q=0.5"], true), (["br", "GZIP"], true),
            (["*"], true), (["gzip;q=1.0"], true), ([], false), ([""], false),
            (["gzip;q=0"], false), (["gzip; q=0.0"], false), (["xgzip"], false),
            (["identity, br"], false),
        ] as [([String], Bool)])
    func `gzip is taken where it is named and not refused`(values: [String], isTaken: Bool) {
        #expect(ControlServer.acceptsGzip(values) == isTaken)
    }
}
