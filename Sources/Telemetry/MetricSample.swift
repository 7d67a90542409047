/// One sample of the metrics page, before it is written in any form.
package struct MetricSample: Sendable {
    /// What is measured.
    package enum Value: Sendable {
        /// What only grows.
        case count(Double)
        /// What goes up and down.
        case level(Double)
        /// How long things took, since the start.
        case times(LatencyHistogram)
    }

    /// The family's name, and the sample's value.
    package let name: String
    package let value: Value
    private let labels: Labels

    init(_ name: String, _ labels: Labels, _ value: Value) {
        self.name = name
        self.labels = labels
        self.value = value
    }

    /// The names and values of the labels, in their order.
    package var labelPairs: [(name: String, value: String)] { labels.pairs }

    /// What tells it from every other sample of the page.
    package var key: String { "\(name){\(labels.text)}" }
}
