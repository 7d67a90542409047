internal import Judging
import Yams

/// Values of plans.
extension SettingsDocument {
    mutating func planWindow(_ field: Field?) -> Double? {
        let bounds = DurationBounds(
            least: 1_000, most: Int(SideWindow.longestSeconds) * 1_000,
            text: "from 1s to 10m, such as 30s or 1m")
        return planDuration(field, bounds).map { Double($0) / 1_000 }
    }

    /// A duration, in milliseconds; of another text it is said what is the matter with it.
    mutating func planDuration(_ field: Field?, _ bounds: DurationBounds) -> Int? {
        guard let field else { return nil }
        let expected = "expected a duration \(bounds.text)"
        guard case .scalar = field.value else {
            faults.add(
                "`\(field.name)` is \(field.value.found); \(expected)", at: field.value)
            return nil
        }
        guard let text = text(of: field.value) else { return nil }
        if let time = DurationText.milliseconds(text), bounds.contains(time) { return time }
        let wrong = text.isEmpty ? "empty" : quoted(text) + bounds.objection(to: text)
        faults.add("`\(field.name)` is \(wrong); \(expected)", at: field.value)
        return nil
    }

    /// A percentage with its sign, as a share.
    mutating func share(_ field: Field?) -> Double? {
        value(field, expected: "a percentage above 0% and at most 100%, such as 0.5%") { text in
            guard text.hasSuffix("%"), let number = Self.decimal(text.dropLast()),
                number > 0, number <= 100
            else { return nil }
            return number / 100
        }
    }

    mutating func number(_ field: Field?, in range: ClosedRange<Double>) -> Double? {
        // The least is no number that people would write with an exponent.
        let least = range.lowerBound < 0.001 ? "0.000001" : "\(range.lowerBound)"
        return value(
            field, expected: "a plain number from \(least) to \(range.upperBound)"
        ) {
            Self.decimal($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Digits, or digits, a point and digits; at most nine of each.
    static func decimal(_ text: some StringProtocol) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isPlain =
            parts.count <= 2
            && parts.allSatisfy { part in
                (1...9).contains(part.utf8.count)
                    && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }
        return isPlain ? Double(String(text)) : nil
    }
}

/// How long something may be.
struct DurationBounds {
    /// In milliseconds.
    let least: Int
    var most = Limits.durationMilliseconds
    /// As an error says it, behind `a duration`.
    let text: String

    func contains(_ milliseconds: Int) -> Bool { (least...most).contains(milliseconds) }

    /// What is the matter with a text that is none of these durations, behind it: `, too short`.
    func objection(to text: String) -> String {
        if let time = DurationText.milliseconds(text) {
            return time < least ? ", which is too short" : ", which is too long"
        }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...]
        guard !digits.isEmpty else { return "" }
        if unit.isEmpty { return ", which has no unit" }
        if ["ms", "s", "m", "h"].contains(unit) {
            return digits.hasPrefix("0") ? ", which has a leading zero" : ", which is too long"
        }
        if unit.hasPrefix(".") || unit.hasPrefix(",") {
            return ", which is no whole number of its unit"
        }
        if unit.contains(where: \.isNumber) { return ", which has more than one part" }
        if unit.contains(" ") { return ", which has a space in it" }
        return ", whose unit is none of ms, s, m and h"
    }
}
