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

    /// All faults of a reading; not empty.
    package init(_ errors: [SettingsError]) {
        self.errors = errors
    }

    /// One fault per line.
    package var description: String {
        errors.map(\.description).joined(separator: "\n")
    }
}
