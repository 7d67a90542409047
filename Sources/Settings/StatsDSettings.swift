/// Where metrics are pushed, and how.
package struct StatsDSettings: Sendable, Equatable {
    /// What the receiver understands.
    package enum Format: String, Sendable, Equatable, CaseIterable {
        /// Labels become parts of the name.
        case statsd
        /// Labels become tags.
        case dogstatsd
    }

    /// A tag of every metric.
    package struct Tag: Sendable, Equatable {
        /// Its name and its value.
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Who is told, over UDP.
    package var address: AddressSetting
    /// What every name begins with.
    package var prefix: String
    package var format: Format
    /// From one push to the next.
    package var intervalMilliseconds: Int
    /// What every metric has besides its own labels, in the order of the file.
    package var tags: [Tag]
    /// A datagram is never larger.
    package var datagramBytes: Int

    /// A push every ten seconds in datagrams that fit into one frame, unless said.
    package init(
        address: AddressSetting, prefix: String = "sluice", format: Format = .statsd,
        intervalMilliseconds: Int = 10_000, tags: [Tag] = [], datagramBytes: Int = 1_432
    ) {
        self.address = address
        self.prefix = prefix
        self.format = format
        self.intervalMilliseconds = intervalMilliseconds
        self.tags = tags
        self.datagramBytes = datagramBytes
    }
}
