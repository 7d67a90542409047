/// What a schema is of.
package enum SettingsSchema: String, CaseIterable, Sendable {
    /// sluice.yaml.
    case config
    /// weights.yaml.
    case weights
    /// A plan of a rollout.
    case plan

    /// A schema in JSON (JSON Schema, draft 2020-12), made of the keys that the reader takes. It
    /// knows what each value may be by itself; `sluice check` knows more.
    package var text: String {
        let root =
            root
            .with("$defs", .object(Self.scalars + (self == .weights ? [] : tables)))
        let head = SchemaValue.of([
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": .text("urn:sluice:schema:\(rawValue)"),
            "title": .text(title),
        ])
        guard case .object(let first) = head, case .object(let rest) = root else { return "" }
        return SchemaValue.object(first + rest).text() + "\n"
    }

    private var title: String {
        switch self {
        case .config: "sluice.yaml: the configuration of Sluice"
        case .weights: "weights.yaml: the weights of Sluice's splits"
        case .plan: "A plan of a rollout by Sluice"
        }
    }

    private var root: SchemaValue {
        switch self {
        case .config: Self.mapping(KeyTable.top)
        case .weights:
            .of([
                "description": "Every split by name, with the weight of every member.",
                "type": "object",
                "propertyNames": Self.reference("name"),
                "minProperties": .whole(1),
                "maxProperties": .whole(Limits.splits),
                "additionalProperties": Self.weights(of: "literal_weight"),
            ])
        case .plan: Self.mapping(KeyTable.plan)
        }
    }

    private var tables: [SchemaValue.Member] {
        let tables =
            switch self {
            case .config: KeyTable.settings.filter { !$0.place.isEmpty }
            case .weights: [] as [KeyTable]
            case .plan:
                KeyTable.plans.filter { $0.place != "plan" } + [.smokeRequest, .smokeComparison]
            }
        return tables.map {
            SchemaValue.Member(name: Self.definition(of: $0.place), value: Self.mapping($0))
        }
    }

    /// `splits.NAME.pins[].when` is `splits.pins.when`.
    private static func definition(of place: String) -> String {
        place.replacing("[]", with: "").replacing(".NAME", with: "")
    }

    private static func reference(_ name: String) -> SchemaValue {
        .of(["$ref": .text("#/$defs/\(name)")])
    }

    private static func mapping(_ table: KeyTable) -> SchemaValue {
        let properties = table.keys.map { key in
            SchemaValue.Member(
                name: key.name,
                value: schema(of: key.form).with("description", .text(description(of: key)))
                    .with("default", preset(of: key)))
        }
        let required = table.keys.filter(\.isRequired).map { SchemaValue.text($0.name) }
        let mapping = SchemaValue.of([
            "type": "object", "properties": .object(properties), "additionalProperties": false,
        ])
        return required.isEmpty ? mapping : mapping.with("required", .list(required))
    }
}

extension SettingsSchema {
    private static func schema(of form: KeyForm) -> SchemaValue {
        switch form {
        case .text: reference("text")
        case .path: reference("path")
        case .name: reference("name_or_variable")
        case .size: reference("size")
        case .flag: reference("flag")
        case .duration(let least): reference(least == 0 ? "duration" : "duration_above_0")
        case .pattern(let pattern):
            variable(or: .of(["type": "string", "pattern": .text("^(?:\(pattern))$")]))
        case .words(let words): variable(or: .of(["enum": .list(words.map { .text($0) })]))
        case .whole(let range):
            number("integer", "(0|[1-9][0-9]*)", "\(range.lowerBound)", "\(range.upperBound)")
        case .number(let range):
            number(
                "number", #"[0-9]{1,9}(\.[0-9]{1,9})?"#, decimal(range.lowerBound),
                decimal(range.upperBound))
        case .percent(let range):
            number("integer", "(0|[1-9][0-9]*)%?", "\(range.lowerBound)", "\(range.upperBound)")
        case .weights: weights(of: "weight")
        case .split: split
        case .table(let place): reference(definition(of: place))
        case .byName(let form, let most):
            .of([
                "type": "object", "propertyNames": reference("name"), "minProperties": .whole(1),
                "maxProperties": .whole(most), "additionalProperties": schema(of: form),
            ])
        case .named(let form, let range):
            bounded(
                .of(["type": "object", "additionalProperties": schema(of: form)]), "Properties",
                range ?? 1...Int.max)
        case .list(let form, let range):
            bounded(.of(["type": "array", "items": schema(of: form)]), "Items", range)
        case .some(let form, let range):
            .of(["anyOf": .list([schema(of: form), schema(of: .list(form, range))])])
        case .either(let forms): .of(["anyOf": .list(forms.map { schema(of: $0) })])
        }
    }

