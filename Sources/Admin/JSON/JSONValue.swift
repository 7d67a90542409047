/// A JSON value as it was written: numbers keep their text and objects their order (RFC 8259).
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number's text, as it was sent.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// No name twice.
    case object([Member])

    /// One name of an object and its value.
    package struct Member: Sendable, Equatable {
        /// The name, and its value.
        package let name: String
        package let value: JSONValue
    }

    /// An object in the order given.
    package static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// A whole number.
    package static func number(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }

    /// A number; null for what JSON has no number for.
    package static func number(_ value: Double) -> JSONValue {
        value.isFinite ? .number("\(value)") : .null
    }

    /// The value of a name; nil in everything but an object that has it.
    package subscript(name: String) -> JSONValue? {
        members?.first { $0.name == name }?.value
    }

    /// What it is, with its article: `a number`.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Reading values out; nil where the value is of another kind.
extension JSONValue {
    /// Of an object.
    package var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// Of an array.
    package var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// Of a string.
    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The number as it was written.
    package var numberText: String? {
        guard case .number(let text) = self else { return nil }
        return text
    }

    /// A number.
    package var double: Double? { numberText.flatMap(Double.init) }

    /// A whole number.
    package var int: Int? { numberText.flatMap { Int($0) } }

    /// A boolean.
    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }
}
