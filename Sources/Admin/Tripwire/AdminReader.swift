/// Reads all that the tripwire watches from one Admin API, page by page and within limits.
package struct AdminReader: Sendable {
    /// How much one reading may be.
    package struct Limits: Sendable {
        /// Asked for in one page: as many as Kong gives.
        package var pageSize = 1_000
        /// All entities, all pages, and the bytes of all pages.
        package var entities = 100_000
        package var pages = 400
        package var bytes = 512 << 20

        /// Kong's own page size, and what takes about 10 MiB to remember.
        package init() {}
    }

    private let transport: any AdminTransport
    private let limits: Limits

    /// A reader of an Admin API.
    package init(_ transport: any AdminTransport, limits: Limits = Limits()) {
        self.transport = transport
        self.limits = limits
    }

    /// Who answers: `GET /`.
    package func node() async throws(AdminFault) -> KongNode {
        let answer = try await transport.get("/")
        try Self.check(answer, path: "/")
        return try KongNode(answer.body)
    }

    /// The node and every list. A list that the Admin API does not have is left out.
    package func read() async throws(AdminFault) -> AdminReading {
        let node = try await node()
        var used = (entities: 0, pages: 0, bytes: 0)
        var inventory = EntityInventory()
        for kind in EntityKind.allCases {
            inventory[kind] = try await list(kind, &used)
        }
        guard inventory.missingKinds != EntityKind.allCases else {
            throw .malformed(path: "/", "it has none of the lists; expected Kong's Admin API")
        }
        return AdminReading(node: node, inventory: inventory)
    }

    private func list(
        _ kind: EntityKind, _ used: inout (entities: Int, pages: Int, bytes: Int)
    ) async throws(AdminFault) -> [AdminEntity]? {
        let path = "/\(kind.rawValue)"
        var entities: [AdminEntity] = []
        var offset: String?
        var seen: Set<String> = []
        repeat {
            used.pages += 1
            guard used.pages <= limits.pages else {
                throw .endless(path: path, "more than \(limits.pages) pages in all")
            }
            let answer = try await transport.get(target(path, offset))
            if answer.status == 404, offset == nil { return nil }
            try Self.check(answer, path: path)
            used.bytes += answer.body.count
            guard used.bytes <= limits.bytes else {
                throw .tooMuch(path: path, "more than \(limits.bytes >> 20) MiB in all")
            }
            let page = try EntityPage(answer.body, path: path)
            used.entities += page.entities.count
            guard used.entities <= limits.entities else {
                throw .tooMuch(path: path, "more than \(limits.entities) entities in all")
            }
            entities += page.entities
            offset = page.offset
            if let offset, !seen.insert(offset).inserted {
                throw .endless(path: path, "a page leads to one before it")
            }
            // Others want their turn between pages of a megabyte.
            await Task.yield()
        } while offset != nil
        return try Self.sorted(entities, path: path)
    }

    private static func sorted(
        _ entities: [AdminEntity], path: String
    ) throws(AdminFault) -> [AdminEntity] {
        let sorted = entities.sorted { $0.id < $1.id }
        for (entity, next) in zip(sorted, sorted.dropFirst()) where entity.id == next.id {
            throw .malformed(path: path, "\(entity.id) is there twice; expected each id once")
        }
        return sorted
    }

    private func target(_ path: String, _ offset: String?) -> String {
        let size = "\(path)?size=\(limits.pageSize)"
        return offset.map { "\(size)&offset=\(Self.encoded($0))" } ?? size
    }

    /// RFC 3986 section 2: everything but what is unreserved.
    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                return String(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }.joined()
    }

    private static func check(_ answer: AdminAnswer, path: String) throws(AdminFault) {
        switch answer.status {
        case 200: return
        case 300..<400:
            let place = (answer.location ?? "nowhere").unicodeScalars.prefix(200)
            let shown = String(String.UnicodeScalarView(place.filter { $0.value > 0x1f }))
            throw .redirect(path: path, to: shown)
        case 401, 403: throw .denied(path: path, status: answer.status)
        default: throw .status(path: path, answer.status)
        }
    }
}
