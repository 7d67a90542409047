/// What a response's head says about the Kong that it came through: who made it, how long Kong and
/// the service behind it took, and which version of Kong it was.
///
/// A response of the service bears Via and both X-Kong-Upstream-Latency and X-Kong-Proxy-Latency,
/// one of Kong's own X-Kong-Response-Latency and Server; one for a service that failed bears what
/// the service's does, but not the service's Server: none, or Kong's, which Kong from 3.8 on puts
/// where there is none. Kong sets these anew, so what the service sends under the same names does
/// not get through. Kong from 3.8 on adds its Via behind the service's, so the last one counts; and
/// what marks a proxied response outweighs what marks one of Kong's own, which the service may have
/// sent.
package struct KongFacts: Equatable, Sendable {
    /// Who made the response.
    package enum Maker: UInt8, Sendable {
        /// Nothing says that it came through a Kong.
        case unknown
        /// The service behind.
        case service
        /// Kong, since the service behind failed.
        case kongForService
        /// Kong, for a reason of its own.
        case kong
    }

    /// Who made it.
    package private(set) var maker = Maker.unknown
    /// Milliseconds that the service took, as Kong measured it; nil when it is not told.
    package var serviceMilliseconds: UInt64? { upstreamLatency.milliseconds }
    /// Milliseconds that Kong itself took; nil when it is not told.
    package var kongMilliseconds: UInt64? {
        maker == .kong ? responseLatency.milliseconds : proxyLatency.milliseconds
    }
    /// The version, as `KongVersionText` packs it; none when it is not told or not one.
    package var version: KongVersionText { maker == .kong ? serverVersion : viaVersion }

    private var upstreamLatency = Latency()
    private var proxyLatency = Latency()
    private var responseLatency = Latency()
    private var serverCount = 0
    private var serverIsKong = false
    private var serverVersion = KongVersionText()
    private var viaIsKong = false
    private var viaVersion = KongVersionText()

    /// Of a response without fields.
    package init() {}

    /// One of the three latencies. Kong writes each once: what is there twice tells nothing.
    private struct Latency: Equatable {
        var count = 0
        private var value: UInt64?

        var milliseconds: UInt64? { count == 1 ? value : nil }

        mutating func note(_ bytes: Span<UInt8>, _ range: ByteRange) {
            count &+= 1
            // Up to 9,999,999 ms, which is well over any timeout.
            value = range.count <= 7 ? Decimal.parse(bytes, range) : nil
        }
    }
}

extension KongFacts {
    /// Takes in one field whose name means nothing else.
    @inline(__always)
    fileprivate mutating func note(_ line: FieldLine, _ bytes: Span<UInt8>) {
        let name = line.name
        switch name.count {
        case 3: if Self.isVia(bytes, name.start) { noteVia(bytes, line.value) }
        case 6: if Self.isServer(bytes, name.start) { noteServer(bytes, line.value) }
        case 20, 23: noteLatency(bytes, line)
        default: return
        }
    }

    /// Concludes who made it; only the status tells a failed service from one without a name.
    fileprivate mutating func conclude(status: Int) {
        if viaIsKong || upstreamLatency.count > 0 {
            let isFailure = (status == 502 || status == 504) && !namesService
            maker = isFailure ? .kongForService : .service
        } else if serverIsKong || responseLatency.count > 0 {
            maker = .kong
        }
    }

    /// Whether a Server field is there that is not the very Kong's.
    private var namesService: Bool {
        if serverCount == 0 { return false }
        let isSame = viaVersion.isEmpty || serverVersion == viaVersion
        return serverCount > 1 || !serverIsKong || !isSame
    }

