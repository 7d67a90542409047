/// Reads sluice.yaml and the weight file that it names.
package enum SettingsReader {
    /// A sound sluice.yaml, and what its weight file says.
    package struct Reading: Sendable, Equatable {
        /// What sluice.yaml says, with its own weights.
        package let snapshot: Snapshot
        /// The weight file as it stands, with its faults if it has any.
        package let weights: WeightsText
        /// What is allowed but probably not meant.
        package let warnings: [SettingsError]
    }

    /// Reads both files. It fails when sluice.yaml has faults, and then names those of the weight
    /// file too; a faulty weight file alone is part of the result, since a state may stand in.
    package static func read(
        _ path: String,
        environment: [String: String],
        files: FileReading = DiskFiles.read
    ) throws(SettingsErrors) -> Reading {
        var document = SettingsDocument(file: path, environment: environment)
        switch files(path) {
        case .failure(let fault):
            document.faults.add(fault.message, at: .start)
        case .success(let bytes):
            if let snapshot = document.read(bytes) {
                return Reading(
                    snapshot: snapshot, weights: .read(snapshot, files: files),
                    warnings: document.faults.warnings)
            }
        }
        let weightFaults = weightFaults(of: document, files: files)
        throw SettingsErrors(document.faults.sorted + weightFaults)
    }

    /// Every fault of both files, and the warnings; what `sluice check` shows.
    package static func check(
        _ path: String,
        environment: [String: String],
        files: FileReading = DiskFiles.read
    ) -> (errors: [SettingsError], warnings: [SettingsError]) {
        do throws(SettingsErrors) {
            let reading = try read(path, environment: environment, files: files)
            return (reading.weights.errors, reading.warnings)
        } catch {
            return (error.errors, [])
        }
    }

    /// The files that sluice.yaml names and that are read by others, as far as what names them is
    /// sound, whatever faults there are elsewhere.
    package static func otherFiles(
        _ path: String,
        environment: [String: String],
        files: FileReading = DiskFiles.read
    ) -> (tokens: [TokenSetting], traceFields: String?) {
        var document = SettingsDocument(file: path, environment: environment)
        guard case .success(let bytes) = files(path) else { return ([], nil) }
        _ = document.read(bytes)
        return (document.admin?.tokens ?? [], document.traces?.headersFile)
    }

    /// With the splits unknown only the syntax and the numbers of the weight file are checked.
    private static func weightFaults(
        of document: SettingsDocument,
        files: FileReading
    ) -> [SettingsError] {
        guard let path = document.weightsFile else { return [] }
        switch files(path) {
        case .failure(let fault):
            return [SettingsError(file: path, line: 1, column: 1, message: fault.message)]
        case .success(let bytes):
            guard let splits = document.splits else {
                return WeightsDocument.faults(bytes, file: path)
            }
            return WeightsText.parse(bytes, file: path, splits: splits).errors
        }
    }
}