    /// What many keys have; a value may always be a variable of the environment, or have one in it.
    private static let scalars: [SchemaValue.Member] = [
        .init(
            name: "variable",
            value: .of([
                "description": "A variable of the environment: ${NAME} or ${NAME:-default}.",
                "type": "string", "pattern": #"\$\{"#,
            ])),
        .init(
            name: "text", value: .of(["type": .list(["string", "number", "boolean"])])),
        .init(name: "path", value: .of(["type": "string", "minLength": .whole(1)])),
        .init(
            name: "name",
            value: .of([
                "type": "string",
                "pattern": .text("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,\(Limits.nameBytes - 1)}$"),
            ])),
        .init(
            name: "name_or_variable",
            value: .of([
                "anyOf": .list([
                    reference("name"), .of(["type": "number"]), reference("variable"),
                ])
            ])),
        .init(name: "duration", value: unit("(0|[1-9][0-9]{0,8})(ms|s|m|h)")),
        .init(name: "duration_above_0", value: unit("[1-9][0-9]{0,8}(ms|s|m|h)")),
        .init(
            name: "size",
            value: .of([
                "anyOf": .list([
                    .of(["type": "integer", "minimum": .whole(0)]),
                    .of([
                        "type": "string", "pattern": "^(0|[1-9][0-9]*)(B|KiB|MiB|GiB)?$",
                    ]),
                    reference("variable"),
                ])
            ])),
        .init(
            name: "flag",
            value: .of([
                "anyOf": .list([
                    .of(["type": "boolean"]), .of(["enum": .list(["true", "false"])]),
                    reference("variable"),
                ])
            ])),
        .init(
            name: "literal_weight",
            value: number("number", #"[0-9]+(\.[0-9]{1,2})?"#, "0", "1000000", isLiteral: true)),
        .init(
            name: "weight", value: number("number", #"[0-9]+(\.[0-9]{1,2})?"#, "0", "1000000")),
    ]

    private static func unit(_ pattern: String) -> SchemaValue {
        variable(or: .of(["type": "string", "pattern": .text("^\(pattern)$")]))
    }

    private static func variable(or value: SchemaValue) -> SchemaValue {
        .of(["anyOf": .list([value, reference("variable")])])
    }

    /// A number between bounds, or a text that is one.
    private static func number(
        _ type: SchemaValue, _ pattern: String, _ least: String, _ most: String,
        isLiteral: Bool = false
    ) -> SchemaValue {
        let number = SchemaValue.of([
            "type": type, "minimum": .number(least), "maximum": .number(most),
        ])
        let text = SchemaValue.of(["type": "string", "pattern": .text("^\(pattern)$")])
        return .of([
            "anyOf": .list([number, text] + (isLiteral ? [] : [reference("variable")]))
        ])
    }

    /// Plain, without an exponent.
    private static func decimal(_ number: Double) -> String {
        number < 0.001 && number > 0 ? "0.000001" : "\(number)"
    }

    private static func weights(of definition: String) -> SchemaValue {
        .of([
            "type": "object",
            "propertyNames": reference("name"),
            "minProperties": .whole(1),
            "maxProperties": .whole(Limits.membersOfSplit),
            "additionalProperties": reference(definition),
        ])
    }

    /// A mapping with a key of the long form is the long form.
    private static var split: SchemaValue {
        let table = KeyTable.split
        let keys = table.known.map { SchemaValue.of(["required": .list([.text($0)])]) }
        return .of([
            "type": "object",
            "if": .of(["anyOf": .list(keys)]),
            "then": reference(definition(of: table.place)),
            "else": weights(of: "weight"),
        ])
    }

    private static func bounded(
        _ value: SchemaValue, _ what: String, _ range: ClosedRange<Int>?
    ) -> SchemaValue {
        guard let range else { return value }
        let bounded = value.with(
            "min\(what)", range.lowerBound > 0 ? .whole(range.lowerBound) : nil)
        return bounded.with("max\(what)", range.upperBound < .max ? .whole(range.upperBound) : nil)
    }

    /// All that docs/settings.md says of a key, without links.
    private static func description(of key: SettingKey) -> String {
        var text = "\(key.meaning): \(key.values). Preset: \(key.preset)."
        if key.isRequired { text = "\(key.meaning): \(key.values). It must be there." }
        return text.replacing(#/ ?\(\[[^\]]*\]\([^)]*\)\)/#, with: "")
            .replacing(/\[([^\]]*)\]\([^)]*\)/) { "\($0.1)" }
    }

    /// A preset that is one value and may be written just so.
    private static func preset(of key: SettingKey) -> SchemaValue? {
        guard let match = key.preset.wholeMatch(of: /`([^`]*)`/) else { return nil }
        let text = String(match.1)
        switch (key.form, text) {
        case (.flag, _): return .bool(text == "true")
        case (.whole, _), (.number, _): return .number(text)
        case (_, "[]"): return .list([])
        case (_, "{}"): return .object([])
        case (.size, _): return Int(text).map { .whole($0) } ?? .text(text)
        default: return .text(text.replacing("\"", with: ""))
        }
    }
}
