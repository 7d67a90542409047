import Yams

/// Collects the faults of one file while it is read, so that one run shows them all.
struct FaultList {
    let file: String
    private(set) var errors: [SettingsError] = []
    private(set) var warnings: [SettingsError] = []

    init(file: String) {
        self.file = file
    }

    mutating func add(_ message: String, at position: Position) {
        errors.append(error(message, at: position))
    }

    mutating func add(_ message: String, at node: Node) {
        add(message, at: node.position)
    }

    mutating func warn(_ message: String, at node: Node) {
        warnings.append(error(message, at: node.position))
    }

    /// The faults in the order of their places.
    var sorted: [SettingsError] {
        errors.enumerated().sorted {
            ($0.element.line, $0.element.column, $0.offset)
                < ($1.element.line, $1.element.column, $1.offset)
        }.map(\.element)
    }

    private func error(_ message: String, at position: Position) -> SettingsError {
        SettingsError(
            file: file, line: position.line, column: position.column, message: message)
    }
}
