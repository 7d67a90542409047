/// A whole HTTP/1 message, read by rules of the test's own.
struct Message: Sendable {
    enum Kind: Equatable, Sendable {
        case request, answer, answerToHead
    }

    private(set) var startLine = ""
    private(set) var fields: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    private(set) var trailers: [String] = []
    /// How many chunks the body came in.
    private(set) var chunkCount = 0
    private(set) var byteCount = 0

    /// nil when the bytes do not begin with a whole message. `hasEnded`: no more will come.
    init?(_ bytes: [UInt8], _ kind: Kind, hasEnded: Bool) {
        guard readHead(bytes), let isWhole = readBody(bytes, kind, hasEnded), isWhole else {
            return nil
        }
    }

    /// 0 for a request.
    var status: Int {
        let words = startLine.split(separator: " ", maxSplits: 2)
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }

    /// The target of a request.
    var target: String {
        let words = startLine.split(separator: " ")
        return words.count == 3 ? String(words[1]) : ""
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of the first field of that name, which is in lower case.
    subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name }?.value
    }

    private mutating func readHead(_ bytes: [UInt8]) -> Bool {
        var lines: [String] = []
        var start = 0
        var at = 0
        while at + 1 < bytes.count {
            guard bytes[at] == 13, bytes[at + 1] == 10 else {
                at += 1
                continue
            }
            at += 2
            if start + 2 == at {
                guard !lines.isEmpty else { return false }
                byteCount = at
                startLine = lines[0]
                fields = lines.dropFirst().map(Self.field)
                return true
            }
            lines.append(String(decoding: bytes[start..<at - 2], as: UTF8.self))
            start = at
        }
        return false
    }

    private static func field(_ line: String) -> (name: String, value: String) {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
        return (String(parts[0]), String(value))
    }

    private mutating func readBody(_ bytes: [UInt8], _ kind: Kind, _ hasEnded: Bool) -> Bool? {
        let isBodiless = (100..<200).contains(status) || status == 204 || status == 304
        if kind == .answerToHead || kind != .request && isBodiless { return true }
        if self["transfer-encoding"] == "chunked" { return readChunks(bytes) }
        if let length = self["content-length"].flatMap({ Int($0) }) {
            guard bytes.count - byteCount >= length else { return false }
            body = Array(bytes[byteCount..<byteCount + length])
            byteCount += length
            return true
        }
        if kind == .request { return true }
        guard hasEnded else { return false }
        body = Array(bytes[byteCount...])
        byteCount = bytes.count
        return true
    }

    private mutating func readChunks(_ bytes: [UInt8]) -> Bool? {
        while let line = readLine(bytes) {
            guard let size = Int(line, radix: 16) else { return nil }
            if size == 0 { return readTrailers(bytes) }
            guard bytes.count >= byteCount + size + 2 else { return false }
            body += bytes[byteCount..<byteCount + size]
            chunkCount += 1
            byteCount += size
            guard readLine(bytes) == "" else { return nil }
        }
        return false
    }

    private mutating func readTrailers(_ bytes: [UInt8]) -> Bool? {
        while let line = readLine(bytes) {
            if line.isEmpty { return true }
            trailers.append(line)
        }
        return false
    }

    /// The next line, without its end.
    private mutating func readLine(_ bytes: [UInt8]) -> String? {
        var at = byteCount
        while at + 1 < bytes.count {
            if bytes[at] == 13, bytes[at + 1] == 10 {
                let line = String(decoding: bytes[byteCount..<at], as: UTF8.self)
                byteCount = at + 2
                return line
            }
            at += 1
        }
        return nil
    }
}
