/// Whom traces are told, and which.
package struct TraceSettings: Sendable, Equatable {
    /// Where spans are sent, over OTLP/HTTP.
    package var endpoint: String
    /// What the spans' service is called.
    package var serviceName: String
    /// The share of those requests that is traced whose clients say nothing of it, 0...1.
    package var sample: Double
    /// The file of fields that are sent with the spans; nil: none.
    package var headersFile: String?
    /// A span waits so long at most before it is sent.
    package var intervalMilliseconds: Int

    /// Of a hundred requests one is told of every five seconds, unless said.
    package init(
        endpoint: String, serviceName: String = "sluice", sample: Double = 0.01,
        headersFile: String? = nil, intervalMilliseconds: Int = 5_000
    ) {
        self.endpoint = endpoint
        self.serviceName = serviceName
        self.sample = sample
        self.headersFile = headersFile
        self.intervalMilliseconds = intervalMilliseconds
    }
}
