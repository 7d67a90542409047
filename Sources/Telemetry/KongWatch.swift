/// Watches the versions that Kongs answer with: what was seen and the time go in, alarms come out.
///
/// An upstream's *own* version is the one that it has answered with alone, for as long as the
/// window. An alarm ends by itself when its reason does: a rolling restart shows two versions and
/// then one. Only swapped sides stay an alarm, since what is learned then would be the mistake.
package struct KongWatch: Sendable {
    /// What there is to see of one upstream.
    package struct Sight: Sendable {
        /// Its name, and the other members of its splits that are Kongs.
        package let upstream: String
        package let rivals: [String]
        /// The versions, as they were seen.
        package let versions: [KongVersions.Sighting]
        /// Responses with and without a sign of Kong, since the start.
        package let markedCount: Int
        package let unmarkedCount: Int

        package init(
            upstream: String, rivals: [String], versions: [KongVersions.Sighting],
            markedCount: Int, unmarkedCount: Int
        ) {
            self.upstream = upstream
            self.rivals = rivals
            self.versions = versions
            self.markedCount = markedCount
            self.unmarkedCount = unmarkedCount
        }
    }

    /// What has changed.
    package enum Event: Sendable, Equatable {
        /// An alarm began, or ended.
        case raised(KongAlarm, KongStanding)
        case cleared(KongAlarm, KongStanding)
        /// Answers have no sign of Kong any more, or have one again.
        case unmarked(upstream: String)
        case marked(upstream: String)
    }

    /// A version counts as present for so long after its last answer.
    package static let windowSeconds = 60.0
    /// So many answers in a row without any sign of Kong are told of.
    package static let mostUnmarked = 10

    private struct Record {
        /// Its own version.
        var own: String?
        /// The only one that it answers with, and since when.
        var only: String?
        var onlySince = 0.0
        /// Its counts when it last answered with a sign of Kong.
        var markedCount = 0
        var unmarkedBefore = 0
        var standing: KongStanding

        /// Whether its answers have no sign of Kong.
        mutating func noteMarks(_ sight: Sight) -> Bool {
            if sight.markedCount != markedCount {
                markedCount = sight.markedCount
                unmarkedBefore = sight.unmarkedCount
                return false
            }
            return sight.unmarkedCount - unmarkedBefore >= KongWatch.mostUnmarked
        }
    }

    private var records: [String: Record] = [:]

    /// Knows nothing yet.
    package init() {}

    /// What is known of an upstream; nil for one that was not looked at the last time.
    package func standing(of upstream: String) -> KongStanding? { records[upstream]?.standing }

    /// Looks at all upstreams that are Kongs, about once a second; others are forgotten.
    package mutating func look(at sights: [Sight], nowSeconds now: Double) -> [Event] {
        let names = Set(sights.map(\.upstream))
        records = records.filter { names.contains($0.key) }
        let present = sights.map { Self.present($0, now) }
        let versions = Dictionary(
            zip(sights, present).map { ($0.upstream, Set($1.map(\.version))) },
            uniquingKeysWith: { first, _ in first })
        var events: [Event] = []
        var standings: [String: KongStanding] = [:]
        for (sight, present) in zip(sights, present) {
            var standing = judge(sight, versions)
            standing.versions = present.isEmpty ? Array(Self.seen(sight, now).prefix(1)) : present
            standings[sight.upstream] = standing
        }
        for sight in sights {
            guard let standing = standings[sight.upstream] else { continue }
            events += conclude(sight, standing, versions[sight.upstream] ?? [], now)
        }
        return events
    }

    private static func seen(_ sight: Sight, _ now: Double) -> [KongStanding.Version] {
        sight.versions.sorted { $0.seenNanoseconds > $1.seenNanoseconds }.map { sighting in
            KongStanding.Version(
                version: sighting.text,
                secondsAgo: max(0, now - Double(sighting.seenNanoseconds) / 1e9),
                target: sighting.target)
        }
    }

    private static func present(_ sight: Sight, _ now: Double) -> [KongStanding.Version] {
        seen(sight, now).filter { $0.secondsAgo <= windowSeconds }
    }

    /// What the versions of all upstreams mean for one of them, by what is known of their owners.
    private func judge(_ sight: Sight, _ versions: [String: Set<String>]) -> KongStanding {
        var standing = KongStanding(upstream: sight.upstream)
        let mine = versions[sight.upstream] ?? []
        if mine.count > 1 { standing.alarms.insert(.twoVersions) }
        let own = records[sight.upstream]?.own
        for rival in sight.rivals {
            let theirs = versions[rival] ?? []
            if mine.count == 1, mine == theirs { standing.twins.append(rival) }
            guard let owned = records[rival]?.own, owned != own, mine.contains(owned) else {
                continue
            }
            // Who has moved on to the other's version for good is its twin; but if the other does
            // not answer with it any more, the two have changed places.
            let hasLeft = own != nil && !theirs.contains(owned)
            guard mine.count > 1 || hasLeft else { continue }
            standing.alarms.insert(.othersVersion)
            standing.owner = standing.owner ?? rival
        }
        return standing
    }

    /// Learns what an upstream's own version is, and tells what has changed.
    private mutating func conclude(
        _ sight: Sight, _ new: KongStanding, _ versions: Set<String>, _ now: Double
    ) -> [Event] {
        let name = sight.upstream
        var record = records[name] ?? Record(standing: KongStanding(upstream: name))
        var standing = new
        var events: [Event] = []
        if versions.count == 1, let version = versions.first {
            if record.only != version {
                record.only = version
                record.onlySince = now
            }
            let hasSettled = now - record.onlySince >= Self.windowSeconds || record.own == nil
            if hasSettled, !standing.alarms.contains(.othersVersion) { record.own = version }
        } else if versions.count > 1 {
            record.only = nil
        }
        standing.isUnmarked = record.noteMarks(sight)
        for alarm in KongAlarm.allCases {
            let was = record.standing.alarms.contains(alarm)
            let isOn = standing.alarms.contains(alarm)
            if isOn, !was { events.append(.raised(alarm, standing)) }
            if was, !isOn { events.append(.cleared(alarm, standing)) }
        }
        if standing.isUnmarked != record.standing.isUnmarked {
            events.append(
                standing.isUnmarked ? .unmarked(upstream: name) : .marked(upstream: name))
        }
        record.standing = standing
        records[name] = record
        return events
    }
}
