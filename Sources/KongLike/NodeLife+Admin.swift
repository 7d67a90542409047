internal import Foundation
internal import Kernel
internal import NIOCore

/// The Admin port. Reads go to the database at once; what is changed shows on the proxy ports
/// later.
extension NodeLife {
    func admin(_ head: RequestHead, _ body: BodyReader) -> Reply {
        if let token = shared.settings.adminToken, head.value("kong-admin-token") != token {
            return message(401, "Invalid credentials. Token or User credentials required")
        }
        let words = head.path.split(separator: "/").map {
            String($0).removingPercentEncoding ?? String($0)
        }
        switch (words.first, words.count) {
        case (nil, _): return only(["GET"], head) { root() }
        case ("status", 1): return only(["GET"], head) { statusReport() }
        case ("schemas", 3) where words[2] == "validate":
            return only(["POST"], head) { validate(words[1], head, body) }
        case ("debug", 3), ("debug", 4):
            return words[1...2] == ["node", "log-level"] && shared.version.hasLogLevel
                ? logLevel(head, words) : message(404, "Not found")
        default: break
        }
        guard let kind = words.first.flatMap({ EntityKind(rawValue: $0) }), kind != .targets else {
            return message(404, "Not found")
        }
        do throws(KongDatabase.Refusal) {
            return try entities(kind, Array(words.dropFirst()), head, body)
        } catch {
            return refusal(error)
        }
    }

    /// Every path answers OPTIONS, and 405 to what it does not have.
    private func only(_ methods: [String], _ head: RequestHead, _ reply: () -> Reply) -> Reply {
        if methods.contains(head.method) || head.method == "HEAD" && methods.contains("GET") {
            return reply()
        }
        let allowed =
            (methods.contains("GET") ? ["GET", "HEAD"] : []) + ["OPTIONS"]
            + methods.filter { $0 != "GET" }
        let list = allowed.joined(separator: ", ")
        guard head.method == "OPTIONS" else {
            return message(405, "Method not allowed", fields: [("Allow", list)])
        }
        return json(
            204, .null,
            fields: [
                ("Allow", list), ("Access-Control-Allow-Methods", list),
                ("Access-Control-Allow-Headers", "Content-Type"),
            ])
    }

    private func root() -> Reply {
        guard shared.hasDatabase else { return message(500, "An unexpected error happened") }
        let cluster = shared.settings.cluster
        let names = Set(shared.database.all(.plugins).compactMap { $0["name"]?.text })
        return json(
            200,
            [
                "tagline": "Welcome to kong", "version": .string(shared.version.description),
                "hostname": .string(cluster.isEmpty ? "kong" : cluster),
                "node_id": .string(shared.id), "lua_version": "LuaJIT 2.1.0-beta3",
                "plugins": [
                    "enabled_in_cluster": .array(names.sorted().map { .string($0) }),
                    "available_on_server": .object(
                        Dictionary(EntityKind.bundledPlugins.map { ($0, JSON.bool(true)) }) { $1 }),
                ],
                "timers": ["running": 0, "pending": 8],
                "configuration": ["database": "postgres", "role": "traditional"],
            ])
    }

    private static let levels: Set = [
        "debug", "info", "notice", "warn", "error", "crit", "alert", "emerg",
    ]

    /// PUT is what Kong has; POST is refused like everything else.
    private func logLevel(_ head: RequestHead, _ words: [String]) -> Reply {
        guard words.count == 4 else {
            return only(["GET"], head) {
                message(200, "log level: \(shared.logLevel.withLock { $0 })")
            }
        }
        return only(["PUT"], head) {
            let level = words[3]
            guard Self.levels.contains(level) else {
                return message(400, "unknown log level: \(level)")
            }
            let isNew = shared.logLevel.withLock { current in
                defer { current = level }
                return current != level
            }
            return message(200, isNew ? "log level changed" : "log level is already \(level)")
        }
    }

