package import Bytes

/// The server name that a TLS client asks for, out of its first message (RFC 8446 section 4.1.2,
/// RFC 6066 section 3). Nothing is decrypted: the message is in the clear.
package enum ClientHello {
    /// How many bytes the message may take at most, its records' headers included.
    package static let mostBytes = 16_384
    /// The longest name; the buffer that it is put into must have room for it.
    package static let mostNameBytes = 255

    /// Reads the message from the start of `bytes` and puts the name into `name`, without the
    /// root's dot; it stays empty where the client gives none. Stateless: an incomplete message is
    /// read again from its start.
    package static func readServerName(
        _ bytes: Span<UInt8>, into name: inout Buffer
    ) -> ClientHelloProgress {
        let bytes = bytes.extracting(first: mostBytes)
        name.removeAll()
        var cursor = RecordCursor()
        guard let kind = cursor.next(bytes), let high = cursor.next(bytes),
            let middle = cursor.next(bytes), let low = cursor.next(bytes)
        else { return unfinished(cursor) }
        guard kind == 1 else { return .refused(.malformed) }
        let length = Int(high) << 16 | Int(middle) << 8 | Int(low)
        guard length < mostBytes else { return .refused(.tooLarge) }
        let body = cursor
        guard cursor.skip(length, bytes) else { return unfinished(cursor) }
        var reading = HelloReading(cursor: body, left: length)
        if reading.readServerName(bytes, into: &name), isSound(&name) { return .complete }
        name.removeAll()
        return .refused(.malformed)
    }

    /// Whether a name is one, or none is given; the root's dot is taken off it.
    private static func isSound(_ name: inout Buffer) -> Bool {
        if name.isEmpty { return true }
        if name.bytes[name.count - 1] == UInt8(ascii: ".") { name.truncate(to: name.count - 1) }
        return ServerNameText.isSound(name.bytes)
    }

    private static func unfinished(_ cursor: RecordCursor) -> ClientHelloProgress {
        if let fault = cursor.fault { return .refused(fault) }
        return cursor.needed > mostBytes
            ? .refused(.tooLarge) : .incomplete(atLeast: cursor.needed)
    }
}

/// What a look at the first bytes of a connection came to.
package enum ClientHelloProgress: Equatable, Sendable {
    /// It is not worth looking again before there are so many bytes.
    case incomplete(atLeast: Int)
    case complete
    case refused(ClientHelloFault)
}

/// Why no server name can be read.
package enum ClientHelloFault: CaseIterable, Sendable {
    /// The first bytes are no TLS.
    case notTLS
    /// It begins like TLS and breaks the rules of its first message.
    case malformed
    /// The first message is longer than `ClientHello.mostBytes`.
    case tooLarge
}

/// Reads the bytes of a message that may lie in several records.
private struct RecordCursor {
    /// The offset of the next byte, and how many are left in its record.
    private var position = 0
    private var left = 0
    /// So many bytes must be there for the step that could not be made.
    private(set) var needed = 0
    private(set) var fault: ClientHelloFault?

    private static let headerBytes = 5
    private static let handshake: UInt8 = 22

    /// The next byte; nil when it is not there, or a record breaks the rules.
    mutating func next(_ bytes: Span<UInt8>) -> UInt8? {
        guard enterRecord(bytes), position < bytes.count else {
            needed = max(needed, position + left)
            return nil
        }
        let byte = bytes[position]
        position += 1
        left -= 1
        return byte
    }

    /// Moves on by so many bytes; false when they are not there, or a record breaks the rules.
    mutating func skip(_ count: Int, _ bytes: Span<UInt8>) -> Bool {
        var rest = count
        while rest > 0 {
            guard enterRecord(bytes) else { return false }
            let step = min(rest, left)
            guard position + step <= bytes.count else {
                needed = position + step
                return false
            }
            position += step
            left -= step
            rest -= step
        }
        return true
    }

    /// Reads the header of the next record when the last one is used up.
    private mutating func enterRecord(_ bytes: Span<UInt8>) -> Bool {
        if left > 0 { return true }
        let isFirst = position == 0
        if position < bytes.count, bytes[position] != Self.handshake {
            fault = isFirst ? .notTLS : .malformed
            return false
        }
        if position + 1 < bytes.count, bytes[position + 1] != 3 {
            fault = isFirst ? .notTLS : .malformed
            return false
        }
        guard position + Self.headerBytes <= bytes.count else {
            needed = position + Self.headerBytes
            return false
        }
        let length = Int(bytes[position + 3]) << 8 | Int(bytes[position + 4])
        // No record of a handshake is empty, and none is longer (RFC 8446 section 5.1).
        guard (1...16_384).contains(length) else {
            fault = .malformed
            return false
        }
        position += Self.headerBytes
        left = length
        return true
    }
}

/// The fields of a whole message. Each function is false, or nil, where a length is wrong.
private struct HelloReading {
    var cursor: RecordCursor
    /// How much of what is being read is left.
    var left: Int

    mutating func readServerName(_ bytes: Span<UInt8>, into name: inout Buffer) -> Bool {
        // The version, and 32 random bytes.
        guard skip(34, bytes), let session = number(1, bytes), session <= 32,
            skip(session, bytes), let suites = number(2, bytes), suites >= 2, suites % 2 == 0,
            skip(suites, bytes), let compressions = number(1, bytes), compressions >= 1,
            skip(compressions, bytes)
        else { return false }
        if left == 0 { return true }
        guard let extensions = number(2, bytes), extensions == left else { return false }
        var hasName = false
        while left > 0 {
            guard let type = number(2, bytes), let length = number(2, bytes), length <= left else {
                return false
            }
            guard type == 0 else {
                guard skip(length, bytes) else { return false }
                continue
            }
            if hasName { return false }
            hasName = true
            guard readNames(length, bytes, into: &name) else { return false }
        }
        return true
    }

    /// The list of names, of which the first host's name counts.
    private mutating func readNames(
        _ length: Int, _ bytes: Span<UInt8>, into name: inout Buffer
    ) -> Bool {
        let rest = left - length
        guard length >= 2, let list = number(2, bytes), list == length - 2, list > 0 else {
            return false
        }
        while left > rest {
            guard left - rest >= 3, let type = number(1, bytes), let count = number(2, bytes),
                count >= 1, count <= left - rest
            else { return false }
            guard type == 0, name.isEmpty else {
                guard skip(count, bytes) else { return false }
                continue
            }
            guard count <= ClientHello.mostNameBytes else { return false }
            for _ in 0..<count {
                guard let byte = next(bytes) else { return false }
                name.append(byte: byte)
            }
        }
        return true
    }

    private mutating func number(_ size: Int, _ bytes: Span<UInt8>) -> Int? {
        var number = 0
        for _ in 0..<size {
            guard let byte = next(bytes) else { return nil }
            number = number << 8 | Int(byte)
        }
        return number
    }

    private mutating func next(_ bytes: Span<UInt8>) -> UInt8? {
        guard left > 0 else { return nil }
        left -= 1
        return cursor.next(bytes)
    }

    private mutating func skip(_ count: Int, _ bytes: Span<UInt8>) -> Bool {
        guard count <= left else { return false }
        left -= count
        return cursor.skip(count, bytes)
    }
}
