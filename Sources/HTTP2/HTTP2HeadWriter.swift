internal import Bytes
internal import CNGHTTP2

/// Makes fields of a head that stands as HTTP/1.1 writes it (RFC 9113 section 8).
///
/// Names come in lower case, what concerns a connection goes, and the first line becomes
/// pseudo-fields, which are put before the others when all lines were read. Values stay where they
/// stand; nghttp2 copies both.
@unsafe
struct HTTP2HeadWriter: ~Copyable {
    let work: UnsafeMutablePointer<HTTP2Workspace>
    let base: UnsafePointer<UInt8>
    /// How many bytes there are from `base` on: the head, and what may stand behind it.
    let end: Int
    /// Where the head ends, its empty line included.
    private(set) var headEnd = 0
    /// Where the first field stands, and the place behind the last; before them there is room for
    /// five pseudo-fields.
    private var first = 5
    private var last = 5
    private var nameCount = 0
    private var host: Range<Int>?
    private var protocolName: Range<Int>?
    private var asksUpgrade = false
    /// Whether names whose values are new each time get into the table of compression.
    private let teachesNames: Bool
    private(set) var status = 0
    private(set) var isHead = false
    /// Whether the message changes to another protocol (RFC 8441).
    private(set) var isUpgrade = false

    /// A head at the beginning of `end` bytes.
    init(
        _ state: UnsafeMutablePointer<HTTP2State>, _ work: UnsafeMutablePointer<HTTP2Workspace>,
        _ base: UnsafePointer<UInt8>, _ end: Int
    ) {
        unsafe self.work = work
        unsafe self.base = base
        unsafe self.end = end
        unsafe teachesNames = state.pointee.headsWritten % Self.headsPerLesson == 0
        unsafe state.pointee.headsWritten &+= 1
    }

    /// What was read; it is overwritten by the next head.
    var fields: UnsafeMutablePointer<nghttp2_nv> { unsafe work.pointee.fields + first }
    var count: Int { unsafe last - first }

    /// The size of the fields by which peers limit heads: each with 32 bytes more than it has (RFC
    /// 9113 section 6.5.2).
    var listBytes: Int {
        var sum = 0
        for index in unsafe first..<last {
            let field = unsafe work.pointee.fields[index]
            unsafe sum &+= field.namelen &+ field.valuelen &+ 32
        }
        return sum
    }

    /// Reads `HTTP/1.1 200 OK` and the fields behind it; false when it is no such head. Where the
    /// request asked for an upgrade, 101 is success (RFC 8441 section 5).
    mutating func response(isUpgrade: Bool) -> Bool {
        guard unsafe end >= 14, unsafe base[8] == 0x20 else { return false }
        for index in 9..<12 {
            let digit = unsafe Int(base[index]) - 0x30
            guard 0...9 ~= digit else { return false }
            unsafe status = status * 10 + digit
        }
        if unsafe status == 101 {
            guard isUpgrade else { return false }
            unsafe self.isUpgrade = true
        }
        guard unsafe readLines(from: lineEnd(from: 12) + 2) else { return false }
        if unsafe status == 101 {
            unsafe status = 200
            unsafe dropHandshake()
            let success: StaticString = "200"
            unsafe putFirst(":status", success.utf8Start, 3)
        } else {
            unsafe putFirst(":status", base + 9, 3)
        }
        return true
    }

    /// Reads `GET /path HTTP/1.1` and the fields behind it; false when it is no such head.
    mutating func request(scheme: StaticString) -> Bool {
        let line = unsafe lineEnd(from: 0)
        var (method, target) = (0, line - 1)
        while method < line, unsafe base[method] != 0x20 { method += 1 }
        while target > method, unsafe base[target] != 0x20 { target -= 1 }
        guard method > 0, target > method + 1 else { return false }
        if unsafe isConnect(method) { return false }
        unsafe isHead =
            method == 4 && base[0] == UInt8(ascii: "H") && base[1] == UInt8(ascii: "E")
            && base[2] == UInt8(ascii: "A") && base[3] == UInt8(ascii: "D")
        guard unsafe readLines(from: line + 2) else { return false }
        if let host = unsafe host {
            unsafe putFirst(":authority", base + host.lowerBound, host.count)
        }
        unsafe putFirst(":path", base + method + 1, target - method - 1)
        unsafe putFirst(":scheme", scheme.utf8Start, scheme.utf8CodeUnitCount)
        if unsafe asksUpgrade, let name = unsafe protocolName {
            let connect: StaticString = "CONNECT"
            unsafe isUpgrade = true
            unsafe dropHandshake()
            unsafe putFirst(":protocol", base + name.lowerBound, name.count)
            unsafe putFirst(":method", connect.utf8Start, connect.utf8CodeUnitCount)
        } else {
            unsafe putFirst(":method", base, method)
        }
        return true
    }