    private mutating func noteLatency(_ bytes: Span<UInt8>, _ line: FieldLine) {
        let start = line.name.start
        let end = line.name.end
        // `x-kong-u`, `pstream-`, `-latency` and so on, the first letter lowest. Names have no
        // control characters, so that this only changes the case of letters.
        let first = ByteScan.word(bytes, at: start) | Self.lowerCase
        let second = ByteScan.word(bytes, at: start &+ 8) | Self.lowerCase
        let last = ByteScan.word(bytes, at: end &- 8) | Self.lowerCase
        guard last == 0x7963_6e65_7461_6c2d else { return }
        if first == 0x752d_676e_6f6b_2d78, second == 0x2d6d_6165_7274_7370 {
            upstreamLatency.note(bytes, line.value)
        } else if first == 0x702d_676e_6f6b_2d78, second == 0x7461_6c2d_7978_6f72 {
            proxyLatency.note(bytes, line.value)
        } else if first == 0x722d_676e_6f6b_2d78, second == 0x2d65_736e_6f70_7365 {
            responseLatency.note(bytes, line.value)
        }
    }

    /// `kong/3.4.1`, and nothing before it.
    private mutating func noteServer(_ bytes: Span<UInt8>, _ value: ByteRange) {
        serverCount &+= 1
        // Kong has one Server only: of two, nobody knows whose they are.
        serverVersion = KongVersionText()
        guard Self.isKong(bytes, value.start, value.end) else { return }
        serverIsKong = true
        guard serverCount == 1 else { return }
        serverVersion = KongVersionText(bytes, ByteRange(value.start &+ 5, value.end))
    }

    /// The last `kong/3.4.1` or `1.1 kong/3.8.0` of a list.
    private mutating func noteVia(_ bytes: Span<UInt8>, _ value: ByteRange) {
        if let start = Self.kong(bytes, value.start, value.end) {
            // A version up to the end of the value: it is the only one.
            let version = KongVersionText(bytes, ByteRange(start &+ 5, value.end))
            if !version.isEmpty {
                viaIsKong = true
                viaVersion = version
                return
            }
        }
        var elements = ListElements(of: value)
        while let element = elements.next(bytes) {
            guard let start = Self.kong(bytes, element.start, element.end) else { continue }
            var end = start &+ 5
            while end < element.end, !ByteClass.isBlank(bytes[end]) { end &+= 1 }
            viaIsKong = true
            viaVersion = KongVersionText(bytes, ByteRange(start &+ 5, end))
        }
    }

    /// Where `kong/` stands, at the start or behind the version of the protocol.
    private static func kong(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        if isKong(bytes, start, end) { return start }
        var at = start
        while at < end, !ByteClass.isBlank(bytes[at]) { at &+= 1 }
        while at < end, ByteClass.isBlank(bytes[at]) { at &+= 1 }
        return isKong(bytes, at, end) ? at : nil
    }

    private static var lowerCase: UInt64 { 0x2020_2020_2020_2020 }

    private static func isVia(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
        bytes[start] | 0x20 == UInt8(ascii: "v") && bytes[start &+ 1] | 0x20 == UInt8(ascii: "i")
            && bytes[start &+ 2] | 0x20 == UInt8(ascii: "a")
    }

    private static func isServer(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
        bytes[start] | 0x20 == UInt8(ascii: "s")
            && Keyword(bytes, ByteRange(start, start &+ 6)) == .server
    }

    /// Whether `kong/` stands there.
    private static func isKong(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        start &+ 5 <= end && bytes[start] | 0x20 == UInt8(ascii: "k")
            && bytes[start &+ 1] | 0x20 == UInt8(ascii: "o")
            && bytes[start &+ 2] | 0x20 == UInt8(ascii: "n")
            && bytes[start &+ 3] | 0x20 == UInt8(ascii: "g")
            && bytes[start &+ 4] == ByteClass.slash
    }
}

extension ResponseHead {
    /// What the response that was parsed last out of `bytes` says of a Kong. It reads what parsing
    /// has kept, and looks at no byte but of names that have the length of one that counts: who
    /// does not ask pays nothing.
    package func kongFacts(_ bytes: Span<UInt8>) -> KongFacts {
        var facts = KongFacts()
        for index in 0..<fields.count where fields[index].known == .other {
            facts.note(fields[index], bytes)
        }
        facts.conclude(status: status)
        return facts
    }
}
