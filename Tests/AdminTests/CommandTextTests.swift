import Admin
import Testing

@Suite struct CommandTextTests {
    private static let split = """
        {"name": "kong", "generation": 7, "weights": {"x": 66.67, "y": 33.33},
         "effective": {"x": 100, "y": 0}, "before": {"x": 90, "y": 10},
         "measured": {"since": "2031-05-06T07:08:09.010Z", "requests": 3, "x": 2, "y": 1},
         "stable": "x", "candidate": "y", "source": "socket", "reason": "step 3",
         "changed_at": "2031-05-06T07:08:09.010Z", "durable": false}
        """

    @Test func `splits are shown with their three shares`() throws {
        let text = SplitText.table([try JSONReader.read(Self.split.utf8)])
        #expect(
            text == """
                kong  generation 7, by socket at 2031-05-06T07:08:09.010Z: step 3 (not durable)
                  upstream      set  effective  measured  requests
                  x         66.67 %   100.00 %   66.67 %         2  stable
                  y         33.33 %     0.00 %   33.33 %         1  candidate

                """)
    }

    @Test func `a change shows old, new and generation`() throws {
        let split = try JSONReader.read(Self.split.utf8)
        #expect(SplitText.change(split) == "kong: x=90 y=10 -> x=66.67 y=33.33, generation 7\n")
    }

    @Test func `a change that is none says so`() throws {
        let text = #"{"name":"k","before":{"x":1},"weights":{"x":1},"generation":2}"#
        let split = try JSONReader.read(text.utf8)
        #expect(SplitText.change(split) == "k: x=1 already, generation 2\n")
    }

    @Test func `what is not kept and not in force is a warning`() throws {
        let text = #"{"durable": false, "pending_workers": [0, 2]}"#
        #expect(
            SplitText.warnings(try JSONReader.read(text.utf8)) == """
                warning: a restart forgets this: neither the weight file nor state_dir could be \
                written
                warning: not yet in force in workers 0, 2

                """)
        #expect(SplitText.warnings(.object(["durable": .bool(true)])) == "")
        let file = #"{"durable": true, "weights_file": {"written": false, "error": "gone"}}"#
        #expect(
            SplitText.warnings(try JSONReader.read(file.utf8))
                == "warning: the weight file was not written: gone\n")
    }

    @Test func `the status is one page`() throws {
        let text = """
            {"version": "0.1.0", "uptime_seconds": 3700, "state": "running", "workers": 1,
             "generation": 7, "weights_file": {"path": "w.yaml", "valid": true, "errors": [],
             "drift": true, "drifted_splits": ["kong"]},
             "reload": {"successful": false, "errors": ["s.yaml:1:1: bad"]},
             "listeners": [{"name": "api", "address": "127.0.0.1:8000", "mode": "http",
             "split": "kong", "connections": 12, "requests": 3456}],
             "upstreams": [{"name": "x", "targets": [{"target": "kong-x:8000",
             "address": "10.0.0.1:8000", "healthy": true}], "connections": {"idle": 3,
             "active": 1}, "inflight": 1, "requests": 3456, "errors": 0}], "splits": []}
            """
        #expect(
            StatusText.table(try JSONReader.read(text.utf8)) == """
                sluice 0.1.0  running for 1 h 1 min, 1 worker, generation 7
                weight file: w.yaml, drifted from file: kong
                last reload: refused, the settings before it are in force
                  s.yaml:1:1: bad

                listener  address         mode  split  connections  requests
                api       127.0.0.1:8000  http  kong            12      3456

                upstream  targets                      active  idle  in flight  requests  errors
                x         kong-x:8000 (10.0.0.1:8000)       1     3          1      3456       0

                """)
    }

    @Test func `the status says what the weight file does not have`() throws {
        for (facts, words) in [
            ("\"valid\": false, \"errors\": [\"bad\"]", "has faults; the weights stay as they are"),
            ("\"drift\": true, \"drifted_splits\": [\"k\"]", "drifted from file: k"),
            ("\"drift\": false", "w.yaml\n"), ("\"refused\": \"no\"", "sound but refused"),
        ] {
            let text =
                "{\"weights_file\": {\"path\": \"w.yaml\", \"written\": false, "
                + "\"write_error\": \"no space\", \(facts)}}"
            let table = StatusText.table(try JSONReader.read(text.utf8))
            #expect(table.contains(words), "\(table)")
            #expect(
                table.contains("\n  the last change was not written there: no space\n"),
                "\(table)")
        }
    }

    @Test(
        arguments: [
            (
                #"{"to": "a.log", "format": "json", "writing": true, "dropped": 0}"#,
                "access log: a.log, json, is written"
            ),
            (
                #"{"to": "stdout", "format": "combined", "writing": true, "dropped": 7}"#,
                "access log: stdout, combined, is written, 7 lines dropped"
            ),
            (
                #"{"to": "a.log", "format": "json", "writing": false, "error": "No space left"}"#,
                "access log: a.log, json, cannot be written: No space left"
            ),
        ])
    func `the status says whether the access log is written`(log: String, line: String) throws {
        let status = try JSONReader.read("{\"access_log\": \(log)}".utf8)
        #expect(StatusText.table(status).contains("\n\(line)\n"))
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_935_817_689_010, "2031-05-06T07:08:09.010Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func `moments are written as RFC 3339 says`(milliseconds: Int64, text: String) {
        #expect(Timestamp.text(milliseconds: milliseconds) == text)
    }
}
