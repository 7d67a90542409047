internal import NIOCore

/// The head of a request, read as nginx reads it.
struct RequestHead: Sendable {
    struct Field: Sendable {
        let name: String
        /// The name in lower case.
        let key: String
        let value: String
    }

    enum Framing: Sendable, Equatable {
        case none
        case length(Int)
        case chunked
    }

    let method: String
    /// Path and query, without what an absolute form says before.
    let target: String
    /// The minor number of HTTP/1.x.
    let minorVersion: Int
    /// What an absolute form named.
    let authority: String?
    var fields: [Field] = []
    var framing: Framing = .none

    var path: Substring { target.prefix { $0 != "?" } }
    var query: Substring { target.dropFirst(path.count).dropFirst() }
    var host: String { authority ?? value("host") ?? "" }

    /// The value of the first field of that name, given in lower case.
    func value(_ key: String) -> String? { fields.first { $0.key == key }?.value }

    func values(_ key: String) -> [String] { fields.filter { $0.key == key }.map(\.value) }

    /// Whether a list field has such an element.
    func lists(_ element: String, in key: String) -> Bool {
        values(key).contains { value in
            value.split(separator: ",").contains { part in
                part.trimmed.lowercased() == element
            }
        }
    }

    /// The values of a name in the query.
    func parameter(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0] == name else { continue }
            return parts.count == 2 ? String(parts[1]) : ""
        }
        return nil
    }

    /// Whether the client wants to go on with the connection.
    var keepsAlive: Bool {
        if lists("close", in: "connection") { return false }
        return minorVersion >= 1 || lists("keep-alive", in: "connection")
    }

    var wantsContinue: Bool {
        minorVersion >= 1 && value("expect")?.lowercased() == "100-continue"
    }

    var wantsWebSocket: Bool {
        value("upgrade")?.lowercased() == "websocket" && lists("upgrade", in: "connection")
    }
}

extension StringProtocol {
    /// Without blanks and tabs at both ends.
    var trimmed: SubSequence {
        var text = self[...]
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text.drop { $0 == " " || $0 == "\t" }
    }
}

/// What is wrong with a request; every one ends the connection.
enum RequestFault: Error, Equatable {
    case badRequest, methodNotAllowed, headTooLarge, targetTooLong, notImplemented, badVersion

    var status: Int {
        switch self {
        // What nginx calls 494 leaves Kong as 400.
        case .badRequest, .headTooLarge: 400
        case .methodNotAllowed: 405
        case .targetTooLong: 414
        case .notImplemented: 501
        case .badVersion: 505
        }
    }

    /// Kong's words. The ones of the last two are an assumption.
    var message: String {
        switch self {
        case .badRequest: "Bad request"
        case .methodNotAllowed: "Method not allowed"
        case .headTooLarge: "Request header or cookie too large"
        case .targetTooLong: "URI too long"
        case .notImplemented, .badVersion: "The upstream server responded with \(status)"
        }
    }
}

/// Takes heads out of what has arrived, line by line, as nginx does: a line may end with LF alone.
struct HeadReader {
    private static let longestLine = 8 * 1_024
    private static let longestHead = 32 * 1_024

    private var head: RequestHead?
    private var size = 0

    /// Whether a head has begun.
    var isInside: Bool { head != nil || size > 0 }

    /// Takes what is there of a head; the head once it is whole.
    mutating func take(_ input: inout ByteBuffer) throws(RequestFault) -> RequestHead? {
        while let line = try takeLine(&input) {
            guard var head else {
                // Empty lines before a request are no fault.
                if line.isEmpty { continue }
                self.head = try RequestLine.parse(line)
                continue
            }
            guard line.isEmpty else {
                head.fields.append(try Self.field(line))
                self.head = head
                continue
            }
            self.head = nil
            size = 0
            try head.settle()
            return head
        }
        return nil
    }

