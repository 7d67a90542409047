package import Splitting

extension WeightsDocument {
    /// Why new weights cannot be written into the text.
    package enum PatchFault: Error, Sendable, Equatable {
        /// A split that the document does not have, or another number of weights than members.
        case notOfThisDocument(split: String)
        /// The patched text does not read back as the new weights.
        case doesNotReadBack(SettingsErrors?)
    }

    /// The text with new weights, by split and in the order of the split's members.
    ///
    /// Only the digits of numbers that change are replaced, so comments, order, quotes, style
    /// and line ends stay. The result is read again and compared before it is given out.
    package func patched(_ changes: [String: [Weight]]) throws(PatchFault) -> WeightsDocument {
        var replacements: [(place: Range<Int>, weight: Weight)] = []
        for (split, new) in changes {
            guard let old = weights[split], let places = places[split], old.count == new.count
            else { throw .notOfThisDocument(split: split) }
            for (index, weight) in new.enumerated() where weight != old[index] {
                replacements.append((places[index], weight))
            }
        }
        var bytes = Array(text.utf8)
        replacements.sort { $0.place.lowerBound > $1.place.lowerBound }
        for (place, weight) in replacements {
            bytes.replaceSubrange(place, with: "\(weight)".utf8)
        }
        return try Self.readBack(
            bytes, file: file, splits: splits,
            expecting: weights.merging(changes) { _, new in new })
    }

    private static func readBack(
        _ bytes: [UInt8],
        file: String,
        splits: [SplitSettings],
        expecting weights: [String: [Weight]]
    ) throws(PatchFault) -> WeightsDocument {
        let document: WeightsDocument
        do throws(SettingsErrors) {
            document = try WeightsDocument.parse(bytes, file: file, splits: splits)
        } catch {
            throw .doesNotReadBack(error)
        }
        guard document.weights == weights else { throw .doesNotReadBack(nil) }
        return document
    }
}
