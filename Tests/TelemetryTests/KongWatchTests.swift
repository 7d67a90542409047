import Testing

@testable import Telemetry

/// The alarms about versions: steps of what was seen, and what follows.
@Suite struct KongWatchTests {
    /// What one upstream answered with up to a step, as `3.4.1 3.4.2`.
    struct Step: Sendable {
        let seconds: Double
        let x: String
        let y: String
        /// What is alarming afterwards, as `x:two_versions`.
        let alarms: [String]
    }

    struct Story: Sendable, CustomStringConvertible {
        let description: String
        let steps: [Step]
    }

    private static let calm = Step(seconds: 70, x: "3.4.1", y: "3.4.2", alarms: [])

    static let stories = [
        Story(
            description: "an upgrade as it should be",
            steps: [
                calm, Step(seconds: 200, x: "3.4.1", y: "", alarms: []),
                Step(seconds: 400, x: "", y: "", alarms: []),
                Step(seconds: 500, x: "3.4.1", y: "3.4.2", alarms: []),
            ]),
        Story(
            description: "a rolling restart of Y",
            steps: [
                calm, Step(seconds: 80, x: "3.4.1", y: "3.4.2 3.4.3", alarms: ["y:two_versions"]),
                Step(seconds: 100, x: "3.4.1", y: "3.4.3", alarms: ["y:two_versions"]),
                Step(seconds: 139, x: "3.4.1", y: "3.4.3", alarms: ["y:two_versions"]),
                Step(seconds: 141, x: "3.4.1", y: "3.4.3", alarms: []),
                Step(seconds: 300, x: "3.4.1", y: "3.4.3", alarms: []),
            ]),
        Story(
            description: "one node of Y among the targets of X",
            steps: [
                calm,
                Step(
                    seconds: 80, x: "3.4.1 3.4.2", y: "3.4.2",
                    alarms: ["x:two_versions", "x:others_version"]),
                Step(
                    seconds: 300, x: "3.4.1 3.4.2", y: "3.4.2",
                    alarms: ["x:two_versions", "x:others_version"]),
                Step(
                    seconds: 310, x: "3.4.1", y: "3.4.2",
                    alarms: ["x:two_versions", "x:others_version"]),
                Step(seconds: 371, x: "3.4.1", y: "3.4.2", alarms: []),
            ]),
        Story(
            description: "the same from the start",
            steps: [
                Step(seconds: 1, x: "3.4.1 3.4.2", y: "3.4.2", alarms: ["x:two_versions"]),
                Step(
                    seconds: 2, x: "3.4.1 3.4.2", y: "3.4.2",
                    alarms: ["x:two_versions", "x:others_version"]),
            ]),
        Story(
            description: "swapped sides stay an alarm until they are put right",
            steps: [
                calm,
                Step(
                    seconds: 80, x: "3.4.2", y: "3.4.1",
                    alarms: [
                        "x:two_versions", "x:others_version", "y:two_versions", "y:others_version",
                    ]),
                Step(
                    seconds: 131, x: "3.4.2", y: "3.4.1",
                    alarms: ["x:others_version", "y:others_version"]),
                Step(
                    seconds: 900, x: "3.4.2", y: "3.4.1",
                    alarms: ["x:others_version", "y:others_version"]),
                Step(
                    seconds: 901, x: "3.4.1", y: "3.4.2",
                    alarms: [
                        "x:two_versions", "x:others_version", "y:two_versions", "y:others_version",
                    ]),
                Step(seconds: 962, x: "3.4.1", y: "3.4.2", alarms: []),
            ]),
        Story(
            description: "X points to Y's nodes while Y gets nothing",
            steps: [
                calm, Step(seconds: 200, x: "3.4.1", y: "", alarms: []),
                Step(seconds: 300, x: "3.4.2", y: "", alarms: ["x:others_version"]),
                Step(seconds: 900, x: "3.4.2", y: "", alarms: ["x:others_version"]),
            ]),
        Story(
            description: "X is upgraded in place to Y's version",
            steps: [
                calm,
                Step(
                    seconds: 80, x: "3.4.2", y: "3.4.2",
                    alarms: ["x:two_versions", "x:others_version"]),
                Step(seconds: 131, x: "3.4.2", y: "3.4.2", alarms: []),
                Step(seconds: 300, x: "3.4.2", y: "3.4.2", alarms: []),
                // It is X's own by now: Y may leave it.
                Step(seconds: 400, x: "3.4.2", y: "3.5.0", alarms: []),
            ]),
        Story(
            description: "no upgrade: both sides are alike",
            steps: [
                Step(seconds: 1, x: "3.4.1", y: "3.4.1", alarms: []),
                Step(seconds: 200, x: "3.4.1", y: "3.4.1", alarms: []),
            ]),
    ]

    private static func sighting(_ version: String, _ seconds: Double) -> KongVersions.Sighting {
        let packed = KongVersionsTests.packed(version)
        return KongVersions.Sighting(
            high: packed.high, low: packed.low, seenNanoseconds: Int64(seconds * 1e9), target: 3)
    }