    private mutating func takeLine(_ input: inout ByteBuffer) throws(RequestFault) -> String? {
        let view = input.readableBytesView
        guard let end = view.firstIndex(of: 0x0a) else {
            try check(pending: view.count)
            // A TLS hello has no line, and nobody waits for one.
            if head == nil, let first = view.first, !Self.mayBegin(first) {
                throw .badRequest
            }
            return nil
        }
        let count = end - view.startIndex
        try check(pending: count)
        size += count + 1
        guard var line = input.readString(length: count) else { throw .badRequest }
        input.moveReaderIndex(forwardBy: 1)
        if line.utf8.last == 0x0d { line.unicodeScalars.removeLast() }
        if line.utf8.contains(0) { throw .badRequest }
        return line
    }

    private func check(pending: Int) throws(RequestFault) {
        guard pending > Self.longestLine || size + pending > Self.longestHead else { return }
        throw head == nil ? .targetTooLong : .headTooLarge
    }

    private static func mayBegin(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || [0x5f, 0x2d, 0x0d, 0x0a].contains(byte)
    }

    private static func field(_ line: String) throws(RequestFault) -> RequestHead.Field {
        let bytes = line.utf8
        // A folded field, or none.
        guard let first = bytes.first, first != 0x20, first != 0x09,
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > bytes.startIndex
        else { throw .badRequest }
        let name = line[..<colon]
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .badRequest }
        let value = line[bytes.index(after: colon)...].trimmed
        return RequestHead.Field(
            name: String(name), key: name.lowercased(), value: String(value))
    }
}

/// The first line of a request.
enum RequestLine {
    static func parse(_ line: String) throws(RequestFault) -> RequestHead {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty,
            parts[0].utf8.allSatisfy({ (0x41...0x5a).contains($0) || $0 == 0x5f || $0 == 0x2d })
        else { throw .badRequest }
        let minor = try minorVersion(parts[2])
        switch parts[0] {
        case "CONNECT": throw .badRequest
        case "TRACE": throw .methodNotAllowed
        default: break
        }
        let (authority, target) = try split(parts[1])
        return RequestHead(
            method: String(parts[0]), target: target, minorVersion: minor, authority: authority)
    }

    private static func minorVersion(_ text: Substring) throws(RequestFault) -> Int {
        guard text.hasPrefix("HTTP/") else { throw .badRequest }
        let numbers = text.dropFirst(5).split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 2, let major = Int(numbers[0]), let minor = Int(numbers[1]),
            minor >= 0, minor < 1_000
        else { throw .badRequest }
        // An assumption; HTTP/2.0 comes only with the preface, which is refused for its target.
        guard major == 1 else { throw major == 2 ? .badRequest : .badVersion }
        return minor
    }

    private static func split(_ target: Substring) throws(RequestFault) -> (String?, String) {
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw .badRequest }
        if target.utf8.first == UInt8(ascii: "/") { return (nil, String(target)) }
        let parts = target.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[1].hasPrefix("//"),
            parts[0].utf8.allSatisfy({ (0x61...0x7a).contains($0 | 0x20) })
        else { throw .badRequest }
        let rest = parts[1].dropFirst(2)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty else { throw .badRequest }
        let path = rest.dropFirst(authority.count)
        return (String(authority), path.hasPrefix("/") ? String(path) : "/" + path)
    }
}

extension RequestHead {
    /// What the fields say about each other.
    mutating func settle() throws(RequestFault) {
        let hosts = fields.count { $0.key == "host" }
        guard hosts <= 1, hosts == 1 || minorVersion == 0 || authority != nil else {
            throw .badRequest
        }
        let lengths = values("content-length")
        let codings = values("transfer-encoding")
        guard lengths.count <= 1, codings.count <= 1 else { throw .badRequest }
        if let coding = codings.first {
            guard lengths.isEmpty, minorVersion >= 1 else { throw .badRequest }
            guard coding.lowercased() == "chunked" else { throw .notImplemented }
            framing = .chunked
        } else if let length = lengths.first {
            guard length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(length)
            else { throw .badRequest }
            framing = count == 0 ? .none : .length(count)
        }
    }
}
