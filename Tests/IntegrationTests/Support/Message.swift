import Foundation

/// A request or a response as it came over the wire.
struct Message {
    /// The first line and the field lines, byte for byte, without the empty line.
    let head: String
    let body: Data
    /// The lines behind the last chunk.
    let trailers: [String]

    var startLine: String { String(lines[0]) }
    var text: String { String(decoding: body, as: UTF8.self) }

    private var lines: [Substring] {
        head.split(separator: "\r\n", omittingEmptySubsequences: false)
    }
    var fieldLines: [String] { lines.dropFirst().map(String.init) }

    /// A response's status code.
    var status: Int { Int(startLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    /// A request's target.
    var target: String { String(startLine.split(separator: " ").dropFirst().first ?? "") }

    /// The values of the field of that name, in their order.
    func values(_ name: String) -> [String] {
        fieldLines.compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
    }

    /// The field's only value; nil when it is missing or there several times.
    subscript(name: String) -> String? {
        let values = values(name)
        return values.count == 1 ? values[0] : nil
    }
}

extension Wire {
    /// Takes a whole request with its body; nil when the peer ends instead.
    func takeRequest() throws -> Message? {
        guard let head = try takeHead() else { return nil }
        return try takeBody(of: head, isUntilEnd: false)
    }

    /// Takes a whole response. One to HEAD has no body, nor have 1xx, 204 and 304.
    func takeResponse(isToHead: Bool = false) throws -> Message {
        guard let head = try takeHead() else { throw WireError.ended(after: "nothing") }
        if isToHead || head.status < 200 || head.status == 204 || head.status == 304 {
            return head
        }
        return try takeBody(of: head, isUntilEnd: true)
    }

    /// Takes a head only.
    func takeHead() throws -> Message? {
        guard let bytes = try take(through: "\r\n\r\n") else { return nil }
        let head = String(decoding: bytes.dropLast(4), as: UTF8.self)
        return Message(head: head, body: Data(), trailers: [])
    }

    private func takeBody(of head: Message, isUntilEnd: Bool) throws -> Message {
        if head["Transfer-Encoding"] == "chunked" {
            let (body, trailers) = try takeChunks()
            return Message(head: head.head, body: body, trailers: trailers)
        }
        if let text = head["Content-Length"] {
            guard let count = Int(text) else { throw WireError.malformed(text) }
            return Message(head: head.head, body: try take(exactly: count), trailers: [])
        }
        let body = isUntilEnd ? try takeToEnd() : Data()
        return Message(head: head.head, body: body, trailers: [])
    }

    private func takeChunks() throws -> (body: Data, trailers: [String]) {
        var body = Data()
        while true {
            let line = try takeLine()
            guard let count = Int(line.prefix { $0 != ";" }, radix: 16) else {
                throw WireError.malformed("chunk size \(line.debugDescription)")
            }
            if count == 0 { break }
            body += try take(exactly: count)
            guard try takeLine() == "" else { throw WireError.malformed("a chunk's end") }
        }
        var trailers: [String] = []
        while true {
            let line = try takeLine()
            if line.isEmpty { return (body, trailers) }
            trailers.append(line)
        }
    }

    private func takeLine() throws -> String {
        guard let line = try take(through: "\r\n") else { throw WireError.ended(after: "a line") }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }

    /// Sends a request and takes the answer.
    func exchange(_ request: String) throws -> Message {
        try send(request)
        return try takeResponse(isToHead: request.hasPrefix("HEAD "))
    }

    /// Asks for a path and takes the answer.
    func get(_ path: String = "/", fields: [String] = []) throws -> Message {
        let lines = (["GET \(path) HTTP/1.1", "Host: test"] + fields).map { $0 + "\r\n" }
        return try exchange(lines.joined() + "\r\n")
    }
}
