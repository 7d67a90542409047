/// What `state_dir/drains.state` keeps: the drains that are in force.
package struct DrainsState: Sendable, Equatable {
    /// In the order in which they were asked for; none is there twice.
    package let drains: [Drain]

    /// A state of drains.
    package init(drains: [Drain]) { self.drains = drains }

    static let form = StateForm(title: "sluice drains state", version: 1)

    /// The state as text: one fact per line, the last line a checksum of all before it.
    package func encoded() -> String {
        Self.form.sealed(
            drains.flatMap { drain in
                ["upstream \(StateText.escape(drain.scope.upstream))"]
                    + (drain.scope.target.map { ["target \(StateText.escape($0))"] } ?? [])
                    + [
                        "since \(drain.sinceMilliseconds)",
                        "reason \(StateText.escape(drain.reason))",
                    ]
            })
    }

    /// Reads what `encoded` wrote, byte for byte; anything else is refused.
    package init(decoding bytes: [UInt8]) throws(StateError) {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = try Self.form.opened(text)
        var drains: [Drain] = []
        while !lines.isAtEnd {
            let drain = try lines.drain()
            // Who writes them has none twice.
            guard !drains.contains(where: { $0.scope == drain.scope }) else { throw .damaged }
            drains.append(drain)
        }
        self.init(drains: drains)
        guard encoded() == text else { throw .damaged }
    }
}

extension StateLines {
    fileprivate mutating func drain() throws(StateError) -> Drain {
        let upstream = try text(of: "upstream")
        let target = isNext("target") ? try text(of: "target") : nil
        let since = try number(of: "since", as: Int64.self)
        return Drain(
            DrainScope(upstream: upstream, target: target), sinceMilliseconds: since,
            reason: try text(of: "reason"))
    }
}