    private static func sight(
        _ name: String, _ versions: [KongVersions.Sighting] = [], marked: Int = 0,
        unmarked: Int = 0
    ) -> KongWatch.Sight {
        KongWatch.Sight(
            upstream: name, rivals: [name == "x" ? "y" : "x"], versions: versions,
            markedCount: marked, unmarkedCount: unmarked)
    }

    private static func name(_ event: KongWatch.Event) -> String {
        switch event {
        case .raised(let alarm, let standing): "+\(standing.upstream):\(alarm.rawValue)"
        case .cleared(let alarm, let standing): "-\(standing.upstream):\(alarm.rawValue)"
        case .unmarked(let upstream): "+\(upstream)"
        case .marked(let upstream): "-\(upstream)"
        }
    }

    @Test(arguments: stories)
    func `alarms come and go`(story: Story) {
        var watch = KongWatch()
        var seen: [String: [String: Double]] = ["x": [:], "y": [:]]
        var alarms: Set<String> = []
        for step in story.steps {
            for (name, versions) in [("x", step.x), ("y", step.y)] {
                for version in versions.split(separator: " ") {
                    seen[name]?[String(version)] = step.seconds
                }
            }
            // Somebody looks twice: what is there after the first look is learned by the second.
            for look in 0..<(step.seconds == 1 ? 1 : 2) {
                let sights = ["x", "y"].map { name in
                    let sightings = (seen[name] ?? [:]).map { Self.sighting($0.key, $0.value) }
                    return Self.sight(name, sightings)
                }
                let events = watch.look(at: sights, nowSeconds: step.seconds)
                if look > 0 { #expect(events.isEmpty, "\(step)") }
                for event in events.map(Self.name) {
                    let alarm = String(event.dropFirst())
                    if event.hasPrefix("+") {
                        #expect(alarms.insert(alarm).inserted)
                    } else {
                        #expect(alarms.remove(alarm) != nil)
                    }
                }
            }
            #expect(alarms == Set(step.alarms), "\(step)")
            let standing = ["x", "y"].flatMap { name in
                (watch.standing(of: name)?.alarms ?? []).map { "\(name):\($0.rawValue)" }
            }
            #expect(Set(standing) == alarms)
        }
    }

    @Test func `what an upstream answered with last stays shown, and only as long as it is there`()
    {
        var watch = KongWatch()
        let old = [Self.sighting("3.4.1", 1), Self.sighting("3.4.2", 2)]
        _ = watch.look(at: [Self.sight("x", old)], nowSeconds: 3)
        #expect(watch.standing(of: "x")?.versions.map(\.version) == ["3.4.2", "3.4.1"])
        #expect(watch.standing(of: "x")?.versions.first?.secondsAgo == 1)
        _ = watch.look(at: [Self.sight("x", old)], nowSeconds: 500)
        #expect(watch.standing(of: "x")?.versions.map(\.version) == ["3.4.2"])
        _ = watch.look(at: [Self.sight("y")], nowSeconds: 501)
        #expect(watch.standing(of: "x") == nil)
        #expect(watch.standing(of: "y") == KongStanding(upstream: "y"))
    }

    @Test func `twins and owners are named`() {
        var watch = KongWatch()
        let both = { (x: String, y: String, seconds: Double) in
            [
                Self.sight("x", [Self.sighting(x, seconds)]),
                Self.sight("y", [Self.sighting(y, seconds)]),
            ]
        }
        _ = watch.look(at: both("3.4.1", "3.4.2", 1), nowSeconds: 1)
        #expect(watch.standing(of: "x")?.twins == [])
        _ = watch.look(at: both("3.4.2", "3.4.1", 100), nowSeconds: 100)
        #expect(watch.standing(of: "x")?.owner == "y")
        var other = KongWatch()
        _ = other.look(at: both("3.4.1", "3.4.1", 1), nowSeconds: 1)
        #expect(other.standing(of: "x")?.twins == ["y"])
        #expect(other.standing(of: "y")?.twins == ["x"])
    }

    @Test func `answers without any sign of Kong are told of after some`() {
        var watch = KongWatch()
        let steps: [(marked: Int, unmarked: Int, event: String?)] = [
            (0, 0, nil), (0, 9, nil), (0, 10, "+x"), (0, 500, nil), (1, 501, "-x"),
            (1, 510, nil), (2, 520, nil), (2, 529, nil), (2, 530, "+x"), (2, 530, nil),
        ]
        for step in steps {
            let sight = Self.sight("x", marked: step.marked, unmarked: step.unmarked)
            let events = watch.look(at: [sight], nowSeconds: 1).map(Self.name)
            #expect(events == [step.event].compactMap(\.self), "\(step)")
        }
        #expect(watch.standing(of: "x")?.isUnmarked == true)
    }
}