    private func validate(_ name: String, _ head: RequestHead, _ body: BodyReader) -> Reply {
        guard let kind = EntityKind(rawValue: name) else {
            return message(404, "No entity named '\(name)'")
        }
        guard let fields = AdminBody.fields(head, body) else {
            return message(400, "Cannot parse JSON body")
        }
        do throws(KongDatabase.Refusal) {
            try KongDatabase.validate(fields, kind)
        } catch {
            return refusal(error)
        }
        return message(200, "schema validation successful")
    }

    private func entities(
        _ kind: EntityKind, _ words: [String], _ head: RequestHead, _ body: BodyReader
    ) throws(KongDatabase.Refusal) -> Reply {
        guard let key = words.first else { return try collection(kind, nil, head, body) }
        guard words.count > 1 else { return try entity(kind, key, head, body) }
        guard let child = kind.children[words[1]] else { return message(404, "Not found") }
        let parent = try find(kind, key)
        if words.count == 2 {
            let path = "\(kind.rawValue)/\(key)/\(words[1])"
            let owner = (child.field, parent["id"]?.text ?? "", path)
            return try collection(child.kind, owner, head, body)
        }
        return try entity(child.kind, words[2], head, body)
    }

    private func find(_ kind: EntityKind, _ key: String) throws(KongDatabase.Refusal) -> JSON {
        guard shared.hasDatabase else { throw .unreachable }
        return try shared.database.find(kind, key)
    }

    private func collection(
        _ kind: EntityKind, _ owner: (field: String, id: String, path: String)?,
        _ head: RequestHead, _ body: BodyReader
    ) throws(KongDatabase.Refusal) -> Reply {
        guard shared.hasDatabase else { throw .unreachable }
        switch head.method {
        case "GET", "HEAD":
            var all = shared.database.all(kind)
            if let owner { all = all.filter { $0[owner.field]?["id"]?.text == owner.id } }
            return page(all, path: owner?.path ?? kind.rawValue, head)
        case "POST":
            guard var fields = AdminBody.fields(head, body) else {
                return message(400, "Cannot parse JSON body")
            }
            if let owner { fields[owner.field] = ["id": .string(owner.id)] }
            let made = try shared.database.create(kind, fields, by: shared.settings.cluster)
            return json(201, made)
        default: return only(["GET", "POST"], head) { message(404, "Not found") }
        }
    }

    private func entity(
        _ kind: EntityKind, _ key: String, _ head: RequestHead, _ body: BodyReader
    ) throws(KongDatabase.Refusal) -> Reply {
        guard shared.hasDatabase else { throw .unreachable }
        let (database, cluster) = (shared.database, shared.settings.cluster)
        switch head.method {
        case "GET", "HEAD":
            return json(200, try database.find(kind, key))
        case "DELETE":
            // What is not there is gone: Kong says 204 as well.
            do throws(KongDatabase.Refusal) {
                try database.delete(kind, key, by: cluster)
            } catch  where error == .notFound {}
            return json(204, .null)
        case "PATCH", "PUT":
            guard var fields = AdminBody.fields(head, body) else {
                return message(400, "Cannot parse JSON body")
            }
            do throws(KongDatabase.Refusal) {
                let changed = try database.update(
                    kind, key, fields, by: cluster, replaces: head.method == "PUT")
                return json(200, changed)
            } catch  where error == .notFound && head.method == "PUT" {
                let field = key.utf8.count == 36 ? "id" : kind.nameField ?? "id"
                fields[field] = .string(key)
                return json(200, try database.create(kind, fields, by: cluster))
            }
        default:
            return only(["GET", "PATCH", "PUT", "DELETE"], head) { message(404, "Not found") }
        }
    }

    private func page(_ all: [JSON], path: String, _ head: RequestHead) -> Reply {
        let size = head.parameter("size").map { Int($0) ?? 0 } ?? 100
        guard (1...1_000).contains(size) else {
            return json(
                400,
                [
                    "code": 9, "name": "invalid size",
                    "message": "size must be an integer between 1 and 1000",
                ])
        }
        var rest = all[...]
        if let offset = head.parameter("offset") {
            guard let id = PageOffset.id(offset) else {
                return json(
                    400,
                    [
                        "code": 7, "name": "invalid offset",
                        "message": .string(
                            "'\(offset)' is not a valid offset: bad base64 encoding"),
                    ])
            }
            rest = rest.drop { ($0["id"]?.text ?? "") <= id }
        }
        var answer: [String: JSON] = ["data": .array(Array(rest.prefix(size))), "next": .null]
        if rest.count > size, let last = rest.prefix(size).last?["id"]?.text {
            let offset = PageOffset.text(last)
            answer["offset"] = .string(offset)
            let escaped = offset.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            answer["next"] = .string("/\(path)?offset=\(escaped ?? offset)")
        }
        return json(200, .object(answer))
    }

