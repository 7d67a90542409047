import Glibc

/// Takes messages apart as a strict peer does, by rules of its own: what it reads must be what
/// the product reads, or forwards. It is written for clearness, not for speed.
struct StrictReader {
    enum Trouble: Error, Equatable {
        /// The bytes end before the message does.
        case more
        /// The bytes break a rule.
        case broken(String)
    }

    let bytes: [UInt8]
    private(set) var at = 0
    /// Whether it reads for the last server on the way, which no hop is left behind.
    let isLastHop: Bool

    init(_ bytes: [UInt8], isLastHop: Bool = false) {
        self.bytes = bytes
        self.isLastHop = isLastHop
    }

    /// What was not read yet.
    var rest: ArraySlice<UInt8> { bytes[at...] }

    var isAtEnd: Bool { at == bytes.count }

    /// The bytes up to CR LF, which is skipped. Nothing else ends a line, and no line holds a
    /// control character but the tab.
    mutating func line() throws(Trouble) -> [UInt8] {
        var end = at
        while end < bytes.count {
            let byte = bytes[end]
            if byte == 13 {
                guard end + 1 < bytes.count else { throw .more }
                guard bytes[end + 1] == 10 else { throw .broken("CR without LF") }
                let line = Array(bytes[at..<end])
                at = end + 2
                return line
            }
            if byte == 10 { throw .broken("LF without CR") }
            if byte < 32 && byte != 9 || byte == 127 { throw .broken("control character \(byte)") }
            end += 1
        }
        throw .more
    }

    /// So many bytes, or as many as there are.
    mutating func take(_ count: Int) -> [UInt8] {
        let end = at + min(count, bytes.count - at)
        defer { at = end }
        return Array(bytes[at..<end])
    }

    /// The field lines up to the empty line, which is skipped.
    mutating func fields() throws(Trouble) -> [WireField] {
        var fields: [WireField] = []
        while true {
            let line = try line()
            if line.isEmpty { return fields }
            fields.append(try WireField(line))
            if fields.count > 200 { throw .broken("too many fields") }
        }
    }

    /// A chunked body with its trailers. What was read before trouble is in `into`.
    mutating func chunks(into body: inout WireBody) throws(Trouble) {
        while true {
            let line = try line()
            let digits = line.prefix { $0 != UInt8(ascii: ";") }
            body.hasExtensions = body.hasExtensions || digits.count < line.count
            guard !digits.isEmpty, digits.count <= 16, digits.allSatisfy(Self.isHexadecimal),
                let size = UInt64(latin1(Array(digits)), radix: 16), size < 1 << 63
            else { throw .broken("chunk size \(latin1(line))") }
            if size == 0 { break }
            let data = take(Int(size))
            body.bytes += data
            if data.count < size { throw .more }
            let end = take(2)
            if end.count == 2, end != [13, 10] { throw .broken("end of a chunk") }
            if end.count == 1, end != [13] { throw .broken("end of a chunk") }
            if end.count < 2 { throw .more }
        }
        body.trailers = try fields()
        body.isWhole = true
    }

    static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: Array("!#$%&'*+-.^_`|~".utf8).contains($0)
                }
            }
    }
}

/// One field of a head or a trailer section.
struct WireField: Equatable {
    /// As it was sent.
    let name: String
    /// Without the white space around it.
    let value: [UInt8]

    init(_ line: [UInt8]) throws(StrictReader.Trouble) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
            StrictReader.isToken(line[..<colon])
        else { throw .broken("field line \(latin1(line))") }
        name = latin1(Array(line[..<colon]))
        value = trimmed(line[(colon + 1)...])
    }

    /// The name in lower case.
    var key: String { name.lowercased() }

    /// What a server makes of the name that takes `_` for `-`.
    var folded: String { key.replacing("_", with: "-") }

    var text: String { latin1(value) }
}

/// A body as far as it was read.
struct WireBody: Equatable {
    var bytes: [UInt8] = []
    var trailers: [WireField] = []
    var hasExtensions = false
    var isWhole = false
}

/// The text of bytes, one character each.
func latin1(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
}

/// Without spaces and tabs around it.
func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let front = bytes.drop { $0 == 32 || $0 == 9 }
    let back = front.reversed().drop { $0 == 32 || $0 == 9 }
    return Array(back.reversed())
}

extension [WireField] {
    /// All fields of a name, which is in lower case.
    func all(_ key: String) -> [WireField] { filter { $0.key == key } }

    /// The elements of the lists that these fields are, in lower case, empty ones included.
    func list(_ key: String) -> [String] {
        all(key).flatMap { field in
            field.value.split(
                separator: UInt8(ascii: ","), omittingEmptySubsequences: false
            ).map { latin1(trimmed($0)).lowercased() }
        }
    }
}

/// How a message says that it is framed.
enum WireFraming: Equatable {
    case none
    case length(UInt64)
    case chunked

    /// From Content-Length and Transfer-Encoding (RFC 9112, 6.3).
    init(_ fields: [WireField], isVersion10: Bool) throws(StrictReader.Trouble) {
        let lengths = fields.list("content-length")
        let codings = fields.list("transfer-encoding")
        if !codings.isEmpty {
            guard lengths.isEmpty else { throw .broken("two framings") }
            guard !isVersion10 else { throw .broken("chunks in HTTP/1.0") }
            guard codings == ["chunked"] else { throw .broken("codings \(codings)") }
            self = .chunked
        } else if let first = lengths.first {
            for length in lengths {
                let isNumber = !length.isEmpty && length.utf8.allSatisfy { $0 &- 48 < 10 }
                guard isNumber, let number = UInt64(length), number < 1 << 63 else {
                    throw .broken("length \(length)")
                }
                guard UInt64(first) == number else { throw .broken("two lengths") }
            }
            self = .length(UInt64(first) ?? 0)
        } else {
            self = .none
        }
    }
}

/// A host with an optional port, as Host and http URIs have it.
enum WireHost {
    static func isValid(_ text: String) -> Bool {
        var host = Substring(text)
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return false }
            guard isIPv6(String(host[host.index(after: host.startIndex)..<end])) else {
                return false
            }
            host = host[host.index(after: end)...]
            return host.isEmpty || host.hasPrefix(":") && isPort(host.dropFirst())
        }
        let colon = host.firstIndex(of: ":")
        if let colon, !isPort(host[host.index(after: colon)...]) { return false }
        return isName(host[..<(colon ?? host.endIndex)])
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.utf8.allSatisfy { $0 &- 48 < 10 } && (Int(text) ?? 65_536) < 65_536
    }

    private static func isName(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%") {
                guard at + 2 < bytes.count, StrictReader.isHexadecimal(bytes[at + 1]),
                    StrictReader.isHexadecimal(bytes[at + 2])
                else { return false }
                at += 3
            } else {
                let isPlain =
                    bytes[at] &- 48 < 10 || (bytes[at] | 32) &- 97 < 26
                    || Array("-._~!$&'()*+,;=".utf8).contains(bytes[at])
                guard isPlain else { return false }
                at += 1
            }
        }
        return !bytes.isEmpty
    }

    /// The system's own reading of addresses.
    private static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return unsafe inet_pton(AF_INET6, text, &address) == 1
    }
}
