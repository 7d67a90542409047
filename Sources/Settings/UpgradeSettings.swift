/// What the upgrades of a split are made of.
package struct UpgradeSettings: Sendable, Equatable {
    /// How long the new side is watched after the end.
    package var watchMilliseconds: Int
    /// What is sent to both sides, to compare their answers.
    package var smoke: [SmokeRequest]

    /// A day of watching and no requests, unless said.
    package init(watchMilliseconds: Int = 86_400_000, smoke: [SmokeRequest] = []) {
        self.watchMilliseconds = watchMilliseconds
        self.smoke = smoke
    }
}

/// A request that both sides are asked, and what of their answers must be alike.
package struct SmokeRequest: Sendable, Equatable {
    /// A field that it is sent with.
    package struct Header: Sendable, Equatable {
        /// In lower case.
        package let name: String
        package let value: String

        /// A field.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What of two answers must be alike.
    package struct Comparison: Sendable, Equatable {
        /// Whether their statuses are.
        package var status: Bool
        /// Fields that must be there or not, with the same values; in lower case.
        package var fields: [String]
        /// Whether their bodies are the same JSON.
        package var json: Bool
        /// Places in the JSON that may differ, as names from the outermost object inwards; `*` is
        /// any name and any place of an array.
        package var ignoredPaths: [[String]]

        /// The statuses only, unless said.
        package init(
            status: Bool = true, fields: [String] = [], json: Bool = false,
            ignoredPaths: [[String]] = []
        ) {
            self.status = status
            self.fields = fields
            self.json = json
            self.ignoredPaths = ignoredPaths
        }
    }

    /// GET, HEAD or OPTIONS, which change nothing.
    package var method: String
    /// The target, a `/` first.
    package var path: String
    package var headers: [Header]
    package var compare: Comparison

    /// A GET without fields, unless said.
    package init(
        method: String = "GET", path: String, headers: [Header] = [],
        compare: Comparison = Comparison()
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.compare = compare
    }
}
