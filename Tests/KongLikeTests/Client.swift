import Foundation
import Glibc

/// What went wrong on a connection.
enum ClientError: Error, Equatable {
    case system(String, Int32)
    case late(after: String)
    case ended(after: String)
}

/// A connection on which every byte counts. Each call waits 20 seconds at most.
final class Client {
    private let descriptor: Int32
    private(set) var received: [UInt8] = []

    init(_ port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | 0x80000, 0)
        guard descriptor >= 0 else { throw ClientError.system("socket", errno) }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // What `init` throws closes it: all there is to initialise is.
        guard result == 0 else { throw ClientError.system("connect", errno) }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ClientError.system("send", errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits for more; false at the peer's end or reset.
    private func receiveMore() throws -> Bool {
        var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&interest, 1, 20_000) > 0 else {
            throw ClientError.late(after: String(decoding: received, as: UTF8.self))
        }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
        if count < 0, errno != ECONNRESET { throw ClientError.system("receive", errno) }
        received += chunk.prefix(max(0, count))
        return count > 0
    }

    /// Whether nothing has arrived and the connection is open.
    var isQuiet: Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0
            && errno == EAGAIN
    }

    /// Whether the peer ends the connection without another byte.
    func isEnded() throws -> Bool { try !receiveMore() && received.isEmpty }

    func takeToEnd() throws -> String {
        while try receiveMore() {}
        return take(received.count)
    }

    func take(_ count: Int) -> String {
        defer { received.removeFirst(count) }
        return String(decoding: received.prefix(count), as: UTF8.self)
    }

    func take(exactly count: Int) throws -> String {
        while received.count < count {
            guard try receiveMore() else { throw ClientError.ended(after: take(received.count)) }
        }
        return take(count)
    }

    func take(through end: String) throws -> String {
        let end = Array(end.utf8)
        var place = 0
        while true {
            while place + end.count <= received.count {
                if received[place..<place + end.count].elementsEqual(end) {
                    return take(place + end.count)
                }
                place += 1
            }
            guard try receiveMore() else { throw ClientError.ended(after: take(received.count)) }
        }
    }

    /// A whole answer.
    func answer(toHead: Bool = false) throws -> Answer {
        let head = try take(through: "\r\n\r\n")
        var answer = Answer(head: head, body: "")
        if toHead { return answer }
        if let length = answer["Content-Length"].flatMap({ Int($0) }) {
            answer.body = try take(exactly: length)
        } else if answer["Transfer-Encoding"] == "chunked" {
            answer.body = try take(through: "0\r\n\r\n")
        }
        return answer
    }

    func get(_ path: String, _ fields: String...) throws -> Answer {
        try exchange("GET", path, fields)
    }

    func exchange(
        _ method: String, _ path: String, _ fields: [String] = [], body: String? = nil
    ) throws -> Answer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: kong"] + fields
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        try send(lines.map { $0 + "\r\n" }.joined() + "\r\n" + (body ?? ""))
        return try answer(toHead: method == "HEAD")
    }
}

/// An answer as it came over the wire.
struct Answer {
    let head: String
    var body: String

    var status: Int { Int(head.split(separator: " ")[1]) ?? 0 }

    /// The field's value; nil if it is not there.
    subscript(name: String) -> String? {
        for line in head.components(separatedBy: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    /// The names of its fields in their order.
    var names: [String] {
        head.components(separatedBy: "\r\n").dropFirst().compactMap { line in
            line.isEmpty ? nil : line.split(separator: ":").first.map(String.init)
        }
    }

    /// Everything, with what differs from time to time put aside: dates and ids of requests.
    var text: String {
        let lines = head.components(separatedBy: "\r\n").map { line in
            if line.hasPrefix("Date: ") { return "Date: *" }
            if line.hasPrefix("X-Kong-Request-Id: ") { return "X-Kong-Request-Id: *" }
            return line
        }
        var body = body
        if let id = self["X-Kong-Request-Id"] {
            body = body.replacingOccurrences(of: id, with: "*")
        }
        return lines.joined(separator: "\n") + body
    }
}

/// Asks again and again until it holds; whether it did within 20 seconds.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
        if try await condition() { return true }
        _ = poll(nil, 0, 2)
    }
    return false
}
