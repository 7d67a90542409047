/// One fault of a configuration file: where it is, what is wrong and what was expected.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path as it was named.
    package let file: String
    /// Counted from 1; 0 when the fault concerns the whole file.
    package let line: Int
    /// Counted from 1 in Unicode scalars; 0 when the fault concerns the whole file.
    package let column: Int
    package let message: String

    package init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `file:line:column: message`, without the position when there is none.
    package var description: String {
        line == 0 ? "\(file): \(message)" : "\(file):\(line):\(column): \(message)"
    }
}

/// Every fault that one reading found, in the order of the files.
package struct SettingsErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// At least one.
    package let errors: [SettingsError]

    package init(_ errors: [SettingsError]) {
        self.errors = errors
    }

    /// One fault per line.
    package var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}
