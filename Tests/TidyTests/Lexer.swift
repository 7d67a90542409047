/// Splits Swift code into tokens, well enough to count braces and to find words: it knows
/// comments (nested), strings (raw, of several lines, with code inside `\(...)`) and raw
/// identifiers. Regex literals are taken for operators.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineOfLastToken = 0
    private var endOfLastToken = -1
    private var tokens: [Token] = []

    private init(_ text: String) {
        bytes = Array(text.utf8)
    }

    static func tokens(of text: String) -> [Token] {
        var lexer = Lexer(text)
        while lexer.position < lexer.bytes.count { lexer.step() }
        return lexer.tokens
    }

    private mutating func step() {
        let byte = bytes[position]
        if byte == .newline {
            advance(1)
        } else if byte == .space || byte == .tab {
            position += 1
        } else if at("//") {
            skip { $0 != .newline }
        } else if at("/*") {
            skipBlockComment()
        } else if let hashes = hashesBeforeQuote() {
            skipString(hashes: hashes)
        } else if byte == .backtick {
            takeRawIdentifier()
        } else if byte.isWordStart {
            takeWord()
        } else {
            append(from: position, to: position + 1)
        }
    }

    private mutating func takeWord() {
        var end = position + 1
        while end < bytes.count, bytes[end].isWordPart { end += 1 }
        append(from: position, to: end)
    }

    private mutating func takeRawIdentifier() {
        let rest = bytes[(position + 1)...]
        let end = rest.firstIndex { $0 == .backtick || $0 == .newline } ?? bytes.count
        append(from: position, to: min(end + 1, bytes.count))
    }

    private mutating func append(from start: Int, to end: Int) {
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        tokens.append(
            Token(
                text: text, line: line, startsLine: line != lineOfLastToken,
                isAttached: start == endOfLastToken))
        lineOfLastToken = line
        endOfLastToken = end
        position = end
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if at("/*") {
                depth += 1
                advance(2)
            } else if at("*/") {
                depth -= 1
                advance(2)
            } else {
                advance(1)
            }
        } while depth > 0 && position < bytes.count
    }

    private mutating func skipString(hashes: Int) {
        let quotes = at("\"\"\"", offset: hashes) ? 3 : 1
        advance(hashes + quotes)
        while position < bytes.count {
            if isRun(of: .quote, count: quotes), isRun(of: .hash, count: hashes, offset: quotes) {
                return advance(quotes + hashes)
            }
            if bytes[position] == .newline, quotes == 1 { return }
            if bytes[position] == .backslash, isRun(of: .hash, count: hashes, offset: 1) {
                advance(1 + hashes)
                if at("(") { lexInterpolation() } else { advance(1) }
            } else {
                advance(1)
            }
        }
    }

    private mutating func lexInterpolation() {
        var depth = 0
        repeat {
            if at("(") { depth += 1 }
            if at(")") { depth -= 1 }
            step()
        } while depth > 0 && position < bytes.count
    }

    private func at(_ text: StaticString, offset: Int = 0) -> Bool {
        bytes.dropFirst(position + offset).starts(with: "\(text)".utf8)
    }

    private func isRun(of byte: UInt8, count: Int, offset: Int = 0) -> Bool {
        let run = bytes.dropFirst(position + offset).prefix(count)
        return run.count == count && run.allSatisfy { $0 == byte }
    }

    /// The number of `#` before a quote here; nil where no string begins.
    private func hashesBeforeQuote() -> Int? {
        let hashes = bytes[position...].prefix { $0 == .hash }.count
        return at("\"", offset: hashes) ? hashes : nil
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while position < bytes.count, condition(bytes[position]) { advance(1) }
    }

    private mutating func advance(_ count: Int) {
        for _ in 0..<count where position < bytes.count {
            if bytes[position] == .newline { line += 1 }
            position += 1
        }
    }
}

extension UInt8 {
    fileprivate static let tab = UInt8(ascii: "\t")
    fileprivate static let newline = UInt8(ascii: "\n")
    fileprivate static let space = UInt8(ascii: " ")
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let hash = UInt8(ascii: "#")
    fileprivate static let backslash = UInt8(ascii: "\\")
    fileprivate static let backtick = UInt8(ascii: "`")

    fileprivate var isWordStart: Bool {
        isWordPart || self == UInt8(ascii: "@") || self == .hash
    }

    fileprivate var isWordPart: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }
}
