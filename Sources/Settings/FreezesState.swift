/// What `state_dir/freeze.state` keeps: the freezes that are in force.
package struct FreezesState: Sendable, Equatable {
    /// In the order in which they were asked for; no split is there twice.
    package let freezes: [Freeze]

    /// A state of freezes.
    package init(freezes: [Freeze]) { self.freezes = freezes }

    static let form = StateForm(title: "sluice freeze state", version: 1)

    /// The state as text: one fact per line, the last line a checksum of all before it.
    package func encoded() -> String {
        Self.form.sealed(
            freezes.flatMap { freeze in
                [
                    "split \(StateText.escape(freeze.split))",
                    "mode \(freeze.mode.rawValue)",
                    "since \(freeze.sinceMilliseconds)",
                    "reason \(StateText.escape(freeze.reason))",
                ]
            })
    }

    /// Reads what `encoded` wrote, byte for byte; anything else is refused.
    package init(decoding bytes: [UInt8]) throws(StateError) {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = try Self.form.opened(text)
        var freezes: [Freeze] = []
        while !lines.isAtEnd {
            let split = try lines.text(of: "split")
            let mode = try lines.parsed("mode") { FreezeMode(rawValue: $0) }
            let since = try lines.number(of: "since", as: Int64.self)
            guard !freezes.contains(where: { $0.split == split }) else { throw .damaged }
            freezes.append(
                Freeze(
                    split: split, mode: mode, sinceMilliseconds: since,
                    reason: try lines.text(of: "reason")))
        }
        self.init(freezes: freezes)
        guard encoded() == text else { throw .damaged }
    }
}
