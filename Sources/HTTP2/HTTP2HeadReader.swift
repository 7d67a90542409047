internal import Bytes

/// Writes the head of a message as HTTP/1.1 does, field by field as they come (RFC 9113 section 8).
///
/// The text stands in the workspace. What nghttp2 does not check is checked here: the parts of a
/// request line have no space in them, and Host says the same as `:authority`.
struct HTTP2HeadReader {
    /// What a field came to.
    enum Outcome {
        case kept
        /// The message breaks the rules.
        case malformed
        /// It has more than it may have.
        case tooLarge
    }

    /// A part of the workspace's `pseudo`.
    private struct Part {
        var from = 0
        var count = -1

        var isMissing: Bool { count < 0 }
    }

    private var method = Part()
    private var authority = Part()
    private var path = Part()
    private var scheme = Part()
    private var status = Part()
    private var upgrade = Part()
    private(set) var isActive = false
    private(set) var isTrailers = false
    private var hasFirstLine = false
    private var hasLength = false
    /// Whether the head says that the length of the body is not known.
    private(set) var isOpenEnded = false
    /// Whether the head says that the content is that of gRPC.
    private(set) var isGRPC = false
    private var byteCount = 0
    private var fieldCount = 0

    /// Begins a head, or trailers.
    mutating func begin(isTrailers: Bool, _ work: inout HTTP2Workspace) {
        self = HTTP2HeadReader()
        isActive = true
        self.isTrailers = isTrailers
        work.text.removeAll()
        work.pseudo.removeAll()
        work.cookie.removeAll()
    }

    /// Takes one field.
    mutating func take(
        _ name: Span<UInt8>, _ value: Span<UInt8>, _ limits: HTTP2Limits,
        _ work: inout HTTP2Workspace
    ) -> Outcome {
        byteCount += name.count + value.count + 4
        fieldCount += 1
        guard byteCount <= limits.headBytes, fieldCount <= limits.fields + 5 else {
            return .tooLarge
        }
        if name.isEmpty { return .malformed }
        if name[0] == UInt8(ascii: ":") { return takePseudo(name, value, &work) }
        if !isTrailers, !hasFirstLine { writeFirstLine(&work) }
        if name.isEqual(to: "cookie") {
            if !work.cookie.isEmpty { work.cookie.append("; ") }
            work.cookie.append(value)
            return .kept
        }
        if name.isEqual(to: "host"), !authority.isMissing {
            return isAuthority(value, work) ? .kept : .malformed
        }
        if !upgrade.isMissing, name.isEqual(to: "sec-websocket-key") { return .kept }
        if name.isEqual(to: "content-length") { hasLength = true }
        if name.isEqual(to: "content-type") { isGRPC = Self.tellsGRPC(value) }
        work.text.append(field: name, value)
        return .kept
    }

    /// `application/grpc`, and behind it how messages are written, or parameters; `grpc-web` is
    /// another type.
    private static func tellsGRPC(_ value: Span<UInt8>) -> Bool {
        let name: StaticString = "application/grpc"
        guard value.count >= 16 else { return false }
        for index in 0..<16 where unsafe value[index] | 0x20 != name.utf8Start[index] {
            return false
        }
        return value.count == 16 || value[16] == UInt8(ascii: "+")
            || value[16] == UInt8(ascii: ";")
    }

    private mutating func takePseudo(
        _ name: Span<UInt8>, _ value: Span<UInt8>, _ work: inout HTTP2Workspace
    ) -> Outcome {
        for index in 0..<value.count where value[index] <= 0x20 || value[index] == 0x7f {
            return .malformed
        }
        let part = Part(from: work.pseudo.count, count: value.count)
        work.pseudo.append(value)
        if name.isEqual(to: ":method") {
            method = part
        } else if name.isEqual(to: ":path") {
            path = part
        } else if name.isEqual(to: ":authority") {
            authority = part
        } else if name.isEqual(to: ":scheme") {
            scheme = part
        } else if name.isEqual(to: ":status") {
            status = part
        } else if name.isEqual(to: ":protocol") {
            upgrade = part
        }
        return .kept
    }

    private mutating func writeFirstLine(_ work: inout HTTP2Workspace) {
        hasFirstLine = true
        if !status.isMissing {
            work.text.append("HTTP/1.1 ")
            append(status, &work)
            work.text.append(" \r\n")
            return
        }
        if upgrade.isMissing { append(method, &work) } else { work.text.append("GET") }
        work.text.append(byte: 0x20)
        append(path.isMissing ? authority : path, &work)
        work.text.append(" HTTP/1.1\r\n")
        if !authority.isMissing {
            work.text.append("host: ")
            append(authority, &work)
            work.text.append("\r\n")
        }
        if !upgrade.isMissing {
            work.text.append("connection: upgrade\r\nupgrade: ")
            append(upgrade, &work)
            work.text.append("\r\n")
            if isSame(upgrade, "websocket", work) {
                // HTTP/1.1 asks for one, HTTP/2 has none (RFC 8441 section 5).
                work.text.append("sec-websocket-key: ")
                Self.appendKey(&work.text)
                work.text.append("\r\n")
            }
        }
    }

