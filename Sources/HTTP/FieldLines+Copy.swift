internal import Bytes

extension FieldLines {
    /// Appends the bytes from `start` (the first line's, or the start of what precedes it) to the
    /// empty line, but for the fields that are `dropped` or marked as removed.
    func copy(
        _ bytes: Span<UInt8>, from start: Int, without dropped: NameSet,
        into buffer: inout Buffer
    ) {
        var start = start
        if hasRemoved || !present.isDisjoint(with: dropped) {
            for index in 0..<count {
                let line = self[index]
                guard line.isRemoved || dropped.contains(NameSet(line.known)) else { continue }
                buffer.append(bytes, ByteRange(start, line.name.start))
                start = end(of: index)
            }
        }
        buffer.append(bytes, ByteRange(start, range.end))
    }
}

extension Buffer {
    /// Appends a range of `bytes`; traps when it does not fit.
    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>, _ range: ByteRange) {
        append(bytes, from: range.start, to: range.end)
    }

    /// Appends the field that names the request.
    mutating func append(requestID id: RequestID) {
        append("X-Request-Id: ")
        id.append(to: &self)
        append("\r\n")
    }

    /// Appends the two fields that ask or agree to change to another protocol.
    mutating func append(upgradeTo name: ByteRange, of bytes: Span<UInt8>) {
        append("Connection: upgrade\r\nUpgrade: ")
        append(bytes, name)
        append("\r\n")
    }

    /// Appends the one field line that says how a message is framed, if it needs one.
    mutating func append(framing: BodyFraming) {
        switch framing {
        case .none, .untilClose:
            break
        case .length(let length):
            append("Content-Length: ")
            append(decimal: length)
            append("\r\n")
        case .chunked:
            append("Transfer-Encoding: chunked\r\n")
        }
    }
}
