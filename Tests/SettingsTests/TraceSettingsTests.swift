import Testing

@testable import Settings

/// `otlp`.
struct TraceSettingsTests {
    @Test func `traces are told as it is said`() throws {
        #expect(try snapshot(settingsText()).traces == nil)
        let short = try snapshot(settingsText(rest: "otlp: {endpoint: \"http://a:4318\"}")).traces
        #expect(short == TraceSettings(endpoint: "http://a:4318/v1/traces"))
        #expect(short?.sample == 0.01)
        let long = try snapshot(
            settingsText(
                rest: "otlp: {endpoint: \"https://a/otlp/v1/traces/\", service_name: an edge, "
                    + "sample: 12.5%, headers_file: h, interval: 1m}"))
        #expect(
            long.traces
                == TraceSettings(
                    endpoint: "https://a/otlp/v1/traces", serviceName: "an edge", sample: 0.125,
                    headersFile: "h", intervalMilliseconds: 60_000))
    }

    @Test(arguments: [("0%", 0.0), ("100%", 1), ("100.0%", 1), ("0.000001%", 0.000_000_01)])
    func `a share is a percentage`(text: String, share: Double) throws {
        let read = try snapshot(
            settingsText(rest: "otlp: {endpoint: \"http://a\", sample: \(text)}")
        ).traces
        #expect(abs((read?.sample ?? -1) - share) < 1e-15)
    }

    @Test(arguments: [
        ("otlp: ^http://a:1", "`otlp` is `http://a:1`; expected a mapping of endpoint"),
        ("^otlp: {sample: 1%}", "`endpoint` of `otlp` is missing"),
        ("otlp: {endpoint: ^\"a:1\"}", "`endpoint` is `a:1`; expected http:// or https://"),
        ("otlp: {endpoint: ^\"http://a:0\"}", "`endpoint` is `http://a:0`; expected http://"),
        ("otlp: {endpoint: ^\"http://a?b\"}", "`endpoint` is `http://a?b`; expected http://"),
        ("otlp: {endpoint: ^\"http://a:b@c\"}", "`endpoint` is `http://a:b@c`; expected http://"),
        ("otlp: {endpoint: \"http://a\", sample: ^101%}", "`sample` is `101%`; expected a perc"),
        ("otlp: {endpoint: \"http://a\", sample: ^-1%}", "`sample` is `-1%`; expected a perc"),
        ("otlp: {endpoint: \"http://a\", sample: ^0.5}", "`sample` is `0.5`; expected a perc"),
        ("otlp: {endpoint: \"http://a\", sample: ^1e1%}", "`sample` is `1e1%`; expected a perc"),
        ("otlp: {endpoint: \"http://a\", service_name: ^\"a\\nb\"}", "`service_name` is `a"),
        ("otlp: {endpoint: \"http://a\", interval: ^99ms}", "`interval` is `99ms`; expected a d"),
        ("otlp: {endpoint: \"http://a\", headers_file: ^''}", "`headers_file` is empty; expected"),
        ("otlp: {endpoint: \"http://a\", ^endpiont: b}", "`endpiont` is not a key of `otlp`; did"),
    ])
    func `a faulty setting is refused`(rest: String, expected: String) {
        MarkedText(settingsText(rest: rest)).expectFault(expected)
    }

    @Test(arguments: [
        ("https://a.internal", 0), ("http://127.0.0.1:4318", 0), ("http://localhost:4318/v1", 0),
        ("http://a.internal", 1),
    ])
    func `secrets that go over a network in the clear are warned of`(url: String, count: Int)
        throws
    {
        let text = settingsText(rest: "otlp: {endpoint: \"\(url)\", headers_file: h}")
        let reading = try SettingsReader.read(
            "sluice.yaml", environment: [:], files: files(["sluice.yaml": text]))
        #expect(reading.warnings.count == count)
    }
}
