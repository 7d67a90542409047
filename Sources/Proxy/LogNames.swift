internal import Bytes
internal import HTTP

/// The names behind the ids that stand in lines, ready to be written.
struct LogNames: ~Copyable {
    /// Names, each at its id.
    struct Lists: Sendable {
        var listeners: [String] = []
        var splits: [String] = []
        var upstreams: [String] = []
    }

    private var bytes: Buffer
    private var listeners: Table<ByteRange>
    private var splits: Table<ByteRange>
    private var upstreams: Table<ByteRange>
    /// What the names of one line take at most.
    let mostBytes: Int

    /// Names as they stand in JSON strings.
    init(_ lists: Lists = Lists()) {
        let names = lists.listeners + lists.splits + lists.upstreams
        let most = names.reduce(0) { max($0, Self.kept($1).count) }
        mostBytes = 3 * most * LogText.mostBytesPerByte
        bytes = Buffer(capacity: names.count * most * LogText.mostBytesPerByte + 1)
        listeners = Self.write(lists.listeners, to: &bytes)
        splits = Self.write(lists.splits, to: &bytes)
        upstreams = Self.write(lists.upstreams, to: &bytes)
    }

    func append(listener id: Int, to line: inout Buffer) { append(listeners, id, to: &line) }
    func append(split id: Int, to line: inout Buffer) { append(splits, id, to: &line) }
    func append(upstream id: Int, to line: inout Buffer) { append(upstreams, id, to: &line) }

    private func append(_ names: borrowing Table<ByteRange>, _ id: Int, to line: inout Buffer) {
        guard id >= 0, id < names.count else { return }
        line.append(bytes.bytes, from: names[id].start, to: names[id].end)
    }

    private static func write(_ names: [String], to bytes: inout Buffer) -> Table<ByteRange> {
        Table(count: names.count) { id in
            let start = bytes.count
            let name = kept(names[id])
            LogText.append(json: name.span, ByteRange(0, name.count), to: &bytes)
            return ByteRange(start, bytes.count)
        }
    }

    private static func kept(_ name: String) -> [UInt8] {
        Array(name.utf8.prefix(LogLimits.nameBytes))
    }
}