    /// Reads lines of trailers.
    mutating func trailers() -> Bool { unsafe readLines(from: 0) }

    private func isConnect(_ count: Int) -> Bool {
        let text: StaticString = "connect"
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count
        where unsafe base[index] | 0x20 != text.utf8Start[index] { return false }
        return true
    }

    /// Reads lines up to the empty one; false where they are no fields, or too many.
    private mutating func readLines(from start: Int) -> Bool {
        var at = start
        while unsafe at < end, unsafe base[at] != 0x0d {
            guard unsafe last < HTTP2Workspace.mostFields else { return false }
            let name = unsafe work.pointee.names + nameCount
            let most = unsafe min(end - at, HTTP2Workspace.pseudoBytes - nameCount)
            let count = unsafe Self.copyName(base + at, most, to: name)
            guard count > 0 else { return false }
            let line = unsafe lineEnd(from: at + count + 1)
            guard unsafe line + 1 < end, unsafe base[line] == 0x0d, unsafe base[line + 1] == 0x0a
            else { return false }
            let value = unsafe trimmed(at + count + 1, line)
            if unsafe !concernsConnection(name, count, value) {
                unsafe work.pointee.fields[last] = field(
                    name, count, base + value.lowerBound, value.count)
                unsafe last += 1
                unsafe nameCount += count
            }
            at = line + 2
        }
        unsafe headEnd = at + 2
        return unsafe at + 2 <= end && base[at + 1] == 0x0a
    }

    /// Writes the bytes before a colon in lower case, at most `most` of them, eight at a time, and
    /// up to seven that stand behind them; returns how many they are, 0 where there is no colon, or
    /// a byte before it that no name has (RFC 9110 section 5.6.2).
    private static func copyName(
        _ from: UnsafePointer<UInt8>, _ most: Int, to name: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let (source, copy) = unsafe (UnsafeRawPointer(from), UnsafeMutableRawPointer(name))
        var count = 0
        while count &+ 8 <= most {
            let word = unsafe source.loadUnaligned(fromByteOffset: count, as: UInt64.self)
                .littleEndian
            unsafe copy.storeBytes(
                of: ByteWord.lowered(word).littleEndian, toByteOffset: count, as: UInt64.self)
            let strays = ByteWord.strays(word)
            if strays == 0 {
                count &+= 8
                continue
            }
            count &+= strays.trailingZeroBitCount &>> 3
            guard unsafe ByteSet.isToken(from[count]) else {
                return unsafe from[count] == UInt8(ascii: ":") ? count : 0
            }
            count &+= 1
        }
        while count < most, unsafe ByteSet.isToken(from[count]) {
            let word = unsafe UInt64(from[count])
            unsafe name[count] = UInt8(truncatingIfNeeded: ByteWord.lowered(word))
            count &+= 1
        }
        return unsafe count < most && from[count] == UInt8(ascii: ":") ? count : 0
    }

    private func trimmed(_ start: Int, _ end: Int) -> Range<Int> {
        var (low, high) = (start, end)
        while low < high, unsafe base[low] == 0x20 || base[low] == 0x09 { low &+= 1 }
        while high > low, unsafe base[high &- 1] == 0x20 || base[high &- 1] == 0x09 { high &-= 1 }
        return low..<high
    }

    /// The offset of the next byte that no value has (RFC 9110 section 5.5), or the end: where a
    /// line ends, it is CR.
    private func lineEnd(from start: Int) -> Int {
        let source = unsafe UnsafeRawPointer(base)
        var at = start
        while unsafe at &+ 8 <= end {
            let word = unsafe source.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian
            let controls = ByteWord.controls(word)
            if controls == 0 {
                at &+= 8
                continue
            }
            at &+= controls.trailingZeroBitCount &>> 3
            if unsafe base[at] != 0x09 { return at }
            at &+= 1
        }
        while unsafe at < end {
            let byte = unsafe base[at]
            if byte < 0x20 && byte != 0x09 || byte == 0x7f { return at }
            at &+= 1
        }
        return unsafe end
    }

