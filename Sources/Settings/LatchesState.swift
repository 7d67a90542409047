/// What `state_dir/latches.state` keeps: the members that are kept at weight 0.
package struct LatchesState: Sendable, Equatable {
    /// In the order in which they were asked for; none is there twice.
    package let latches: [Latch]

    /// A state of latches.
    package init(latches: [Latch]) { self.latches = latches }

    static let form = StateForm(title: "sluice latches state", version: 1)

    /// The state as text: one fact per line, the last line a checksum of all before it.
    package func encoded() -> String {
        Self.form.sealed(
            latches.flatMap { latch in
                [
                    "split \(StateText.escape(latch.split))",
                    "upstream \(StateText.escape(latch.upstream))",
                    "since \(latch.sinceMilliseconds)",
                    "reason \(StateText.escape(latch.reason))",
                ]
            })
    }

    /// Reads what `encoded` wrote, byte for byte; anything else is refused.
    package init(decoding bytes: [UInt8]) throws(StateError) {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = try Self.form.opened(text)
        var latches: [Latch] = []
        while !lines.isAtEnd {
            let split = try lines.text(of: "split")
            let upstream = try lines.text(of: "upstream")
            let since = try lines.number(of: "since", as: Int64.self)
            guard !latches.contains(where: { $0.split == split && $0.upstream == upstream })
            else { throw .damaged }
            latches.append(
                Latch(
                    split: split, upstream: upstream, sinceMilliseconds: since,
                    reason: try lines.text(of: "reason")))
        }
        self.init(latches: latches)
        guard encoded() == text else { throw .damaged }
    }
}
