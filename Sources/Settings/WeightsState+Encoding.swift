extension WeightsState {
    static let form = StateForm(title: "sluice weights state", version: 1)

    /// The state as text: one fact per line, the last line a checksum of all before it.
    package func encoded() -> String {
        var lines = ["generation \(generation)"]
        for split in splits {
            lines += [
                "split \(StateText.escape(split.name))",
                "changed_in \(split.generation)",
                "source \(split.source.rawValue)",
                "changed_at \(split.changedAtMilliseconds)",
                "followed \(split.followed)",
                "reason \(StateText.escape(split.reason))",
            ]
            lines += zip(split.members, split.weights).map { member, weight in
                "weight \(StateText.escape(member)) \(weight)"
            }
        }
        return Self.form.sealed(lines)
    }
}
