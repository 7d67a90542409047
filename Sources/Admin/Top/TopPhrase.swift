/// A line of parts that are told whole or not at all: where the columns do not do for all of them
/// the least important ones are left out. Only words are ever cut, never a number.
struct TopPhrase {
    private struct Part {
        let text: String
        let style: TopText.Style
        /// What stands before it unless it is the first.
        let separator: String
        /// The greatest is left out first.
        let rank: Int
        /// Whether a piece of it says something, too.
        let isWords: Bool
    }

    private var parts: [Part] = []

    mutating func add(
        _ text: String, _ style: TopText.Style = .plain, rank: Int, after separator: String = "",
        isWords: Bool = false
    ) {
        guard !text.isEmpty else { return }
        parts.append(
            Part(
                text: VisibleText.line(text), style: style, separator: separator, rank: rank,
                isWords: isWords))
    }

    func text(columns: Int) -> TopText {
        var kept = parts
        while kept.count > 1, Self.width(kept) > columns {
            let last = kept.indices.max { kept[$0].rank < kept[$1].rank } ?? 0
            // Enough words to be worth it.
            let room = columns - (Self.width(kept) - kept[last].text.count)
            if kept[last].isWords, room >= 8 { break }
            kept.remove(at: last)
        }
        let excess = Self.width(kept) - columns
        let cut = kept.indices.filter { kept[$0].isWords }.max { kept[$0].rank < kept[$1].rank }
        var text = TopText()
        for (index, part) in kept.enumerated() {
            if index > 0 { text.add(part.separator, part.style) }
            let isCut = excess > 0 && index == cut
            text.add(
                isCut ? Self.cut(part.text, to: part.text.count - excess) : part.text, part.style)
        }
        return text
    }

    private static func width(_ parts: [Part]) -> Int {
        parts.enumerated().reduce(0) { sum, part in
            sum + part.element.text.count + (part.offset > 0 ? part.element.separator.count : 0)
        }
    }

    private static func cut(_ text: String, to columns: Int) -> String {
        columns < 2 ? String(text.prefix(max(0, columns))) : "\(text.prefix(columns - 1))…"
    }

    /// A name, in so many columns at most: its beginning and its end tell it from others.
    static func name(_ name: String, columns: Int) -> String {
        guard name.count > columns, columns > 2 else { return name }
        let tail = (columns - 1) / 2
        return "\(name.prefix(columns - 1 - tail))…\(name.suffix(tail))"
    }
}
