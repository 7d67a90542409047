extension HealthSettings.JSONCondition {
    /// Reads `NAME.NAME == VALUE`; the value is `true`, `false`, `null`, a number or a text in
    /// double quotes, without escapes.
    init?(parsing text: String) {
        guard text.utf8.count <= Limits.conditionBytes,
            let equals = text.firstRange(of: "==")
        else { return nil }
        let names = Self.trimmed(text[..<equals.lowerBound])
            .split(separator: ".", omittingEmptySubsequences: false)
        let value = Self.trimmed(text[equals.upperBound...])
        guard names.allSatisfy(Self.isName), Self.isValue(value) else { return nil }
        self.init(path: names.map(String.init), value: String(value))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let begun = text.drop { $0 == " " }
        guard let last = begun.lastIndex(where: { $0 != " " }) else { return begun }
        return begun[...last]
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func isValue(_ text: Substring) -> Bool {
        ["true", "false", "null"].contains(text) || isNumber(text) || isText(text)
    }

    /// RFC 8259 section 6.
    private static func isNumber(_ text: Substring) -> Bool {
        var rest = text.hasPrefix("-") ? text.dropFirst() : text
        guard let whole = takeDigits(&rest), whole.count == 1 || !whole.hasPrefix("0") else {
            return false
        }
        if rest.hasPrefix(".") {
            rest = rest.dropFirst()
            guard takeDigits(&rest) != nil else { return false }
        }
        if rest.hasPrefix("e") || rest.hasPrefix("E") {
            rest = rest.dropFirst()
            if rest.hasPrefix("+") || rest.hasPrefix("-") { rest = rest.dropFirst() }
            guard takeDigits(&rest) != nil else { return false }
        }
        return rest.isEmpty
    }

    private static func takeDigits(_ rest: inout Substring) -> Substring? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest[digits.endIndex...]
        return digits.isEmpty ? nil : digits
    }

    /// Without escapes, so that it stands in an answer as it stands here.
    private static func isText(_ text: Substring) -> Bool {
        guard text.utf8.count >= 2, text.utf8.first == UInt8(ascii: "\""),
            text.utf8.last == UInt8(ascii: "\"")
        else { return false }
        return text.utf8.dropFirst().dropLast().allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
    }
}
