/// A named cluster that receives traffic.
package struct UpstreamSettings: Sendable, Equatable {
    /// Its key in the file; the label of its metrics.
    package let name: String
    /// At least one, in the order of the file, no address twice.
    package let targets: [TargetSettings]

    /// An upstream of at least one target.
    package init(name: String, targets: [TargetSettings]) {
        self.name = name
        self.targets = targets
    }
}

/// One address of an upstream.
package struct TargetSettings: Sendable, Equatable {
    /// The host may be a name, which is resolved again and again.
    package let address: AddressSetting
    /// Its part of the upstream's traffic against the other targets: 1...1,000,000.
    package let weight: UInt32

    /// A target; all weigh the same, unless said.
    package init(address: AddressSetting, weight: UInt32 = 1) {
        self.address = address
        self.weight = weight
    }
}
