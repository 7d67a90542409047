import HTTP
import Testing

/// The field that tells how a call of gRPC has ended.
struct GRPCStatusLineTests {
    @Test(
        arguments: [
            ("grpc-status: 0", 0), ("Grpc-Status:16", 16), ("GRPC-STATUS: 5 \r\n", 5),
            ("grpc-status: 99", 99),
            // What is no number, or none of gRPC's, is the highest.
            ("grpc-status: ok", .max), ("grpc-status: 1x", .max), ("grpc-status: -1", .max),
            ("grpc-status:\r\n", .max), ("grpc-status: 00000", .max),
            ("grpc-message: 5", nil), ("grpc-statux: 5", nil), ("x: 1", nil), ("", nil),
        ] as [(String, Int16?)])
    func `a line tells a status, none that there is, or nothing of it`(
        line: String, status: Int16?
    ) {
        let bytes = Array(line.utf8)
        #expect(GRPCStatusLine.status(bytes.span, 0, bytes.count) == status)
    }
}
