internal import NIOCore

/// Takes the body of a request out of what has arrived. Its size is unlimited; the first MiB is
/// kept.
struct BodyReader {
    private static let mostKept = 1 << 20
    private static let longestChunkLine = 8 * 1_024

    private enum Phase {
        case length(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
        case over
    }

    private(set) var kept: [UInt8] = []
    private(set) var count = 0
    private var phase: Phase

    init(_ framing: RequestHead.Framing) {
        switch framing {
        case .none: phase = .over
        case .length(let count): phase = .length(count)
        case .chunked: phase = .chunkSize
        }
    }

    var isOver: Bool {
        if case .over = phase { true } else { false }
    }

    /// Takes what is there; a bad chunk throws.
    mutating func take(_ input: inout ByteBuffer) throws(RequestFault) {
        while !isOver, input.readableBytes > 0 {
            switch phase {
            case .length(let left):
                let rest = keep(left, of: &input)
                phase = rest == 0 ? .over : .length(rest)
            case .chunk(let left):
                let rest = keep(left, of: &input)
                phase = rest == 0 ? .chunkEnd : .chunk(rest)
            case .chunkSize:
                guard let line = try line(&input) else { return }
                let size = line.prefix { $0 != ";" }.trimmed
                guard !size.isEmpty, size.utf8.count <= 15, size.allSatisfy(\.isHexDigit),
                    let count = Int(size, radix: 16)
                else { throw .badRequest }
                phase = count == 0 ? .trailers : .chunk(count)
            case .chunkEnd:
                guard let line = try line(&input) else { return }
                guard line.isEmpty else { throw .badRequest }
                phase = .chunkSize
            case .trailers:
                guard let line = try line(&input) else { return }
                if line.isEmpty { phase = .over }
            case .over:
                return
            }
        }
    }

    private mutating func keep(_ left: Int, of input: inout ByteBuffer) -> Int {
        let size = min(left, input.readableBytes)
        let kept = min(size, Self.mostKept - self.kept.count)
        if let bytes = input.readBytes(length: kept) { self.kept += bytes }
        input.moveReaderIndex(forwardBy: size - kept)
        count += size
        return left - size
    }

    private func line(_ input: inout ByteBuffer) throws(RequestFault) -> String? {
        let view = input.readableBytesView
        guard let end = view.firstIndex(of: 0x0a) else {
            // What can never become the end of a chunk is a fault at once.
            if case .chunkEnd = phase, view.first != 0x0d { throw .badRequest }
            guard view.count <= Self.longestChunkLine else { throw .badRequest }
            return nil
        }
        let count = end - view.startIndex
        guard count <= Self.longestChunkLine, var line = input.readString(length: count) else {
            throw .badRequest
        }
        input.moveReaderIndex(forwardBy: 1)
        if line.utf8.last == 0x0d { line.unicodeScalars.removeLast() }
        return line
    }
}
