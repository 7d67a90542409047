/// The lines of a state, taken one after the other: each a key and its value.
struct StateLines {
    private var rest: ArraySlice<Substring>
    /// The line that was taken last, counted from 1.
    private(set) var lineNumber = 0

    init(text: Substring) {
        rest = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// Whether the next line has this key.
    func isNext(_ key: String) -> Bool { rest.first?.hasPrefix("\(key) ") == true }

    mutating func value(of key: String) throws(StateError) -> String {
        lineNumber += 1
        guard let line = rest.popFirst(), line.hasPrefix(key + " ") else {
            throw .malformed(line: lineNumber, expected: "`\(key)` and a value")
        }
        return String(line.dropFirst(key.count + 1))
    }

    mutating func number<Number: FixedWidthInteger>(
        of key: String,
        as type: Number.Type
    ) throws(StateError) -> Number {
        try parsed(key) { Number($0) }
    }

    mutating func text(of key: String) throws(StateError) -> String {
        try parsed(key) { StateText.unescape($0) }
    }

    mutating func parsed<Value>(
        _ key: String,
        _ parse: (String) -> Value?
    ) throws(StateError) -> Value {
        guard let value = parse(try value(of: key)) else {
            throw .malformed(line: lineNumber, expected: "a value of `\(key)`")
        }
        return value
    }
}
