/// Why a text is no JSON.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counted in bytes, from 1.
    package let position: Int
    package let message: String

    /// Where, what is wrong, and what was expected.
    package var description: String { "byte \(position): \(message)" }
}

/// Reads one JSON value (RFC 8259): strictly, with no name twice and with bounded depth.
package struct JSONReader {
    private static let deepest = 32

    private let bytes: [UInt8]
    private var place = 0
    private var depth = 0

    /// The value that the bytes hold, and nothing else beside white space.
    package static func read(_ bytes: some Sequence<UInt8>) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes: Array(bytes))
        let value = try reader.value()
        reader.skipSpace()
        guard reader.place == reader.bytes.count else {
            throw reader.error("something follows the value; expected its end")
        }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        guard let next = peek else { throw error("the text ends; expected a value") }
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), 0x30...0x39: return .number(try number())
        default: return try word()
        }
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        try enter()
        while try !leaves(at: UInt8(ascii: "}"), isFirst: members.isEmpty) {
            guard peek == UInt8(ascii: "\"") else { throw error("expected a name in quotes") }
            let began = place
            let name = try string()
            guard names.insert(name).inserted else {
                place = began
                throw error("the name \(name.debugDescription) is there twice; expected it once")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("expected a colon after the name") }
            members.append(JSONValue.Member(name: name, value: try value()))
        }
        return .object(members)
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        try enter()
        while try !leaves(at: UInt8(ascii: "]"), isFirst: elements.isEmpty) {
            elements.append(try value())
        }
        return .array(elements)
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= Self.deepest else { throw error("nested too deep; expected at most 32") }
        place += 1
    }

    /// Whether the object or array ends here; takes the comma before its next element.
    private mutating func leaves(at end: UInt8, isFirst: Bool) throws(JSONError) -> Bool {
        skipSpace()
        if take(end) {
            depth -= 1
            return true
        }
        if isFirst { return false }
        guard take(UInt8(ascii: ",")) else { throw error("expected a comma or the end") }
        skipSpace()
        return false
    }

    private mutating func word() throws(JSONError) -> JSONValue {
        let words: [(String, JSONValue)] = [
            ("true", .bool(true)), ("false", .bool(false)), ("null", .null),
        ]
        for (word, value) in words where bytes[place...].starts(with: word.utf8) {
            place += word.utf8.count
            return value
        }
        throw error("expected a value: an object, an array, a string, a number, true, false, null")
    }

    private mutating func number() throws(JSONError) -> String {
        let began = place
        _ = take(UInt8(ascii: "-"))
        let leading = peek
        let digits = try takeDigits()
        guard digits == 1 || leading != UInt8(ascii: "0") else {
            throw error("a number may not begin with 0")
        }
        if take(UInt8(ascii: ".")) { _ = try takeDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            _ = try takeDigits()
        }
        return String(decoding: bytes[began..<place], as: UTF8.self)
    }

    private mutating func takeDigits() throws(JSONError) -> Int {
        let began = place
        while let next = peek, (0x30...0x39).contains(next) { place += 1 }
        guard place > began else { throw error("expected a digit") }
        return place - began
    }

    private mutating func string() throws(JSONError) -> String {
        place += 1
        var content: [UInt8] = []
        while let next = peek {
            switch next {
            case UInt8(ascii: "\""):
                place += 1
                return try checked(content)
            case UInt8(ascii: "\\"):
                place += 1
                content += Array(String(try escaped()).utf8)
            case 0..<0x20:
                throw error("a control character is not allowed in a string; expected its escape")
            default:
                content.append(next)
                place += 1
            }
        }
        throw error("the text ends inside a string; expected a closing quote")
    }

    private func checked(_ content: [UInt8]) throws(JSONError) -> String {
        guard let text = String(validating: content, as: UTF8.self) else {
            throw error("the string is not UTF-8")
        }
        return text
    }

    private mutating func escaped() throws(JSONError) -> Unicode.Scalar {
        guard let next = peek else { throw error("the text ends inside an escape") }
        place += 1
        switch next {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(next)
        case UInt8(ascii: "u"): return try codePoint()
        default: throw error("an unknown escape; expected one of RFC 8259")
        }
    }

    private mutating func codePoint() throws(JSONError) -> Unicode.Scalar {
        let high = try fourDigits()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard (0xd800..<0xdc00).contains(high), take(UInt8(ascii: "\\")),
            take(UInt8(ascii: "u"))
        else { throw error("half of a surrogate pair; expected both") }
        let low = try fourDigits()
        let joined = 0x10000 + (high - 0xd800) << 10 + (low &- 0xdc00)
        guard (0xdc00..<0xe000).contains(low), let scalar = Unicode.Scalar(joined) else {
            throw error("half of a surrogate pair; expected both")
        }
        return scalar
    }

    private mutating func fourDigits() throws(JSONError) -> UInt32 {
        let digits = bytes[place...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ $0 != UInt8(ascii: "+") }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("expected four hexadecimal digits") }
        place += 4
        return value
    }

    private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while let next = peek, [0x20, 0x9, 0xa, 0xd].contains(next) { place += 1 }
    }

    private func error(_ message: String) -> JSONError {
        JSONError(position: place + 1, message: message)
    }
}
