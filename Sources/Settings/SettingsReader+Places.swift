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
        fault(message, at: [name], in: path, files: files)
    }

    /// A fault of what these keys lead to in sluice.yaml, from the outermost one on: as far as they
    /// are there. In a list a key is the `name` of an entry.
    package static func fault(
        _ message: String, at keys: [String], in path: String,
        files: FileReading = DiskFiles.read
    ) -> SettingsError {
        var faults = FaultList(file: path)
        var place = Position.start
        if case .success(let bytes) = files(path),
            let document = YAMLDocument(bytes, emptyMeans: "splits", faults: &faults)
        {
            var node = document.root
            for key in keys {
                guard let next = child(key, of: node) else { break }
                (place, node) = next
            }
        }
        return SettingsError(
            file: path, line: place.line, column: place.column, message: message)
    }

    private static func child(_ key: String, of node: Node) -> (Position, Node)? {
        switch node {
        case .mapping(let mapping):
            return mapping.first { $0.key.scalar?.string == key }
                .map { ($0.key.position, $0.value) }
        case .sequence(let sequence):
            for entry in sequence {
                guard case .mapping(let mapping) = entry,
                    mapping.contains(where: {
                        $0.key.scalar?.string == "name" && $0.value.scalar?.string == key
                    })
                else { continue }
                return (entry.position, entry)
            }
            return nil
        default: return nil
        }
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
