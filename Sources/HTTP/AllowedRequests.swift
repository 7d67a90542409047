/// Requests that a guard lets through although they write: each a method and a path, as bytes.
package struct AllowedRequests: Sendable {
    private let entries: [[UInt8]]

    /// Of texts like `POST /cache`.
    package init(_ texts: [String] = []) { entries = texts.map { Array($0.utf8) } }

    /// Whether one of them is this method and, byte for byte, this path.
    func contains(_ bytes: Span<UInt8>, method: ByteRange, path: ByteRange) -> Bool {
        for index in entries.indices {
            let length = method.count &+ 1 &+ path.count
            guard entries[index].count == length, entries[index][method.count] == ByteClass.space
            else { continue }
            if Self.isEqual(entries[index], from: 0, bytes, method),
                Self.isEqual(entries[index], from: method.count &+ 1, bytes, path)
            {
                return true
            }
        }
        return false
    }

    private static func isEqual(
        _ entry: [UInt8], from start: Int, _ bytes: Span<UInt8>, _ range: ByteRange
    ) -> Bool {
        for offset in 0..<range.count
        where entry[start &+ offset] != bytes[range.start &+ offset] {
            return false
        }
        return true
    }
}
