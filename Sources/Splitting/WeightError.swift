/// A text that is no weight: what was written, what is wrong with it, what was expected.
package struct WeightError: Error, Hashable, Sendable {
    /// What is wrong with the text.
    package enum Reason: Error, Hashable, Sendable {
        case empty, percentSign, negative, notANumber, leadingZero, tooManyDecimals, tooLarge
    }

    /// How many characters of the refused text are kept.
    static let quotedLength = 40

    /// The refused text, cut to its first 40 characters.
    package let text: String
    /// What is wrong with it.
    package let reason: Reason
}

extension WeightError: CustomStringConvertible {
    /// One line for a person, the text quoted and escaped.
    package var description: String {
        "weight \(text.debugDescription) \(reason.fault); "
            + "expected a number from 0 to 1000000 with at most two decimals, such as 90 or 33.33"
    }
}

extension WeightError.Reason {
    fileprivate var fault: String {
        switch self {
        case .empty: "is empty"
        case .percentSign: "has a percent sign"
        case .negative: "is negative"
        case .notANumber: "is not a plain decimal number"
        case .leadingZero: "has a leading zero"
        case .tooManyDecimals: "has more than two decimals"
        case .tooLarge: "is too large"
        }
    }
}
