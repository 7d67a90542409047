package import Settings
package import Telemetry

/// Writes samples as StatsD and DogStatsD read them, and gathers lines in datagrams.
///
/// Counters are told as what they have grown by since the last push, gauges as they are. Of times
/// the median, the 95th and the 99th percentile of the interval are told as gauges in seconds:
/// single times are not kept, and a receiver's own histogram of rounded ones would be less exact.
package struct StatsDText {
    /// Lines ready to be sent.
    package struct Batch: Sendable, Equatable {
        /// Each datagram, and how many lines are in it.
        package var datagrams: [(bytes: [UInt8], lines: Int)] = []
        /// Lines that fit into no datagram.
        package var tooLong = 0

        /// Whether they are the same.
        package static func == (one: Batch, other: Batch) -> Bool {
            one.tooLong == other.tooLong
                && one.datagrams.map(\.bytes) == other.datagrams.map(\.bytes)
        }
    }

    private static let quantiles = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]

    private let settings: StatsDSettings
    /// What counters and histograms were at the last push; nothing that is not there any more.
    private var counts: [String: Double] = [:]
    private var times: [String: LatencyHistogram] = [:]

    package init(_ settings: StatsDSettings) { self.settings = settings }

    /// What is to be sent for the samples of this moment. What a counter was at the first time is
    /// where it begins.
    package mutating func batch(_ samples: [MetricSample]) -> Batch {
        var (nextCounts, nextTimes): ([String: Double], [String: LatencyHistogram]) = ([:], [:])
        var gathering = Gathering(most: settings.datagramBytes)
        let isFirst = counts.isEmpty && times.isEmpty
        for sample in samples {
            switch sample.value {
            case .count(let value):
                nextCounts[sample.key] = value
                // What appears later begins at 0.
                let before = counts[sample.key] ?? (isFirst ? value : 0)
                let growth = value - before
                if growth > 0 { gathering.add(line(sample, "", growth, "c")) }
            case .level(let value):
                // Those of the last minute; the ones of the interval are told in their place.
                if sample.name.hasSuffix("_quantile_seconds") || !value.isFinite { continue }
                addGauge(sample, "", value, &gathering)
            case .times(let histogram):
                nextTimes[sample.key] = histogram
                var growth = histogram
                let before = times[sample.key] ?? (isFirst ? histogram : LatencyHistogram())
                growth.subtract(before)
                let count = growth.count
                guard count > 0 else { continue }
                gathering.add(line(sample, ".count", Double(count), "c"))
                for (name, quantile) in Self.quantiles {
                    addGauge(sample, ".\(name)", growth.quantileSeconds(quantile), &gathering)
                }
            }
        }
        (counts, times) = (nextCounts, nextTimes)
        return gathering.finish()
    }

    /// A sign in front of a gauge says by how much it changes where StatsD is spoken: one below 0
    /// is set by way of 0.
    private func addGauge(
        _ sample: MetricSample, _ suffix: String, _ value: Double, _ gathering: inout Gathering
    ) {
        let text = line(sample, suffix, value, "g")
        guard value < 0, settings.format == .statsd else { return gathering.add(text) }
        gathering.add(line(sample, suffix, 0, "g") + "\n" + text, lines: 2)
    }

    private func line(
        _ sample: MetricSample, _ suffix: String, _ value: Double, _ kind: String
    ) -> String {
        let short =
            sample.name.hasPrefix("sluice_")
            ? sample.name.dropFirst("sluice_".count)
            : sample.name[...]
        let number = Self.number(value)
        switch settings.format {
        case .statsd:
            let own = settings.tags.map { Self.part($0.value) }
            let labels = sample.labelPairs.map { Self.part($0.value) }
            let name = ([settings.prefix] + own + [String(short)] + labels).joined(separator: ".")
            return "\(name)\(suffix):\(number)|\(kind)"
        case .dogstatsd:
            let own = settings.tags.map { "\($0.name):\($0.value)" }
            let labels = sample.labelPairs.map { "\($0.name):\(Self.tagValue($0.value))" }
            let tags = (own + labels).joined(separator: ",")
            let end = tags.isEmpty ? "" : "|#\(tags)"
            return "\(settings.prefix).\(short)\(suffix):\(number)|\(kind)\(end)"
        }
    }

    /// A label's value as a part of a name: what is neither a letter, a digit, `_` nor `-` is `_`.
    private static func part(_ text: String) -> String {
        let bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: byte
            default: 0x5f
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }

    /// A label's value as that of a tag: what would end it is `_`.
    private static func tagValue(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar.value <= 0x20 || ",|#".unicodeScalars.contains(scalar) ? "_" : scalar
                }))
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }

    /// Lines on their way into datagrams.
    private struct Gathering {
        let most: Int
        private var batch = Batch()
        private var bytes: [UInt8] = []
        private var count = 0

        init(most: Int) { self.most = most }

        /// `lines` that belong together.
        mutating func add(_ text: String, lines: Int = 1) {
            let size = text.utf8.count
            guard size <= most else {
                batch.tooLong += lines
                return
            }
            if !bytes.isEmpty {
                if bytes.count + 1 + size > most { close() } else { bytes.append(0x0a) }
            }
            bytes += Array(text.utf8)
            count += lines
        }

        mutating func finish() -> Batch {
            close()
            return batch
        }

        private mutating func close() {
            guard !bytes.isEmpty else { return }
            batch.datagrams.append((bytes, count))
            (bytes, count) = ([], 0)
        }
    }
}
