/// Where a rehearsal's decisions come from: bytes, one after the other, from a fuzzer or a seed.
struct Choices {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether there is nothing left to decide by.
    var isOver: Bool { at >= bytes.count }

    /// The next byte; 0 behind the last one.
    mutating func byte() -> UInt8 {
        guard !isOver else { return 0 }
        defer { at += 1 }
        return bytes[at]
    }

    /// A number from 0 up to `count`, which is at most 256 and not reached.
    mutating func below(_ count: Int) -> Int { Int(byte()) % count }

    /// Whether something happens that does so once in `rarity` times.
    mutating func once(in rarity: Int) -> Bool { below(rarity) == rarity - 1 }

    /// One of several.
    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    /// The next bytes themselves.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let taken = bytes[min(at, bytes.count)...].prefix(count)
        at += taken.count
        return Array(taken)
    }

    /// The bytes with a few of them changed, doubled, lost or put in.
    mutating func mutated(_ sample: [UInt8]) -> [UInt8] {
        var bytes = sample
        for _ in 0...below(3) where !bytes.isEmpty {
            let place = (Int(byte()) << 8 | Int(byte())) % bytes.count
            switch below(7) {
            case 0: bytes[place] = byte()
            case 1: bytes.insert(one(of: Self.telling), at: place)
            case 2: bytes[place] = one(of: Self.telling)
            case 3: bytes.remove(at: place)
            case 4: bytes.insert(contentsOf: bytes[place...].prefix(1 + below(40)), at: place)
            case 5: bytes.insert(contentsOf: one(of: Self.words).utf8, at: place)
            default: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(12)))
            }
        }
        return bytes
    }

    /// Bytes that mean something to a reader.
    private static let telling = Array("\r\n\0 \t:;,\"0159afAFxX-+_/\u{7f}\u{b}".utf8)

    private static let words = [
        "\r\n", "\r\n\r\n", "0\r\n\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
        "Content-Length: 0\r\n", "Connection: close\r\n", "\r\nTransfer-Encoding:\u{b}chunked",
        "chunked", ", ", "HTTP/1.1", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "Host: b\r\n", "\r\n ",
        "Connection: upgrade\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ";a=b", "0x",
    ]
}