    /// Whether a field says something about the connection (RFC 9113 section 8.2.2); what a request
    /// says of host and upgrade is remembered.
    private mutating func concernsConnection(
        _ name: UnsafePointer<UInt8>, _ count: Int, _ value: Range<Int>
    ) -> Bool {
        switch count {
        case 2: return unsafe Self.isSame(name, "te") && !isValue(value, "trailers")
        case 4:
            guard unsafe Self.isSame(name, "host") else { return false }
            if unsafe host == nil { unsafe host = value }
            return true
        case 7:
            guard unsafe Self.isSame(name, "upgrade") else { return false }
            unsafe protocolName = value
            return true
        case 10:
            guard unsafe Self.isSame(name, "connection") else {
                return unsafe Self.isSame(name, "keep-alive")
            }
            unsafe asksUpgrade = isValue(value, "upgrade")
            return true
        case 16: return unsafe Self.isSame(name, "proxy-connection")
        case 17: return unsafe Self.isSame(name, "transfer-encoding")
        default: return false
        }
    }

    /// Takes out what the handshake of WebSocket needs in HTTP/1.1 only (RFC 8441 section 5).
    private mutating func dropHandshake() {
        unsafe drop("sec-websocket-key")
        unsafe drop("sec-websocket-accept")
    }

    /// Takes out the length of a body.
    mutating func dropLength() { unsafe drop("content-length") }

    private mutating func drop(_ name: StaticString) {
        let fields = unsafe work.pointee.fields
        var kept = unsafe first
        for index in unsafe first..<last {
            let field = unsafe fields[index]
            if unsafe field.namelen == name.utf8CodeUnitCount && Self.isSame(field.name, name) {
                continue
            }
            unsafe fields[kept] = field
            kept += 1
        }
        unsafe last = kept
    }

    private func isValue(_ value: Range<Int>, _ text: StaticString) -> Bool {
        guard value.count == text.utf8CodeUnitCount else { return false }
        for (offset, index) in value.enumerated() {
            guard unsafe base[index] | 0x20 == text.utf8Start[offset] else { return false }
        }
        return true
    }

    private mutating func putFirst(
        _ name: StaticString, _ value: UnsafePointer<UInt8>, _ valueCount: Int
    ) {
        unsafe first -= 1
        unsafe work.pointee.fields[first] = field(
            name.utf8Start, name.utf8CodeUnitCount, value, valueCount)
    }
}

extension HTTP2HeadWriter {
    /// Of so many heads one puts all its fields into the table of compression: the others find the
    /// names there.
    private static let headsPerLesson: UInt = 128

    private func field(
        _ name: UnsafePointer<UInt8>, _ nameCount: Int, _ value: UnsafePointer<UInt8>,
        _ valueCount: Int
    ) -> nghttp2_nv {
        let indexing =
            unsafe !teachesNames && Self.isOfOneMessage(name, nameCount)
            ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE
        return unsafe nghttp2_nv(
            name: UnsafeMutablePointer(mutating: name),
            value: UnsafeMutablePointer(mutating: value), namelen: nameCount, valuelen: valueCount,
            flags: UInt8(truncatingIfNeeded: indexing.rawValue))
    }

    /// Whether the value of a field is another one in each message, or for each client of a
    /// connection that many share: what is put into the table of compression for it only makes all
    /// searches there longer, and pushes out what would have been found.
    private static func isOfOneMessage(_ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        switch count {
        case 6: unsafe isSame(name, "cookie")
        case 9: unsafe isSame(name, "x-real-ip") || isSame(name, "forwarded")
        case 10: unsafe isSame(name, "tracestate")
        case 11: unsafe isSame(name, "traceparent")
        case 12: unsafe isSame(name, "x-request-id")
        case 15: unsafe isSame(name, "x-forwarded-for") || isSame(name, "ratelimit-reset")
        case 17: unsafe isSame(name, "x-kong-request-id")
        case 19: unsafe isSame(name, "ratelimit-remaining")
        case 20: unsafe isSame(name, "x-kong-proxy-latency")
        case 23:
            unsafe isSame(name, "x-kong-upstream-latency")
                || isSame(name, "x-kong-response-latency")
        default: false
        }
    }

    /// Whether a name in lower case is that of a text of the same length.
    private static func isSame(_ name: UnsafePointer<UInt8>, _ text: StaticString) -> Bool {
        unsafe memcmp(name, text.utf8Start, text.utf8CodeUnitCount) == 0
    }
}
