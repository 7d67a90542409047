internal import Bytes
internal import HTTP

/// The next piece of a body.
enum Piece {
    /// So many bytes of the block go out as they are.
    case plain(Int)
    /// What there is stands in `scratch` and `payload`, framed anew.
    case framed
    case refused(ChunkFault)
}

/// From the framing in which a body comes to the one in which it goes out.
extension Worker {
    /// Takes the next piece out of `buffer`, behind `held` bytes that went out before and stay.
    mutating func takePiece(_ flow: Flow, _ buffer: inout Buffer, after held: Int) -> Piece {
        let available = buffer.count - held
        switch connections[flow.source].body {
        case .none:
            return .plain(0)
        case .length(let left):
            return plainPiece(flow, &buffer, held, Int(min(left, UInt64(available))))
        case .untilClose:
            if connections[flow.sink].framing == .chunked, available > 0 {
                frame(flow, &buffer, held, available)
                return .framed
            }
            return plainPiece(flow, &buffer, held, available)
        case .chunked(var decoder):
            if available == 0 { return .framed }
            let fault = reframe(flow, &buffer, held, &decoder)
            return fault.map { .refused($0) } ?? .framed
        }
    }

    /// A small piece is copied behind the head that goes out with it, which saves a gathering
    /// write; a large one goes out from where it is.
    private mutating func plainPiece(
        _ flow: Flow, _ buffer: inout Buffer, _ held: Int, _ count: Int
    ) -> Piece {
        guard count > 0, count <= Limits.copiedBytes, !scratch.isEmpty else {
            return .plain(count)
        }
        scratch.append(buffer.bytes, from: held, to: held + count)
        moveOn(flow, &buffer, by: count)
        return .framed
    }

    /// What went out leaves the block, or is held for a repeat.
    mutating func moveOn(_ flow: Flow, _ buffer: inout Buffer, by count: Int) {
        if case .length(let left) = connections[flow.source].body {
            let rest = left - UInt64(count)
            connections[flow.source].body = rest == 0 ? .none : .length(rest)
        }
        if flow.isRequest, exchanges[flow.exchange].isHeld {
            exchanges[flow.exchange].heldCount += count
        } else {
            buffer.consume(count)
        }
    }

    /// Makes one chunk of bytes that came without framing.
    private mutating func frame(
        _ flow: Flow, _ buffer: inout Buffer, _ held: Int, _ count: Int
    ) {
        ChunkEncoder.begin(size: count, into: &scratch)
        payload.append(buffer.bytes, from: held, to: held + count)
        ChunkEncoder.end(into: &payload)
        moveOn(flow, &buffer, by: count)
    }

    /// Makes one chunk of all chunks that are here, whatever their sizes were, and passes on the
    /// trailers. Towards an HTTP/1.0 client the data goes out bare.
    private mutating func reframe(
        _ flow: Flow, _ buffer: inout Buffer, _ held: Int, _ decoder: inout ChunkDecoder
    ) -> ChunkFault? {
        let isChunked = connections[flow.sink].framing == .chunked
        var position = held
        var dataCount = 0
        var fault: ChunkFault?
        reading: while true {
            switch decoder.next(buffer.bytes, from: position) {
            case .data(let range):
                payload.append(buffer.bytes, from: range.start, to: range.end)
                dataCount += range.count
                position = range.end
            case .trailer(let range):
                if isChunked {
                    beginTrailers(flow, &dataCount)
                    payload.append(buffer.bytes, from: range.start, to: range.end)
                } else if connections[flow.sink].isStream {
                    keepTrailer(flow.sink, buffer, range.start, range.end)
                }
                position = range.end
            case .needMore(let end):
                position = end
                connections[flow.source].body = .chunked(decoder)
                break reading
            case .end(let end):
                if isChunked {
                    beginTrailers(flow, &dataCount)
                    ChunkEncoder.finish(into: &payload)
                }
                position = end
                connections[flow.source].body = .none
                connections[flow.source].flags.remove(.inTrailers)
                break reading
            case .refused(let reason):
                fault = reason
                break reading
            }
        }
        if isChunked { endChunk(&dataCount) }
        moveOn(flow, &buffer, by: position - held)
        return fault
    }

    /// Ends the chunk whose data stands in `payload`, if there is any.
    private mutating func endChunk(_ dataCount: inout Int) {
        guard dataCount > 0 else { return }
        ChunkEncoder.begin(size: dataCount, into: &scratch)
        ChunkEncoder.end(into: &payload)
        dataCount = 0
    }

    /// Begins the last chunk, unless an earlier trailer has done so.
    private mutating func beginTrailers(_ flow: Flow, _ dataCount: inout Int) {
        endChunk(&dataCount)
        guard !connections[flow.source].flags.contains(.inTrailers) else { return }
        connections[flow.source].flags.insert(.inTrailers)
        ChunkEncoder.beginLast(into: &payload)
    }
}
