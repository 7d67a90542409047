import Yams

extension SettingsDocument {
    /// The text of a scalar with its variables put in.
    mutating func text(of node: Node, expected: String = "a text") -> String? {
        guard case .scalar(let scalar) = node else {
            faults.add("found \(node.found); expected \(expected)", at: node)
            return nil
        }
        do throws(Expansion.Fault) {
            return try Expansion.expand(scalar.string, environment: environment)
        } catch {
            faults.add(error.message, at: node)
            return nil
        }
    }

    /// A scalar that a strict function understands.
    mutating func value<Value>(
        _ field: Field?,
        expected: String,
        parse: (String) -> Value?
    ) -> Value? {
        guard let field else { return nil }
        return value(of: field.value, called: field.name, expected: expected, parse: parse)
    }

    /// A scalar that a strict function understands.
    mutating func value<Value>(
        of node: Node,
        called name: String,
        expected: String,
        parse: (String) -> Value?
    ) -> Value? {
        guard case .scalar = node else {
            faults.add("`\(name)` is \(node.found); expected \(expected)", at: node)
            return nil
        }
        guard let text = text(of: node) else { return nil }
        if let value = parse(text) { return value }
        let wrong = text.isEmpty ? "empty" : quoted(text)
        faults.add("`\(name)` is \(wrong); expected \(expected)", at: node)
        return nil
    }

    /// A whole number in plain decimal: YAML's own octal and base-60 forms are not for us.
    mutating func integer(_ field: Field?, in range: ClosedRange<Int>) -> Int? {
        value(
            field, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        ) { text in
            DecimalNumber.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Yes or no.
    mutating func flag(_ field: Field?) -> Bool? {
        value(field, expected: "true or false") { ["true": true, "false": false][$0] }
    }

    /// A duration, in milliseconds.
    mutating func duration(_ field: Field?, from least: Int = 0) -> Int? {
        let range = least == 0 ? "up to 24h" : "from \(DurationText.text(least)) to 24h"
        return value(field, expected: "a duration \(range), such as 250ms, 30s or 5m") { text in
            DurationText.milliseconds(text).flatMap { $0 < least ? nil : $0 }
        }
    }

    /// A percentage, whole; the sign may be left out.
    mutating func percent(_ field: Field?, in range: ClosedRange<Int>) -> Int? {
        value(
            field,
            expected: "a whole percentage from \(range.lowerBound) to \(range.upperBound), such "
                + "as 20 or 20%"
        ) { text in
            DecimalNumber.parse(text.hasSuffix("%") ? text.dropLast() : text[...])
                .flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A size, in bytes.
    mutating func size(_ field: Field?, in range: ClosedRange<Int>) -> Int? {
        let bounds = "\(SizeText.text(range.lowerBound)) to \(SizeText.text(range.upperBound))"
        return value(field, expected: "a size from \(bounds), such as 16KiB or 1MiB") { text in
            SizeText.bytes(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A path, from the folder of the file unless it is absolute.
    mutating func path(_ field: Field?) -> String? {
        let folder = folder
        return value(field, expected: "a path") { text in
            if text.isEmpty { return nil }
            return text.hasPrefix("/") ? text : folder + text
        }
    }
}

/// A preset gives way to what was read.
func replace<Value>(_ preset: inout Value, with read: Value?) {
    if let read { preset = read }
}
