import Yams

extension SettingsReader {
    /// A fault of a split that is well by itself, at its place in sluice.yaml; where the file has
    /// no such split, at its `splits`.
    package static func fault(
        _ message: String, ofSplit name: String, in path: String,
        files: FileReading = DiskFiles.read
    ) -> SettingsError {
        let place = place(ofSplit: name, in: path, files)
        return SettingsError(
            file: path, line: place.line, column: place.column, message: message)
    }

    /// A fault of a key of sluice.yaml; where the file has none, at its begin.
    package static func fault(
        _ message: String, ofKey name: String, in path: String,
        files: FileReading = DiskFiles.read
    ) -> SettingsError {
        var faults = FaultList(file: path)
        var place = Position.start
        if case .success(let bytes) = files(path),
            let document = YAMLDocument(bytes, emptyMeans: "splits", faults: &faults),
            case .mapping(let top) = document.root,
            let field = top.first(where: { $0.key.scalar?.string == name })
        {
            place = field.key.position
        }
        return SettingsError(
            file: path, line: place.line, column: place.column, message: message)
    }

    private static func place(
        ofSplit name: String, in path: String, _ files: FileReading
    ) -> Position {
        var faults = FaultList(file: path)
        guard case .success(let bytes) = files(path),
            let document = YAMLDocument(bytes, emptyMeans: "splits", faults: &faults),
            case .mapping(let top) = document.root,
            let section = top.first(where: { $0.key.scalar?.string == "splits" })
        else { return .start }
        guard case .mapping(let splits) = section.value,
            let split = splits.first(where: { $0.key.scalar?.string == name })
        else { return section.key.position }
        return split.key.position
    }
}
