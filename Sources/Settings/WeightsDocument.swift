package import Splitting
import Yams

/// The weight file as written: its weights, and where in its text each number stands.
///
/// It names every split of sluice.yaml and every member of each, so that a half-written file
/// never passes. Numbers stand there themselves: variables are not put in, since a change of
/// weights could not be written back through one.
package struct WeightsDocument: Sendable, Equatable {
    /// The path as it was named.
    package let file: String
    /// The whole file, with a byte order mark if it had one.
    package let text: String
    /// The weights by split, in the order of the split's members.
    package let weights: [String: [Weight]]
    /// The splits that it was read for.
    let splits: [SplitSettings]
    /// Where each number stands in `text.utf8`, quotes excluded; the order is that of `weights`.
    let places: [String: [Range<Int>]]

    /// The fingerprint of the text.
    package var hash: TextHash { TextHash(text.utf8) }

    /// Reads a weight file for the splits of sluice.yaml.
    package static func parse(
        _ bytes: [UInt8],
        file: String,
        splits: [SplitSettings]
    ) throws(SettingsErrors) -> WeightsDocument {
        var reader = WeightsReader(file: file, splits: splits)
        guard let document = reader.read(bytes) else { throw SettingsErrors(reader.faults.sorted) }
        return document
    }

    /// The faults of a weight file whose splits are not known because sluice.yaml has faults.
    static func faults(_ bytes: [UInt8], file: String) -> [SettingsError] {
        var reader = WeightsReader(file: file, splits: nil)
        _ = reader.read(bytes)
        return reader.faults.sorted
    }
}
