/// One fault of a configuration file: where it is, what is wrong and what was expected.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path as it was named.
    package let file: String
    /// Counted from 1, as is the column; a fault of the whole file is at 1:1.
    package let line: Int
    /// Counted in Unicode scalars.
    package let column: Int
    /// One line, without the place.
    package let message: String

    /// A fault at a place.
    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `file:line:column: message`.
    package var description: String { "\(file):\(line):\(column): \(message)" }
}

/// Every fault that one reading found, in the order of the files.
package struct SettingsErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// At least one.
    package let errors: [SettingsError]

    /// More would help nobody, and would hold up the logs of a running proxy.
    private static let most = 100

    /// All faults of a reading, not empty; of very many the first, and how many more there are.
    package init(_ errors: [SettingsError]) {
        guard errors.count > Self.most else {
            self.errors = errors
            return
        }
        let next = errors[Self.most]
        let rest = SettingsError(
            file: next.file, line: next.line, column: next.column,
            message: "\(errors.count - Self.most) more faults from here on")
        self.errors = errors.prefix(Self.most) + [rest]
    }

    /// One fault per line.
    package var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}