    /// Kong's codes and words. They are read, not measured.
    private func refusal(_ refusal: KongDatabase.Refusal) -> Reply {
        switch refusal {
        case .unreachable: return message(500, "An unexpected error occurred")
        case .notFound: return message(404, "Not found")
        case .violation(let faults):
            let list = faults.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            let count = faults.count == 1 ? "" : "\(faults.count) "
            let noun = faults.count == 1 ? "schema violation" : "schema violations"
            return json(
                400,
                [
                    "code": 2, "name": "schema violation",
                    "message": .string("\(count)\(noun) (\(list.joined(separator: "; ")))"),
                    "fields": .object(faults.mapValues { .string($0) }),
                ])
        case .taken(let field, let value):
            return json(
                409,
                [
                    "code": 5, "name": "unique constraint violation",
                    "message": .string(
                        "UNIQUE violation detected on '{\(field)=\"\(value)\"}'"),
                    "fields": .object([field: .string(value)]),
                ])
        case .unknownReference(let field):
            return json(
                400,
                [
                    "code": 4, "name": "foreign key violation",
                    "message": .string(
                        "the foreign key '{\(field)}' does not reference an existing "
                            + "'\(field)s' entity."),
                ])
        case .isReferenced(let kind):
            return json(
                400,
                [
                    "code": 4, "name": "foreign key violation",
                    "message": .string("an existing '\(kind)' entity references this entity"),
                ])
        }
    }
}

/// Where a page of a list begins: behind an id.
enum PageOffset {
    static func text(_ id: String) -> String { Data("[\"\(id)\"]".utf8).base64EncodedString() }

    static func id(_ text: String) -> String? {
        let text = text.removingPercentEncoding ?? text
        guard let data = Data(base64Encoded: text), let value = JSON(Array(data)) else {
            return nil
        }
        return value.elements?.first?.text
    }
}

/// The body of a write: JSON, or a form.
enum AdminBody {
    /// nil if it is no object; an empty body is an object without fields.
    static func fields(_ head: RequestHead, _ body: BodyReader) -> [String: JSON]? {
        guard body.count == body.kept.count else { return nil }
        if body.count == 0 { return [:] }
        if head.value("content-type")?.hasPrefix("application/x-www-form-urlencoded") ?? false {
            return form(String(decoding: body.kept, as: UTF8.self))
        }
        return JSON(body.kept)?.object
    }

    /// `paths[]=/a&service.name=tiny&port=80`: lists, nested names, numbers and truths.
    private static func form(_ text: String) -> [String: JSON] {
        var fields: [String: JSON] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let words = parts.map { part in
                let spaced = part.replacing("+", with: " ")
                return spaced.removingPercentEncoding ?? String(spaced)
            }
            let value = words.count == 2 ? self.value(words[1]) : ""
            if words[0].hasSuffix("[]") {
                let name = String(words[0].dropLast(2))
                fields[name] = .array((fields[name]?.elements ?? []) + [value])
            } else {
                add(value, at: words[0].split(separator: ".").map(String.init), to: &fields)
            }
        }
        return fields
    }

    private static func add(
        _ value: JSON, at path: [String], to fields: inout [String: JSON]
    ) {
        guard let first = path.first else { return }
        guard path.count > 1 else {
            fields[first] = value
            return
        }
        var inner = fields[first]?.object ?? [:]
        add(value, at: Array(path.dropFirst()), to: &inner)
        fields[first] = .object(inner)
    }

    private static func value(_ text: String) -> JSON {
        switch text {
        case "true": true
        case "false": false
        default: Int(text).map { .number(Double($0)) } ?? .string(text)
        }
    }
}
