package import Splitting

/// A named set of weights over upstreams.
package struct SplitSettings: Sendable, Equatable {
    /// Its key in the file; the label of its metrics.
    package let name: String
    /// The upstreams' names, in the order of the file: 1 to 64, none twice.
    package let members: [String]
    /// One weight for each member, in the same order; the sum is above 0.
    package let weights: [Weight]
    /// The member that a rollback goes to.
    package let stable: String
    /// The member that is being introduced; nil unless it is said or there are two members.
    package let candidate: String?
    /// How clients are kept at their upstreams; nil: each request is chosen for by itself.
    package let sticky: StickySettings?
    /// Tried before anything else, in this order.
    package let pins: [PinSettings]
    /// What its upgrades are made of.
    package var upgrade: UpgradeSettings

    /// A split of parts that fit together.
    package init(
        name: String,
        members: [String],
        weights: [Weight],
        stable: String,
        candidate: String? = nil,
        sticky: StickySettings? = nil,
        pins: [PinSettings] = [],
        upgrade: UpgradeSettings = UpgradeSettings()
    ) {
        self.name = name
        self.members = members
        self.weights = weights
        self.stable = stable
        self.candidate = candidate
        self.sticky = sticky
        self.pins = pins
        self.upgrade = upgrade
    }

    /// The same split with other weights, one for each member in the same order.
    package func with(weights: [Weight]) -> SplitSettings {
        SplitSettings(
            name: name, members: members, weights: weights, stable: stable,
            candidate: candidate, sticky: sticky, pins: pins, upgrade: upgrade)
    }
}
