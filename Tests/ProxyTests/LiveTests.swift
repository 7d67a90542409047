import Testing

/// The suites that drive a data plane over real sockets: one test at a time, since each of them
/// waits on its own thread and has deadlines that others would eat up.
@Suite(.serialized)
enum LiveTests {}