    /// Ends the head. `endsStream`: no body and no trailers follow; `isBodiless`: an answer has
    /// none whatever follows.
    mutating func finish(endsStream: Bool, isBodiless: Bool, _ work: inout HTTP2Workspace) {
        isActive = false
        if isTrailers {
            work.text.append("\r\n")
            return
        }
        if !hasFirstLine { writeFirstLine(&work) }
        if !work.cookie.isEmpty {
            work.text.append("cookie: ")
            Self.copy(work.cookie, 0, work.cookie.count, to: &work.text)
            work.text.append("\r\n")
        }
        if !hasLength, upgrade.isMissing, !isBodiless, !isInterim(work) {
            if !endsStream {
                isOpenEnded = true
                work.text.append("transfer-encoding: chunked\r\n")
            } else if !status.isMissing {
                work.text.append("content-length: 0\r\n")
            }
        }
        work.text.append("\r\n")
    }

    /// Forgets a head that is not finished.
    mutating func abandon() { isActive = false }

    /// Whether the request asks for another protocol (RFC 8441).
    var isUpgrade: Bool { !upgrade.isMissing }

    /// Whether the status is one of success.
    func isSuccess(_ work: borrowing HTTP2Workspace) -> Bool {
        status.count == 3 && work.pseudo.bytes[status.from] == UInt8(ascii: "2")
    }

    /// Whether the head is one of 1xx, and another one comes.
    func isInterim(_ work: borrowing HTTP2Workspace) -> Bool {
        status.count == 3 && work.pseudo.bytes[status.from] == UInt8(ascii: "1")
    }

    /// Whether the status is one of those without a body.
    func isEmptyByStatus(_ work: borrowing HTTP2Workspace) -> Bool {
        isSame(status, "204", work) || isSame(status, "304", work)
    }

    /// Whether the request's method is HEAD.
    func isHead(_ work: borrowing HTTP2Workspace) -> Bool { isSame(method, "HEAD", work) }

    private func append(_ part: Part, _ work: inout HTTP2Workspace) {
        guard part.count > 0 else { return }
        Self.copy(work.pseudo, part.from, part.count, to: &work.text)
    }

    /// Sixteen bytes of chance in base64: 21 letters of any kind, one with four zero bits at its
    /// end, and the padding.
    private static func appendKey(_ text: inout Buffer) {
        let letters: StaticString =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        var chance = SystemRandomNumberGenerator()
        for index in 0..<22 {
            let letter = Int(truncatingIfNeeded: chance.next() & (index == 21 ? 0x30 : 0x3f))
            text.append(byte: unsafe letters.utf8Start[letter])
        }
        text.append("==")
    }

    private static func copy(
        _ buffer: borrowing Buffer, _ start: Int, _ count: Int, to other: inout Buffer
    ) {
        other.append(buffer.bytes, from: start, to: start + count)
    }

    /// Whether Host names the same as `:authority`: the scheme's own port may be said or not (RFC
    /// 9113 section 8.3.1, RFC 3986 section 6.2.3).
    private func isAuthority(_ host: Span<UInt8>, _ work: borrowing HTTP2Workspace) -> Bool {
        let port: StaticString =
            isSame(scheme, "https", work) ? ":443" : isSame(scheme, "http", work) ? ":80" : ""
        func length(_ bytes: Span<UInt8>) -> Int {
            let rest = bytes.count - port.utf8CodeUnitCount
            return rest > 0 && bytes.extracting(last: port.utf8CodeUnitCount).isEqual(to: port)
                ? rest : bytes.count
        }
        let named = work.pseudo.bytes.extracting(
            authority.from..<authority.from + authority.count)
        let part = Part(from: authority.from, count: length(named))
        return isSame(part, host.extracting(first: length(host)), work)
    }

    private func isSame(
        _ part: Part, _ value: Span<UInt8>, _ work: borrowing HTTP2Workspace
    ) -> Bool {
        guard part.count == value.count else { return false }
        let bytes = work.pseudo.bytes
        for index in 0..<value.count {
            let (one, other) = (bytes[part.from + index], value[index])
            let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= one | 0x20
            guard one == other || (isLetter && one ^ other == 0x20) else { return false }
        }
        return true
    }

    private func isSame(
        _ part: Part, _ text: StaticString, _ work: borrowing HTTP2Workspace
    ) -> Bool {
        guard part.count == text.utf8CodeUnitCount else { return false }
        let bytes = work.pseudo.bytes
        for index in 0..<part.count
        where unsafe bytes[part.from + index] != text.utf8Start[index] {
            return false
        }
        return true
    }
}

extension Span<UInt8> {
    /// Whether these bytes are the first ones of a text.
    package func begins(_ text: StaticString) -> Bool {
        guard count <= text.utf8CodeUnitCount else { return false }
        for index in 0..<count where unsafe self[index] != text.utf8Start[index] { return false }
        return true
    }

    func isEqual(to text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where unsafe self[index] != text.utf8Start[index] { return false }
        return true
    }
}

/// The texts of a head of which not all frames are here, while other sessions use the workspace.
struct HTTP2HeldHead: ~Copyable {
    private var text = Buffer(capacity: HTTP2Workspace.textBytes)
    private var pseudo = Buffer(capacity: HTTP2Workspace.pseudoBytes)
    private var cookie = Buffer(capacity: HTTP2Workspace.pseudoBytes)

    /// Trades places with what stands in the workspace.
    mutating func trade(_ work: inout HTTP2Workspace) {
        swap(&text, &work.text)
        swap(&pseudo, &work.pseudo)
        swap(&cookie, &work.cookie)
    }
}
