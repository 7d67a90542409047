package import Telemetry

/// One hour of every lane, a row for each second. Memory grows with time up to the hour, and is
/// bounded: 187 KB for each lane.
package struct DashboardHistory: Sendable {
    /// How many rows there are at most, and how many lanes.
    package static let mostRows = 3_600
    package static let mostLanes = 64

    /// What a row holds of a lane. Counts are those of its second; times are microseconds, shares
    /// millionths; -1 where there is nothing to tell.
    package enum Column: Int, CaseIterable, Sendable {
        /// Choices, and exchanges (or connections) that ended.
        case routed, requests
        /// Answers with 5xx by who made them, in the order of `ResponseOrigin`. Where the upstream
        /// is no Kong nobody can tell, and all are `unknown`.
        case service, serviceFailed, kong, sluice, unknown
        /// Failed attempts.
        case attempts
        /// How long its exchanges took.
        case p50, p95, p99
        /// Its share as it is set, and after health and drains.
        case set, effective
    }

    /// A lane's values of one second, in the order of the columns.
    package typealias Row = [Int32]

    /// Of a lane that was not there yet.
    static let absent = Row(repeating: -1, count: Column.allCases.count)

    /// When each row was taken, in milliseconds since 1970; a ring.
    private var times: [Int64] = []
    private var lanes: [(lane: Registry.Lane, values: [Int32])] = []
    /// The rows so far, since the start.
    package private(set) var total = 0

    /// Of nothing yet.
    package init() {}

    /// The rows that are kept.
    package var count: Int { times.count }

    /// The lanes that are kept.
    package var laneCount: Int { lanes.count }

    /// Takes a second in. Lanes that are not there any more are forgotten, those beyond the bound
    /// passed over.
    package mutating func append(
        _ rows: [(lane: Registry.Lane, row: Row)], atMilliseconds: Int64
    ) {
        let rows = rows.prefix(Self.mostLanes)
        lanes.removeAll { kept in !rows.contains { $0.lane == kept.lane } }
        for (lane, _) in rows where !lanes.contains(where: { $0.lane == lane }) {
            lanes.append((lane, times.flatMap { _ in Self.absent }))
        }
        let place = total % Self.mostRows
        let isFull = times.count == Self.mostRows
        if isFull { times[place] = atMilliseconds } else { times.append(atMilliseconds) }
        for index in lanes.indices {
            let row = rows.first { $0.lane == lanes[index].lane }?.row ?? Self.absent
            if isFull {
                let start = place * Column.allCases.count
                for (column, value) in row.enumerated() {
                    lanes[index].values[start + column] = value
                }
            } else {
                lanes[index].values += row
            }
        }
        total += 1
    }

    /// The sum of a column over the last rows.
    package func sum(_ column: Column, of lane: Registry.Lane, lastRows: Int) -> Int {
        guard let values = lanes.first(where: { $0.lane == lane })?.values else { return 0 }
        return places.suffix(lastRows).reduce(0) {
            $0 + max(0, Int(values[$1 * Column.allCases.count + column.rawValue]))
        }
    }

    /// For how long the last rows stand, in milliseconds: from the row before the first of them.
    package func span(lastRows: Int) -> Int64 {
        let places = places.suffix(lastRows + 1)
        guard places.count > 1, let first = places.first, let last = places.last else { return 0 }
        return times[last] - times[first]
    }

    /// From the oldest row to the newest.
    private var places: [Int] {
        let start = times.count == Self.mostRows ? total % Self.mostRows : 0
        return times.indices.map { (start + $0) % Self.mostRows }
    }

    /// All rows, column by column: `{"first": number, "times": [], "lanes": [{...}]}`. Written by
    /// hand, since a value for each number would cost ten times as much.
    package func json() -> String {
        let places = places
        let columns = lanes.map { lane, values in
            let lists = Column.allCases.map { column in
                let numbers = places.map {
                    "\(values[$0 * Column.allCases.count + column.rawValue])"
                }
                return "\"\(column)\": [\(numbers.joined(separator: ","))]"
            }
            return "{\(Self.names(lane)), \(lists.joined(separator: ", "))}"
        }
        let texts = places.map { "\(times[$0])" }
        return "{\"first\": \(total - places.count), \"times\": [\(texts.joined(separator: ","))], "
            + "\"lanes\": [\(columns.joined(separator: ", "))]}"
    }

    /// The newest row, in the same form but for single values; null before the first one.
    package func lastRow() -> JSONValue {
        guard let place = places.last else { return .null }
        let columns = lanes.map { lane, values -> JSONValue in
            .object(
                [
                    .init(name: "split", value: .string(lane.split)),
                    .init(name: "upstream", value: .string(lane.upstream)),
                ]
                    + Column.allCases.map { column in
                        let value = values[place * Column.allCases.count + column.rawValue]
                        return .init(name: "\(column)", value: .number(value))
                    })
        }
        return .object([
            "number": .number(total - 1), "at": .number(times[place]), "lanes": .array(columns),
        ])
    }

    private static func names(_ lane: Registry.Lane) -> String {
        let names = JSONValue.object([
            "split": .string(lane.split), "upstream": .string(lane.upstream),
        ])
        return String(JSONWriter.line(names).dropFirst().dropLast())
    }
}
