package import Splitting

/// What is written about the weights: the weight file, or sluice.yaml when there is none.
package enum WeightsText: Sendable, Equatable {
    /// The weights of a sound weight file.
    case file(WeightsDocument)
    /// A weight file with faults; the hash is nil when it could not be read at all.
    case faultyFile(SettingsErrors, hash: TextHash?)
    /// There is no weight file: sluice.yaml's own weights count.
    case settings

    /// Reads the weight file of a snapshot.
    package static func read(_ snapshot: Snapshot, files: FileReading) -> WeightsText {
        guard let path = snapshot.weightsFile else { return .settings }
        switch files(path) {
        case .failure(let fault):
            let error = SettingsError(file: path, line: 1, column: 1, message: fault.message)
            return .faultyFile(SettingsErrors([error]), hash: nil)
        case .success(let bytes):
            return parse(bytes, file: path, splits: snapshot.splits)
        }
    }

    /// Reads the bytes of a weight file.
    package static func parse(
        _ bytes: [UInt8],
        file: String,
        splits: [SplitSettings]
    ) -> WeightsText {
        do throws(SettingsErrors) {
            return .file(try WeightsDocument.parse(bytes, file: file, splits: splits))
        } catch {
            return .faultyFile(error, hash: TextHash(bytes))
        }
    }

    /// The faults of the weight file, if it has any.
    package var errors: [SettingsError] {
        guard case .faultyFile(let errors, _) = self else { return [] }
        return errors.errors
    }

    /// The weights that are written for a split; nil when the file is faulty.
    package func weights(of split: SplitSettings) -> [Weight]? {
        switch self {
        case .file(let document): document.weights[split.name]
        case .faultyFile: nil
        case .settings: split.weights
        }
    }

    /// The fingerprint of the text that a split follows: the whole weight file, or the split's
    /// own weights in sluice.yaml, so that another split there can be changed without touching
    /// this one; nil when the file could not be read.
    package func hash(of split: SplitSettings) -> TextHash? {
        switch self {
        case .file(let document): document.hash
        case .faultyFile(_, let hash): hash
        case .settings: TextHash(split.weightsLine.utf8)
        }
    }
}

extension SplitSettings {
    /// The split as a line of a weight file.
    fileprivate var weightsLine: String {
        let pairs = zip(members, weights).map { "\"\($0)\": \($1)" }
        return "\"\(name)\": {\(pairs.joined(separator: ", "))}\n"
    }
}
