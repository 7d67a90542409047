/// How calls of gRPC ended.
package enum GRPCStatus {
    /// The statuses that gRPC knows are 0 to 16; then all others, and calls that ended without one.
    package static let other = 17
    package static let none = 18
    static let columns = 19

    /// As metrics tell a column.
    static func label(_ column: Int) -> String {
        switch column {
        case other: "other"
        case none: "none"
        default: "\(column)"
        }
    }
}

extension WorkerCounters {
    /// A call of this lane has ended with a status; nil: without one.
    package mutating func grpcEnded(lane: Int, status: Int?) {
        var column = GRPCStatus.none
        if let status { column = 0...16 ~= status ? status : GRPCStatus.other }
        grpc.add(1, row: lane, column: column)
    }

    /// Calls of this lane that have ended so: a status, or one of the other columns.
    package func grpcCount(lane: Int, column: Int) -> Int {
        lane < grpc.rows ? grpc[row: lane, column: column] : 0
    }
}

extension Exposition {
    func writeGRPC(to writer: inout MetricWriter) {
        writer.family(
            "sluice_upstream_grpc_calls_total", .counter,
            "Calls of gRPC ended, by their grpc-status; none: they got no status.")
        for lane in lanes {
            for column in 0..<GRPCStatus.columns {
                let count = counters.grpcCount(lane: lane.id, column: column)
                guard count > 0 else { continue }
                writer.sample(
                    lane.labels.adding("grpc_status", GRPCStatus.label(column)), count)
            }
        }
    }
}
