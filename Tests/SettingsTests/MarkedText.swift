import Testing

@testable import Settings

/// A text in which `^` stands before the place of its one fault.
struct MarkedText {
    let text: String
    let line: Int
    let column: Int

    init(_ marked: String) {
        let before = marked.prefix { $0 != "^" }
        var counter = PositionCounter()
        for scalar in before.unicodeScalars { _ = counter.advance(over: scalar) }
        line = counter.position.line
        column = counter.position.column
        text = marked.filter { $0 != "^" }
    }

    /// Expects one fault, at the mark, whose text begins as said.
    func expectFault(
        _ expected: String,
        environment: [String: String] = [:],
        location: SourceLocation = #_sourceLocation
    ) {
        let all = faults(text, environment: environment)
        let wanted = "sluice.yaml:\(line):\(column): \(expected)"
        #expect(
            all.count == 1 && all[0].hasPrefix(wanted), "expected \(wanted), got \(all)",
            sourceLocation: location)
    }
}

/// A sound sluice.yaml, a part of which a test replaces.
func settingsText(
    listener: String = "api: {address: 127.0.0.1:8000, split: kong}",
    upstream: String = "x: {targets: [127.0.0.1:9001]}",
    split: String = "kong: {x: 90, y: 10}",
    rest: String = "workers: 1"
) -> String {
    """
    listeners:
      \(listener)
    upstreams:
      \(upstream)
      y: {targets: [127.0.0.1:9002]}
    splits:
      \(split)
    \(rest)

    """
}

/// A sound sluice.yaml but for one key of its listener.
func listenerText(_ key: String, _ value: String) -> String {
    settingsText(listener: "api: {address: a:1, split: kong, \(key): \(value)}")
}

/// A sound sluice.yaml but for one key of its first upstream.
func upstreamText(_ key: String, _ value: String) -> String {
    settingsText(upstream: "x: {targets: [a:1], \(key): \(value)}")
}
