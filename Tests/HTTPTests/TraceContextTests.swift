import Bytes
import HTTP
import Testing

/// What is read of W3C Trace Context, and what is passed on of it.
struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let sound = "00-\(trace)-b7ad6b7169203331-01"

    private func context(_ value: String) -> TraceContext? {
        let bytes = wire(value)
        return TraceContext(bytes.span, ByteRange(0, bytes.count))
    }

    @Test(arguments: [
        (sound, true), ("00-\(trace)-b7ad6b7169203331-00", false),
        // Other flags say nothing to us.
        ("00-\(trace)-b7ad6b7169203331-03", true), ("00-\(trace)-b7ad6b7169203331-fe", false),
        // Versions to come, as far as they are like this one.
        ("01-\(trace)-b7ad6b7169203331-01", true), ("fe-\(trace)-b7ad6b7169203331-01-", true),
        ("cc-\(trace)-b7ad6b7169203331-00-what=the-future.will-be", false),
    ])
    func `a valid value is read`(value: String, isSampled: Bool) throws {
        let read = try #require(context(value))
        #expect(read.traceHigh == 0x0af7_6519_16cd_43dd)
        #expect(read.traceLow == 0x8448_eb21_1c80_319c)
        #expect(read.span == 0xb7ad_6b71_6920_3331)
        #expect(read.isSampled == isSampled)
        var buffer = Buffer(capacity: 72)
        read.append(to: &buffer)
        #expect(
            text(buffer.bytes)
                == "traceparent: 00-\(Self.trace)-b7ad6b7169203331-\(isSampled ? "01" : "00")\r\n")
    }

    @Test(arguments: [
        "", "00", "00-", sound + "-", sound + "-00", sound + "0", String(sound.dropLast()),
        "ff-\(trace)-b7ad6b7169203331-01", "0-\(trace)-b7ad6b7169203331-01",
        "0G-\(trace)-b7ad6b7169203331-01", "01-\(trace)-b7ad6b7169203331-010",
        "00-\(trace.uppercased())-b7ad6b7169203331-01", "00-\(trace)-B7ad6b7169203331-01",
        "00-\(trace)-b7ad6b7169203331-0A", "00-\(trace)-b7ad6b7169203331-x1",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-\(trace)-0000000000000000-01", "00_\(trace)_b7ad6b7169203331_01",
        "00-\(trace.dropLast())g-b7ad6b7169203331-01", "00-\(trace)-b7ad6b716920333\u{b1}-01",
        "00-\(trace.dropLast())--b7ad6b7169203331-01", "00 \(trace) b7ad6b7169203331 01",
    ])
    func `an invalid value is none`(value: String) {
        #expect(context(value) == nil)
    }

    @Test func `half a name of zeros is a name`() {
        #expect(context("00-0000000000000000\(Self.trace.suffix(16))-000000000000000a-01") != nil)
        #expect(context("00-\(Self.trace.prefix(16))0000000000000000-000000000000000a-01") != nil)
    }

    /// What a head says, and the names of the fields that are passed on.
    private func read(_ fields: String, keepsState: Bool = true) throws -> (Bool, String) {
        let bytes = wire("GET / HTTP/1.1\r\nHost: a\r\n\(fields)B: 2\r\n\r\n")
        var head = RequestHead()
        #expect(head.parse(bytes.span, limits: HeadLimits()) == .complete)
        let isFound = head.traceContext(bytes.span) != nil
        head.leaveOutTrace(bytes.span, keepsState: keepsState)
        var buffer = Buffer(capacity: RequestEncoder.space(for: head))
        let client = ClientFacts(
            address: ClientAddress(bits: 0), localPort: 1, isTrusted: false, isSecure: false)
        RequestEncoder.encode(head, bytes.span, client: client, id: sampleID, into: &buffer)
        let lines = text(buffer.bytes).split(separator: "\r\n").dropFirst(2)
        return (isFound, lines.prefix { !$0.hasPrefix("X-") }.joined(separator: "|"))
    }

    @Test(arguments: [
        ("", false, "B: 2"), ("traceparent: \(sound)\r\n", true, "B: 2"),
        ("TraceParent:\(sound) \t\r\n", true, "B: 2"),
        ("traceparent: \(sound)\r\nTraceState: a=1\r\n", true, "TraceState: a=1|B: 2"),
        ("traceparent: \(sound)\r\ntraceparent: \(sound)\r\n", false, "B: 2"),
        ("traceparent: nonsense\r\ntracestate: a=1\r\n", false, "tracestate: a=1|B: 2"),
        ("traceparent: \(sound)\r\nConnection: traceparent\r\n", false, "B: 2"),
        ("traceparents: \(sound)\r\n", false, "traceparents: \(sound)|B: 2"),
        ("tracepar\u{45}nt: \(sound)\r\ntracestat\u{45}: 1\r\n", true, "tracestatE: 1|B: 2"),
        ("trace-parent: \(sound)\r\n", false, "trace-parent: \(sound)|B: 2"),
    ])
    func `fields are known by their names alone`(
        fields: String, isFound: Bool, left: String
    ) throws {
        #expect(try read(fields) == (isFound, left))
    }

    @Test func `the state goes where its trace does not go on`() throws {
        let fields = "tracestate: a=1\r\nTraceState: b=2\r\nTracestates: c\r\n"
        #expect(try read(fields, keepsState: false) == (false, "Tracestates: c|B: 2"))
    }
}
