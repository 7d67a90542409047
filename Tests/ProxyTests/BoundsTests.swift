import HTTP
import Settings
import Testing

@testable import Proxy

/// What the settings let through is what the proxy can hold.
struct BoundsTests {
    private func isTaken(_ limits: String) -> Bool {
        let text = """
            listeners: {api: {address: 127.0.0.1:1, split: kong, limits: {\(limits)}}}
            upstreams: {x: {targets: [127.0.0.1:2]}}
            splits: {kong: {x: 1}}
            """
        let report = SettingsReader.check("sluice.yaml", environment: [:]) { _ in
            .success(Array(text.utf8))
        }
        return report.errors.isEmpty
    }

    @Test(arguments: [
        ("fields", HeadLimits.mostFields), ("head", HeadLimits.mostHeadBytes),
        ("head", Limits.blockBytes), ("uri", HeadLimits.mostHeadBytes),
    ])
    func `a limit may be what the parser holds, and no more`(key: String, most: Int) {
        #expect(isTaken("\(key): \(most)"))
        #expect(!isTaken("\(key): \(most + 1)"))
    }

    @Test func `the presets are the parser's own`() {
        let presets = ListenerLimits()
        #expect(
            HeadLimits()
                == HeadLimits(
                    headBytes: presets.headBytes, fields: presets.fields,
                    targetBytes: presets.uriBytes))
    }
}
