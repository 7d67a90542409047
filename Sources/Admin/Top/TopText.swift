/// A line of `sluice top`: pieces of text, each in a style.
package struct TopText: Sendable, Equatable {
    /// How a piece looks, where there are colours.
    package enum Style: String, Sendable {
        case plain = ""
        case strong = "1"
        case quiet = "2"
        case good = "32"
        case bad = "1;31"
        case chosen = "7"
        /// The members of a split by turns. Their bars have shapes of their own besides.
        case first = "34"
        case second = "33"
        case third = "36"
    }

    private var pieces: [(text: String, style: Style)] = []

    package init(_ text: String = "", _ style: Style = .plain) { add(text, style) }

    /// Whether they look alike.
    package static func == (left: TopText, right: TopText) -> Bool {
        left.written(columns: .max, hasColours: true)
            == right.written(columns: .max, hasColours: true)
    }

    /// Puts more text behind it. What would move the cursor, change the terminal or turn letters
    /// around is written out: it may come from a target's answer.
    package mutating func add(_ text: String, _ style: Style = .plain) {
        let clean = VisibleText.line(text)
        if !clean.isEmpty { pieces.append((clean, style)) }
    }

    /// This line with another behind it.
    func followed(by other: TopText) -> TopText {
        var line = self
        line.pieces += other.pieces
        return line
    }

    /// The text alone.
    package var plain: String { pieces.map(\.text).joined() }

    /// Words in as many lines as it takes; all but the first stand further in.
    static func wrapped(
        _ text: String, _ style: Style = .plain, columns: Int, indent: Int
    ) -> [TopText] {
        let clean = VisibleText.line(text)
        guard clean.count > columns else { return [TopText(clean, style)] }
        let margin = String(clean.prefix { $0 == " " })
        let inner = String(
            repeating: " ", count: min(margin.count + indent, max(0, columns / 4)))
        var lines: [String] = []
        var line = String(margin.prefix(inner.count))
        var isEmpty = true
        for word in clean.split(separator: " ") {
            if !isEmpty, line.count + 1 + word.count > columns {
                lines.append(line)
                line = inner
                isEmpty = true
            }
            line += isEmpty ? String(word) : " \(word)"
            isEmpty = false
        }
        return (lines + [line]).map { TopText($0, style) }
    }

    /// At most so many columns of it, with the codes of ECMA-48 for styles where wanted.
    package func written(columns: Int, hasColours: Bool) -> String {
        var left = columns
        var text = ""
        for piece in pieces where left > 0 {
            let cut = String(piece.text.prefix(left))
            left -= cut.count
            text +=
                hasColours && piece.style != .plain
                ? "\u{1b}[\(piece.style.rawValue)m\(cut)\u{1b}[0m" : cut
        }
        return text
    }
}
