internal import Kernel

/// Talks to a running proxy over its control socket.
package struct ControlClient: Sendable {
    /// Why there is no answer.
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        /// Nobody listens there.
        case nobody(socket: String)
        /// Somebody does, and says nothing.
        case noAnswer(socket: String)
        case failed(socket: String, reason: String)

        /// Which socket, and what is wrong.
        package var description: String {
            switch self {
            case .nobody(let socket): "nobody listens on \(socket): is `sluice run` running?"
            case .noAnswer(let socket):
                "\(socket): no answer within \(ControlClient.timeoutMilliseconds / 1_000) s"
            case .failed(let socket, let reason): "\(socket): \(reason)"
            }
        }
    }

    /// What came back.
    package struct Reply: Sendable, Equatable {
        /// The status code, and the bytes behind the head.
        package let status: Int
        package let body: [UInt8]
    }

    fileprivate static let timeoutMilliseconds = 15_000

    /// The path of the socket.
    package let socket: String

    package init(socket: String) { self.socket = socket }

    /// Sends one request and waits for its answer.
    package func send(
        _ method: String, _ path: String, body: JSONValue? = nil, ifGeneration: UInt64? = nil
    ) throws(Fault) -> Reply {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n"
        let content = body.map { Array(JSONWriter.text($0).utf8) } ?? []
        if !content.isEmpty { head += "Content-Type: application/json\r\n" }
        if let ifGeneration { head += "If-Match: \"\(ifGeneration)\"\r\n" }
        head += "Content-Length: \(content.count)\r\n\r\n"
        var answer: [UInt8] = []
        do throws(Errno) {
            let connection = try UnixSocket.connect(path: socket)
            connection.setTimeout(milliseconds: Self.timeoutMilliseconds)
            try connection.send(Array(head.utf8) + content)
            while try connection.receive(into: &answer) {}
        } catch .noSuchFile {
            throw .nobody(socket: socket)
        } catch .connectionRefused {
            throw .nobody(socket: socket)
        } catch .timedOut {
            throw .noAnswer(socket: socket)
        } catch {
            throw .failed(socket: socket, reason: "\(error)")
        }
        guard let reply = Reply(answer) else {
            throw .failed(socket: socket, reason: "no HTTP comes back; expected a control socket")
        }
        return reply
    }
}

extension ControlClient.Reply {
    /// Reads an answer that ends with its connection.
    package init?(_ bytes: [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        guard let headEnd = bytes.indices.first(where: { bytes[$0...].starts(with: end) })
        else { return nil }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            return nil
        }
        self.init(status: status, body: Array(bytes[(headEnd + end.count)...]))
    }

    /// The body as JSON.
    package var json: JSONValue? { try? JSONReader.read(body) }
}
