internal import Kernel

/// What changes entities. A change through the Admin API of a cluster gets to the workers of all
/// nodes, each in its own time; one that is made here is known to all of them at once.
extension KongDatabase {
    /// Adds an entity, as `add(.routes, ["name": "api", "paths": ["/api"], "service": "tiny"])`:
    /// another entity may be given by its name. The id of the new one.
    @discardableResult
    package func add(_ kind: EntityKind, _ fields: [String: JSON]) throws(Refusal) -> String {
        let entity = try create(kind, fields, by: nil)
        return entity["id"]?.text ?? ""
    }

    /// Changes fields of an entity, given by its id or name.
    package func change(
        _ kind: EntityKind, _ key: String, _ fields: [String: JSON]
    ) throws(Refusal) {
        _ = try update(kind, key, fields, by: nil)
    }

    /// Removes an entity, given by its id or name.
    package func remove(_ kind: EntityKind, _ key: String) throws(Refusal) {
        try delete(kind, key, by: nil)
    }

    func find(_ kind: EntityKind, _ key: String) throws(Refusal) -> JSON {
        try state.withLock { state throws(Refusal) in
            guard state.isReachable else { throw .unreachable }
            guard let id = state.id(of: key, kind), let entity = state.entities[kind]?[id] else {
                throw .notFound
            }
            return entity
        }
    }

    func create(
        _ kind: EntityKind, _ fields: [String: JSON], by cluster: String?
    ) throws(Refusal) -> JSON {
        try commit(by: cluster) { state throws(Refusal) in
            var entity = try state.resolve(Self.complete(fields, kind))
            if kind == .keys, entity["key"] == nil {
                entity["key"] = .string(state.random.requestID())
            }
            try Self.validate(entity, kind)
            let id = entity["id"]?.text ?? state.random.identifier()
            try state.checkUnique(entity, kind, except: nil)
            guard state.entities[kind]?[id] == nil else { throw .taken(field: "id", value: id) }
            let now = Self.now()
            let whole = kind.presets.merging(entity) { $1 }.merging(
                ["id": .string(id), "created_at": now, "updated_at": now]
            ) { $1 }
            state.entities[kind, default: [:]][id] = .object(whole)
            return .object(whole)
        }
    }

    /// A change with PATCH, or with PUT, which makes what is not there.
    func update(
        _ kind: EntityKind, _ key: String, _ fields: [String: JSON], by cluster: String?,
        replaces: Bool = false
    ) throws(Refusal) -> JSON {
        try commit(by: cluster) { state throws(Refusal) in
            let new = try state.resolve(Self.complete(fields, kind))
            let id = state.id(of: key, kind)
            guard let id, let old = state.entities[kind]?[id]?.object else { throw .notFound }
            let kept = replaces ? kind.presets : old
            var whole = kept.merging(new) { $1 }
            if replaces, let name = kind.nameField, whole[name]?.text == nil, key != id {
                whole[name] = .string(key)
            }
            try Self.validate(whole, kind)
            try state.checkUnique(whole, kind, except: id)
            whole["id"] = .string(id)
            whole["created_at"] = old["created_at"]
            whole["updated_at"] = Self.now()
            state.entities[kind]?[id] = .object(whole)
            return .object(whole)
        }
    }

    func delete(_ kind: EntityKind, _ key: String, by cluster: String?) throws(Refusal) {
        _ = try commit(by: cluster) { state throws(Refusal) in
            guard let id = state.id(of: key, kind) else { throw .notFound }
            for (field, referred) in EntityKind.references where referred == kind {
                for child in EntityKind.allCases {
                    let pointing = state.entities[child, default: [:]].filter { _, entity in
                        entity[field]?["id"]?.text == id
                    }
                    // A service with routes stays; plugins, keys and targets go with their owner.
                    if child == .routes, !pointing.isEmpty { throw .isReferenced(by: "routes") }
                    for gone in pointing.keys { state.entities[child]?[gone] = nil }
                }
            }
            state.entities[kind]?[id] = nil
            return .null
        }
    }

