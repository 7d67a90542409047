import Addressing
import Bytes
import Foundation
import HTTP
import Kernel
import Settings
import Telemetry
import Testing

@testable import Proxy

@Suite
struct LogLineTests {
    /// 2031-05-06T07:08:09.010Z.
    private static let began: Int64 = 1_935_817_689_010_999_999

    @Test
    func `an exchange is one JSON object with all there is to tell`() {
        #expect(
            Self.line(Self.exchange, as: .json) == #"""
                {"time":"2031-05-06T07:08:09.010Z","client":"192.0.2.7","method":"GET",\#
                "path":"/a?b=1","protocol":"HTTP/1.1","host":"api.example:80","status":200,\#
                "bytes_sent":1234,"bytes_received":5,"duration":0.012345,"listener":"api",\#
                "split":"kong","chosen_by":"sequence","upstream":"y",\#
                "target":"10.0.0.9:8000","upstream_time":0.000007,"retries":1,"error":"",\#
                "request_id":"id-1","user_agent":"curl/8","referer":"http://a/"}

                """#)
    }

    @Test
    func `an exchange is one line of the combined format`() {
        #expect(
            Self.line(Self.exchange, as: .combined) == #"""
                192.0.2.7 - - [06/May/2031:07:08:09 +0000] "GET /a?b=1 HTTP/1.1" 200 1234 \#
                "http://a/" "curl/8"

                """#)
    }

    @Test
    func `what came not far leaves its fields empty`() {
        let line = Self.line(Self.refusal, as: .json)
        #expect(
            line == #"""
                {"time":"1970-01-01T00:00:00.000Z","client":"2001:db8::1","method":"",\#
                "path":"","protocol":"","host":"","status":408,"bytes_sent":0,\#
                "bytes_received":0,"duration":10.000000,"listener":"","split":"",\#
                "chosen_by":"","upstream":"","target":"","upstream_time":null,"retries":0,\#
                "error":"request_timeout","request_id":"","user_agent":"","referer":""}

                """#)
        #expect(
            Self.line(Self.refusal, as: .combined)
                == #"2001:db8::1 - - [01/Jan/1970:00:00:00 +0000] "-" 408 0 "-" "-""# + "\n")
    }

    @Test
    func `a client that did not wait is 0 in JSON and 499 in the combined format`() {
        var facts = Self.refusal
        facts.facts.status = 0
        #expect(Self.line(facts, as: .json).contains(#""status":0,"#))
        #expect(Self.line(facts, as: .combined).contains(#" "-" 499 0 "#))
    }

    @Test
    func `a target of IPv6 stands in brackets`() {
        var sample = Self.exchange
        let address = IPAddress(bits: 0x2001_0db8 << 96 | 1)
        sample.facts.target = SocketAddress(version6: address, port: 8000)
        #expect(Self.line(sample, as: .json).contains(#""target":"[2001:db8::1]:8000","#))
    }

    @Test
    func `a text that was cut says how much is missing`() {
        var sample = Self.exchange
        sample.facts.texts.path.left = 12_000
        #expect(Self.line(sample, as: .json).contains(#""path":"/a?b=1...(+12000)","#))
        #expect(Self.line(sample, as: .combined).contains(#"GET /a?b=1...(+12000) HTTP/1.1"#))
    }

    @Test(arguments: [UInt8(0), 0x22, 0x5c, 0x80, 0xff], AccessLogSettings.Format.allCases)
    func `the longest line has room in a block`(
        byte: UInt8, format: AccessLogSettings.Format
    ) throws {
        var sample = Sample(facts: Self.exchange.facts)
        let sizes = [
            LogLimits.methodBytes, LogLimits.pathBytes + 1, LogLimits.hostBytes,
            RequestID.mostBytes, LogLimits.agentBytes, LogLimits.agentBytes,
        ]
        var pieces: [LogTexts.Piece] = []
        for size in sizes {
            let start = sample.texts.count
            sample.texts += Array(repeating: byte, count: size)
            pieces.append(
                LogTexts.Piece(
                    start: UInt16(start), end: UInt16(sample.texts.count), left: .max))
        }
        sample.facts.texts = LogTexts(
            method: pieces[0], path: pieces[1], host: pieces[2], id: pieces[3], agent: pieces[4],
            referer: pieces[5])
        sample.facts.began = .max
        sample.facts.nanoseconds = .max
        sample.facts.firstByteNanoseconds = .max
        sample.facts.bytesSent = .max
        sample.facts.bytesReceived = .max
        sample.facts.retries = .max
        sample.facts.client = IPAddress(bits: .max)
        sample.names = LogNames.Lists(
            listeners: [String(repeating: "\u{0}", count: 9_999)],
            splits: [String(repeating: "\u{0}", count: 9_999)],
            upstreams: ["", String(repeating: "\u{0}", count: 9_999)])
        let names = LogNames(sample.names)
        let space = LogLine.space(textCount: sample.texts.count, names)
        #expect(space <= LogLimits.blockBytes)
        #expect(sample.texts.count <= LogLimits.largeTextBytes)
        let line = Self.line(sample, as: format)
        #expect(line.utf8.count <= space)
        if format == .json {
            _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
        }
    }

    @Test
    func `names are written as JSON wants them, unknown ids are not`() {
        let names = LogNames(
            LogNames.Lists(listeners: ["a\"b", "é"], splits: [], upstreams: ["\u{1b}"]))
        var line = Buffer(capacity: 256)
        for id in -1...2 {
            names.append(listener: id, to: &line)
            names.append(split: id, to: &line)
            names.append(upstream: id, to: &line)
            line.append("|")
        }
        #expect(text(line) == #"|a\"b\u001b|é||"#)
    }

    struct Sample {
        var facts: LogFacts
        var texts: [UInt8] = []
        var names = LogNames.Lists(
            listeners: ["api"], splits: ["kong"], upstreams: ["x", "y"])
    }

    static let exchange: Sample = {
        var facts = LogFacts(
            began: began, client: IPAddress(ipv4: 0xc000_0207), version: .http11, status: 200,
            nanoseconds: 12_345_678, listener: 0)
        facts.bytesSent = 1_234
        facts.bytesReceived = 5
        facts.firstByteNanoseconds = 7_999
        facts.retries = 1
        facts.split = 0
        facts.upstream = 1
        facts.target = SocketAddress(version4: 0x0a00_0009, port: 8000)
        facts.choice = .sequence
        var sample = Sample(facts: facts)
        let texts = ["GET", "/a?b=1", "api.example:80", "id-1", "curl/8", "http://a/"]
        let pieces = texts.map { text in
            let start = UInt16(sample.texts.count)
            sample.texts += Array(text.utf8)
            return LogTexts.Piece(start: start, end: UInt16(sample.texts.count))
        }
        sample.facts.texts = LogTexts(
            method: pieces[0], path: pieces[1], host: pieces[2], id: pieces[3], agent: pieces[4],
            referer: pieces[5])
        return sample
    }()

    static let refusal: Sample = {
        var facts = LogFacts(
            began: -1, client: IPAddress(bits: 0x2001_0db8 << 96 | 1), status: 408,
            nanoseconds: 10_000_000_000, listener: -1)
        facts.error = "request_timeout"
        return Sample(facts: facts)
    }()

    static func line(_ sample: Sample, as format: AccessLogSettings.Format) -> String {
        let names = LogNames(sample.names)
        var line = Buffer(
            capacity: LogLine.space(textCount: sample.texts.count, names))
        LogLine.append(sample.facts, sample.texts.span, names, as: format, to: &line)
        return text(line)
    }
}

@Suite
struct LogTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z", "01/Jan/1970:00:00:00 +0000"),
            (951_782_400_999, "2000-02-29T00:00:00.999Z", "29/Feb/2000:00:00:00 +0000"),
            (1_709_251_199_001, "2024-02-29T23:59:59.001Z", "29/Feb/2024:23:59:59 +0000"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z", "28/Feb/2100:23:59:59 +0000"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z", "01/Mar/2100:00:00:00 +0000"),
            (1_767_225_599_999, "2025-12-31T23:59:59.999Z", "31/Dec/2025:23:59:59 +0000"),
            (-5, "1970-01-01T00:00:00.000Z", "01/Jan/1970:00:00:00 +0000"),
        ])
    func `a moment is written in UTC`(milliseconds: Int64, rfc3339: String, common: String) {
        var line = Buffer(capacity: 64)
        LogTime.append(rfc3339: milliseconds * 1_000_000, to: &line)
        #expect(text(line) == rfc3339)
        line.removeAll()
        LogTime.append(commonLog: milliseconds * 1_000_000, to: &line)
        #expect(text(line) == common)
    }

    @Test
    func `each day of two centuries is the calendar's`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for day in 0..<73_000 {
            let seconds = Int64(day) * 86_400 + Int64(day) * 7_919 % 86_400
            let date = Date(timeIntervalSince1970: Double(seconds))
            let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
            var line = Buffer(capacity: 64)
            LogTime.append(rfc3339: seconds * 1_000_000_000, to: &line)
            let numbers = text(line).split { !$0.isNumber }.prefix(5).map { Int($0) }
            #expect(numbers == [parts.year, parts.month, parts.day, parts.hour, parts.minute])
        }
    }

    @Test(
        arguments: [
            (UInt64(0), "0.000000"), (999, "0.000000"), (1_000, "0.000001"),
            (999_999_999, "0.999999"), (1_000_000_000, "1.000000"),
            (3_600_000_001_000, "3600.000001"), (.max, "18446744073.709551"),
        ])
    func `a duration is written in seconds`(nanoseconds: UInt64, expected: String) {
        var line = Buffer(capacity: 64)
        LogTime.append(seconds: nanoseconds, to: &line)
        #expect(text(line) == expected)
    }
}
