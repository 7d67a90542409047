/// One page of a list, as Kong's Admin API writes it: `{"data": [...], "offset": "..."}`.
package struct EntityPage: Sendable, Equatable {
    /// In the order of the page.
    package let entities: [AdminEntity]
    /// What asks for the next page; nil on the last one.
    package let offset: String?

    private static let longestOffset = 4_096

    /// Reads a page of the list at `path`.
    package init(_ body: [UInt8], path: String) throws(AdminFault) {
        let value = try AdminJSON.object(body, path: path)
        guard let list = Self.list(value["data"]) else {
            throw .malformed(path: path, "no `data`; expected a list of Kong's Admin API")
        }
        var entities: [AdminEntity] = []
        entities.reserveCapacity(list.count)
        for element in list { entities.append(try Self.entity(element, path: path)) }
        self.entities = entities
        offset = try Self.offset(value, path: path)
    }

    /// Lua writes an empty list as an empty object unless it is told otherwise.
    private static func list(_ value: JSONValue?) -> [JSONValue]? {
        if let elements = value?.elements { return elements }
        return value?.members?.isEmpty == true ? [] : nil
    }

    private static func entity(
        _ value: JSONValue, path: String
    ) throws(AdminFault) -> AdminEntity {
        guard let id = value["id"]?.text.flatMap(EntityID.init) else {
            throw .malformed(path: path, "an entity without an id; expected a UUID")
        }
        if let time = value["updated_at"]?.double, time.isFinite, time > 0 {
            return AdminEntity(id: id, updatedAt: time)
        }
        return AdminEntity(id: id, content: value)
    }

    private static func offset(
        _ value: JSONValue, path: String
    ) throws(AdminFault) -> String? {
        switch value["offset"] ?? .null {
        case .string(let offset) where (1...longestOffset).contains(offset.utf8.count):
            return offset
        case .null:
            guard value["next"] ?? .null == .null else {
                throw .malformed(path: path, "a next page without an `offset` to ask for it")
            }
            return nil
        default:
            throw .malformed(
                path: path, "an `offset` of another kind; expected a text of up to 4096 bytes")
        }
    }
}

/// Bodies of an Admin API.
enum AdminJSON {
    /// The object that a body holds.
    static func object(_ body: [UInt8], path: String) throws(AdminFault) -> JSONValue {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(body)
        } catch {
            throw .malformed(path: path, "no JSON: \(error)")
        }
        guard value.members != nil else {
            throw .malformed(path: path, "\(value.kind); expected an object")
        }
        return value
    }
}

extension KongNode {
    /// Reads the answer to `GET /`.
    package init(_ body: [UInt8]) throws(AdminFault) {
        let value = try AdminJSON.object(body, path: "/")
        guard let version = value["version"]?.text, !version.isEmpty, version.utf8.count <= 64
        else { throw .malformed(path: "/", "no `version`; expected Kong's Admin API") }
        self.init(
            version: Self.shown(version), id: Self.shown(value["node_id"]?.text ?? ""),
            hostname: Self.shown(value["hostname"]?.text ?? ""))
    }

    /// A short text without line ends.
    private static func shown(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(128).filter { $0.value > 0x1f }))
    }
}