    private func commit(
        by cluster: String?, _ change: (inout State) throws(Refusal) -> JSON
    ) throws(Refusal) -> JSON {
        let (result, table, nodes) = try state.withLock { state throws(Refusal) in
            guard state.isReachable else { throw .unreachable }
            let result = try change(&state)
            state.revision += 1
            state.table = RoutingTable(state.entities, revision: state.revision)
            return (result, state.table, state.nodes.values.compactMap(\.node))
        }
        for node in nodes { node.learn(table, from: cluster) }
        return result
    }

    /// Kong takes a `url` for protocol, host, port and path.
    private static func complete(_ fields: [String: JSON], _ kind: EntityKind) -> [String: JSON] {
        guard kind == .services, let url = fields["url"]?.text else { return fields }
        var fields = fields
        fields["url"] = nil
        let parts = url.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[1].hasPrefix("//") else { return fields }
        let rest = parts[1].dropFirst(2)
        let authority = rest.prefix { $0 != "/" }
        let pieces = authority.split(separator: ":")
        fields["protocol"] = .string(String(parts[0]))
        fields["host"] = pieces.first.map { .string(String($0)) }
        let port = pieces.count == 2 ? Int(pieces[1]) : nil
        fields["port"] = .number(Double(port ?? (parts[0] == "https" ? 443 : 80)))
        let path = rest.dropFirst(authority.count)
        if !path.isEmpty { fields["path"] = .string(String(path)) }
        return fields
    }

    static func validate(_ entity: [String: JSON], _ kind: EntityKind) throws(Refusal) {
        var faults: [String: String] = [:]
        let common: Set = ["id", "created_at", "updated_at", "tags"]
        for name in entity.keys where !kind.fields.contains(name) && !common.contains(name) {
            faults[name] = "unknown field"
        }
        for name in kind.required where entity[name]?.isNull ?? true {
            faults[name] = "required field missing"
        }
        for name in ["paths", "hosts", "methods"] where kind == .routes {
            guard let value = entity[name], !value.isNull else { continue }
            guard let elements = value.elements else {
                faults[name] = "expected a set"
                continue
            }
            if name == "paths", !elements.allSatisfy({ $0.text?.hasPrefix("/") ?? false }) {
                faults[name] = "should start with: /"
            }
        }
        for name in ["port", "read_timeout", "connect_timeout"] where kind == .services {
            if let value = entity[name], !value.isNull, value.int == nil {
                faults[name] = "expected an integer"
            }
        }
        if kind == .plugins, let name = entity["name"]?.text,
            !EntityKind.bundledPlugins.contains(name)
        {
            faults["name"] =
                "plugin '\(name)' not enabled; add it to the 'plugins' configuration property"
        }
        guard faults.isEmpty else { throw .violation(faults) }
    }
}

extension KongDatabase.State {
    /// The id of an entity that is given by its id or its name.
    func id(of key: String, _ kind: EntityKind) -> String? {
        guard let entities = entities[kind] else { return nil }
        if entities[key] != nil { return key }
        guard let name = kind.nameField else { return nil }
        return entities.first { $0.value[name]?.text == key }?.key
    }

    /// Puts `{"id": ...}` where a field names another entity.
    func resolve(_ fields: [String: JSON]) throws(KongDatabase.Refusal) -> [String: JSON] {
        var fields = fields
        for (field, kind) in EntityKind.references {
            guard let value = fields[field], !value.isNull else { continue }
            let nameField = kind.nameField ?? "name"
            let key = value.text ?? value["id"]?.text ?? value[nameField]?.text
            guard let key, let id = id(of: key, kind) else {
                throw .unknownReference(field: field)
            }
            fields[field] = .object(["id": .string(id)])
        }
        return fields
    }

    func checkUnique(
        _ entity: [String: JSON], _ kind: EntityKind, except id: String?
    ) throws(KongDatabase.Refusal) {
        guard kind != .targets, let field = kind.nameField, let value = entity[field]?.text else {
            return
        }
        let isTaken = entities[kind, default: [:]].contains { key, other in
            key != id && other[field]?.text == value
        }
        if isTaken { throw .taken(field: field, value: value) }
    }
}
