/// Hashes of what the tripwire remembers, so that two lists can be compared by eye.
package struct EntityDigest {
    private var hash = SHA256()

    private init() {}

    /// Of entities in their order: of each its id and its stamp, the highest byte first.
    package static func text(of entities: [AdminEntity]) -> String {
        SHA256.hexadecimal(
            entities.lazy.flatMap { entity in
                [entity.id.high, entity.id.low, entity.stamp].flatMap { word in
                    (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
                }
            })
    }

    /// The first 64 bits, of a JSON value; the order of an object's names does not matter.
    static func number(of value: JSONValue) -> UInt64 {
        var digest = EntityDigest()
        digest.take(value)
        let words = digest.hash.finish()
        return UInt64(words[0]) << 32 | UInt64(words[1])
    }

    private mutating func take(_ value: JSONValue) {
        switch value {
        case .null: hash.take("n".utf8)
        case .bool(let value): hash.take((value ? "t" : "f").utf8)
        case .number(let text): hash.take("#\(text);".utf8)
        case .string(let text): hash.take("\"\(text.utf8.count):\(text)".utf8)
        case .array(let elements):
            hash.take("[\(elements.count):".utf8)
            for element in elements { take(element) }
        case .object(let members):
            hash.take("{\(members.count):".utf8)
            for member in members.sorted(by: { $0.name < $1.name }) {
                take(JSONValue.string(member.name))
                take(member.value)
            }
        }
    }
}
