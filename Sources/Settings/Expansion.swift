/// Puts environment variables into a text: `${NAME}`, `${NAME:-default}`; `$${` is a literal `${`.
enum Expansion {
    /// Why a text cannot be expanded.
    struct Fault: Error, Equatable {
        let message: String
        /// Whether the message has words of the text, which may be a secret.
        var repeatsText = true
    }

    /// The text with every variable replaced; as in the shell, `:-` serves for empty ones too.
    static func expand(
        _ text: String,
        environment: [String: String]
    ) throws(Fault) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    throw Fault(message: "\(quoted(text)) has `${` without `}`; expected `${NAME}`")
                }
                let reference = rest[..<end].dropFirst(2)
                result += try value(of: reference, environment: environment)
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static func value(
        of reference: Substring,
        environment: [String: String]
    ) throws(Fault) -> String {
        let separator = reference.firstRange(of: ":-")
        let name = String(separator.map { reference[..<$0.lowerBound] } ?? reference)
        guard isName(name) else {
            throw Fault(
                message: "\(quoted(name)) is not the name of a variable; "
                    + "expected letters, digits and `_`, as in `${NAME}`")
        }
        let value = environment[name]
        if let separator {
            if let value, !value.isEmpty { return value }
            return String(reference[separator.upperBound...])
        }
        guard let value else {
            throw Fault(
                message: "the variable `\(name)` is not set; expected a value or a default, "
                    + "as in `${\(name):-default}`", repeatsText: false)
        }
        return value
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
