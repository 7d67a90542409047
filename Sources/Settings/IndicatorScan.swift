/// Looks for what no configuration needs and what can make a small file endless or ambiguous:
/// anchors, aliases, tags and blocks of text.
///
/// It runs before the YAML parser, because that one expands an alias where it stands, and
/// comparing mapping keys made of nested aliases takes exponential time. It follows quotes,
/// comments and flow collections only as far as it must to know where a value begins.
struct IndicatorScan {
    /// The first thing found.
    struct Finding: Equatable {
        let position: Position
        let message: String
    }

    private enum Context {
        case plain
        case comment
        case singleQuoted
        case doubleQuoted
        case doubleQuotedEscape
        /// Just behind a quote that may be the first half of `''`.
        case afterSingleQuote
    }

    private var context = Context.plain
    private var flowDepth = 0
    private var isAfterBlank = true
    /// Whether only white space and indicators lie between here and a value's place.
    private var isAtStart = true
    /// Whether the indicator just passed (`-`, `?`, `:`) counts if white space follows.
    private var awaitsBlank = false
    /// Whether a quoted text or a collection has just ended: in a flow collection the `:` behind
    /// it needs no white space.
    private var isAfterClosing = false

    /// The first anchor, alias, tag or block of text.
    static func firstFinding(in text: String) -> Finding? {
        var scan = IndicatorScan()
        var counter = PositionCounter()
        for scalar in text.unicodeScalars {
            if let message = scan.step(scalar) {
                return Finding(position: counter.position, message: message)
            }
            _ = counter.advance(over: scalar)
        }
        return nil
    }

    private mutating func step(_ scalar: Unicode.Scalar) -> String? {
        switch context {
        case .comment:
            if PositionCounter.isLineBreak(scalar) { startLine() }
        case .doubleQuoted:
            if scalar == "\\" { context = .doubleQuotedEscape }
            if scalar == "\"" {
                context = .plain
                isAfterClosing = true
            }
        case .doubleQuotedEscape:
            context = .doubleQuoted
        case .singleQuoted:
            if scalar == "'" { context = .afterSingleQuote }
        case .afterSingleQuote where scalar == "'":
            context = .singleQuoted
        case .afterSingleQuote:
            context = .plain
            isAfterClosing = true
            return stepPlain(scalar)
        case .plain:
            return stepPlain(scalar)
        }
        return nil
    }

    private mutating func stepPlain(_ scalar: Unicode.Scalar) -> String? {
        if PositionCounter.isLineBreak(scalar) {
            startLine()
            return nil
        }
        if scalar == " " || scalar == "\t" {
            isAfterBlank = true
            isAtStart = isAtStart || awaitsBlank
            awaitsBlank = false
            return nil
        }
        if scalar == "#", isAfterBlank {
            context = .comment
            return nil
        }
        let wasAtStart = isAtStart
        isAfterBlank = false
        isAtStart = false
        awaitsBlank = false
        stepIndicator(scalar, wasAtStart: wasAtStart)
        return wasAtStart ? finding(scalar) : nil
    }

    private mutating func stepIndicator(_ scalar: Unicode.Scalar, wasAtStart: Bool) {
        let wasAfterClosing = isAfterClosing
        isAfterClosing = false
        switch scalar {
        case "[", "{":
            guard wasAtStart || flowDepth > 0 else { return }
            flowDepth += 1
            isAtStart = true
        case "]", "}":
            flowDepth = max(0, flowDepth - 1)
            isAfterClosing = true
        case ",":
            isAtStart = flowDepth > 0
        case ":":
            awaitsBlank = true
            isAtStart = flowDepth > 0 && wasAfterClosing
        case "-", "?":
            awaitsBlank = wasAtStart
        case "\"" where wasAtStart:
            context = .doubleQuoted
        case "'" where wasAtStart:
            context = .singleQuoted
        default:
            break
        }
    }

    private mutating func startLine() {
        context = .plain
        isAfterBlank = true
        isAtStart = true
        awaitsBlank = false
    }

    private func finding(_ scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "*":
            "`*` begins a YAML alias here, which is not supported; expected quotes around the value"
        case "&":
            "`&` begins a YAML anchor here, which is not supported; expected the value itself"
        case "!":
            "`!` begins a YAML tag here, which is not supported; expected the value itself"
        case "|", ">":
            "`\(scalar)` begins a block of text here, which is not supported; expected one line"
        default:
            nil
        }
    }
}
