/// Whose rights the process has once it runs.
package struct IdentitySettings: Sendable, Equatable {
    /// A name, or a number in digits, and where it stands in sluice.yaml. Two are the same when
    /// their texts are.
    package struct Name: Sendable, Equatable {
        /// The text, and its place.
        package let text: String
        package let line: Int
        package let column: Int

        package init(_ text: String, line: Int = 0, column: Int = 0) {
            self.text = text
            self.line = line
            self.column = column
        }

        /// Wherever they stand.
        package static func == (one: Name, other: Name) -> Bool { one.text == other.text }
    }

    /// Who the process becomes.
    package let user: Name
    /// The group that it has; nil: that of the user.
    package let group: Name?

    package init(user: Name, group: Name? = nil) {
        self.user = user
        self.group = group
    }
}
