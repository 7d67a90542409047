/// Requests that always go to one upstream of a split, whatever its weight.
package struct PinSettings: Sendable, Equatable {
    /// Which requests.
    package let when: WhenSettings
    /// The name of a member of the split.
    package let upstream: String

    package init(when: WhenSettings, upstream: String) {
        self.when = when
        self.upstream = upstream
    }
}

/// Requests of a listener that go through another split than its own.
package struct RouteSettings: Sendable, Equatable {
    /// Which requests.
    package let when: WhenSettings
    /// The name of the split.
    package let split: String

    package init(when: WhenSettings, split: String) {
        self.when = when
        self.split = split
    }
}
