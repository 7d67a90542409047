internal import Bytes
internal import CNGHTTP2

/// Makes fields of a head that stands as HTTP/1.1 writes it (RFC 9113 section 8).
///
/// Names come in lower case, what concerns a connection goes, and the first line becomes
/// pseudo-fields. Values stay where they stand; nghttp2 copies both.
@unsafe
struct HTTP2HeadWriter: ~Copyable {
    let work: UnsafeMutablePointer<HTTP2Workspace>
    let base: UnsafePointer<UInt8>
    let end: Int
    private(set) var count = 0
    private var at = 0
    private(set) var status = 0
    private(set) var isHead = false
    /// Whether the message changes to another protocol (RFC 8441).
    private(set) var isUpgrade = false

    /// A head of `end` bytes, its empty line included.
    init(_ work: UnsafeMutablePointer<HTTP2Workspace>, _ base: UnsafePointer<UInt8>, _ end: Int) {
        unsafe self.work = work
        unsafe self.base = base
        unsafe self.end = end
        unsafe work.pointee.names.removeAll()
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
            unsafe status = 200
            unsafe self.isUpgrade = true
            let success: StaticString = "200"
            unsafe add(":status", success.utf8Start, 3)
        } else {
            unsafe add(":status", base + 9, 3)
        }
        unsafe at = lineEnd(from: 12) + 2
        return unsafe fields()
    }

    /// Reads `GET /path HTTP/1.1` and the fields behind it; false when it is no such head.
    mutating func request(scheme: StaticString) -> Bool {
        let line = unsafe lineEnd(from: 0)
        var (first, last) = (-1, -1)
        for index in 0..<line where unsafe base[index] == 0x20 {
            if first < 0 { first = index }
            last = index
        }
        guard first > 0, last > first + 1 else { return false }
        if unsafe isNamed(0..<first, "connect") { return false }
        unsafe isHead =
            first == 4 && base[0] == UInt8(ascii: "H") && base[1] == UInt8(ascii: "E")
            && base[2] == UInt8(ascii: "A") && base[3] == UInt8(ascii: "D")
        unsafe at = line + 2
        if let name = unsafe upgrade() {
            let connect: StaticString = "CONNECT"
            unsafe isUpgrade = true
            unsafe add(":method", connect.utf8Start, connect.utf8CodeUnitCount)
            unsafe add(":protocol", base + name.lowerBound, name.count)
        } else {
            unsafe add(":method", base, first)
        }
        unsafe add(":scheme", scheme.utf8Start, scheme.utf8CodeUnitCount)
        unsafe add(":path", base + first + 1, last - first - 1)
        // Pseudo-fields stand before all others.
        var from = unsafe at
        while let (name, value) = unsafe field(&from) {
            if unsafe isNamed(name, "host") {
                unsafe add(":authority", base + value.lowerBound, value.count)
                break
            }
        }
        return unsafe fields()
    }

    /// The protocol that the fields ask to change to: where Connection says just that.
    private func upgrade() -> Range<Int>? {
        var from = unsafe at
        var (isAsked, wanted) = (false, Range<Int>?.none)
        while let (name, value) = unsafe field(&from) {
            if unsafe isNamed(name, "upgrade") { wanted = value }
            if unsafe isNamed(name, "connection") { isAsked = unsafe isNamed(value, "upgrade") }
        }
        return isAsked ? wanted : nil
    }

    /// Reads lines of trailers.
    mutating func trailers() -> Bool { unsafe fields() }

    private mutating func fields() -> Bool {
        var from = unsafe at
        while let (name, value) = unsafe field(&from) {
            if unsafe concernsConnection(name, value) { continue }
            guard
                unsafe nghttp2_check_header_value(base + value.lowerBound, value.count) != 0
            else { return false }
            guard unsafe count < HTTP2Workspace.mostFields,
                unsafe work.pointee.names.space >= name.count
            else { return false }
            let start = unsafe work.pointee.names.count
            for index in name {
                let byte = unsafe base[index]
                let isUpper = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                unsafe work.pointee.names.append(byte: isUpper ? byte | 0x20 : byte)
            }
            let lower = unsafe work.pointee.names.bytes.withUnsafeBufferPointer {
                $0.baseAddress
            }
            guard let lower = unsafe lower else { return false }
            guard unsafe nghttp2_check_header_name(lower + start, name.count) != 0 else {
                return false
            }
            unsafe add(lower + start, name.count, base + value.lowerBound, value.count)
        }
        // Whatever is behind the last field, it must be the empty line.
        return unsafe from + 2 == end
    }

    /// The name and the value of the next line; nil behind the last.
    private func field(_ from: inout Int) -> (Range<Int>, Range<Int>)? {
        let start = from
        guard unsafe start < end, unsafe base[start] != 0x0d else { return nil }
        let line = unsafe lineEnd(from: start)
        var colon = start
        while colon < line, unsafe base[colon] != UInt8(ascii: ":") { colon += 1 }
        guard colon < line else { return nil }
        var (low, high) = (colon + 1, line)
        while low < high, unsafe base[low] == 0x20 || base[low] == 0x09 { low += 1 }
        while high > low, unsafe base[high - 1] == 0x20 || base[high - 1] == 0x09 { high -= 1 }
        from = line + 2
        return (start..<colon, low..<high)
    }

    private func lineEnd(from start: Int) -> Int {
        var index = start
        while unsafe index < end, unsafe base[index] != 0x0d { index += 1 }
        return index
    }

    /// Whether a field says something about the connection (RFC 9113 section 8.2.2).
    private func concernsConnection(_ name: Range<Int>, _ value: Range<Int>) -> Bool {
        switch name.count {
        case 2: unsafe isNamed(name, "te") && !isNamed(value, "trailers")
        case 4: unsafe isNamed(name, "host")
        case 7: unsafe isNamed(name, "upgrade")
        case 10: unsafe isNamed(name, "connection") || isNamed(name, "keep-alive")
        case 16: unsafe isNamed(name, "proxy-connection")
        case 20: unsafe isUpgrade && isNamed(name, "sec-websocket-accept")
        case 17:
            unsafe isNamed(name, "transfer-encoding")
                || (isUpgrade && isNamed(name, "sec-websocket-key"))
        default: false
        }
    }

    private func isNamed(_ name: Range<Int>, _ text: StaticString) -> Bool {
        guard name.count == text.utf8CodeUnitCount else { return false }
        for (offset, index) in name.enumerated() {
            let byte = unsafe base[index]
            let isUpper = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            guard unsafe (isUpper ? byte | 0x20 : byte) == text.utf8Start[offset] else {
                return false
            }
        }
        return true
    }

    private mutating func add(
        _ name: StaticString, _ value: UnsafePointer<UInt8>, _ valueCount: Int
    ) {
        unsafe add(name.utf8Start, name.utf8CodeUnitCount, value, valueCount)
    }

    private mutating func add(
        _ name: UnsafePointer<UInt8>, _ nameCount: Int, _ value: UnsafePointer<UInt8>,
        _ valueCount: Int
    ) {
        unsafe work.pointee.fields[count] = nghttp2_nv(
            name: UnsafeMutablePointer(mutating: name),
            value: UnsafeMutablePointer(mutating: value), namelen: nameCount, valuelen: valueCount,
            flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
        unsafe count += 1
    }
}
